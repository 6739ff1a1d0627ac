/** Endpoints that reach only a router, in simulated time, with every frame in the test's hands. */
import { Pipe } from "../../../src/index.ts";
import type { Link } from "../../../src/index.ts";
import { side } from "../sides.ts";
import type { Side, SideOptions } from "../sides.ts";

/** A side, and the way between it and the router: its own pipe, and the router's to it; what its link is at either. */
export interface Spoke extends Side {
  /** The router's pipe to it. */
  at: Pipe;
  toRouter: Link;
  ofRouter: Link;
}

/** What becomes of a frame of a side or to it: [frame] to deliver it, [] to lose it, and so on. */
export type Air = (frame: Uint8Array, of: string, up: boolean) => Uint8Array[];

export class Star {
  readonly router: Side;
  readonly spokes: Record<string, Spoke> = {};
  now = 0;
  /** How many frames the router sent to a side. */
  down: Record<string, number> = {};
  /** How many frames the router's radio sends to a side in one step; all that wait where it is not said. */
  capacity: Record<string, number> = {};
  private _air: Air;

  constructor(options: SideOptions = {}, air: Air = (frame) => [frame]) {
    this.router = side("router", options);
    this._air = air;
  }

  /** Adds a side that is linked with the router. */
  add(name: string, options: SideOptions = {}): Spoke {
    const made = side(name, options);
    const toRouter = made.endpoint.link(this.router.key);
    const ofRouter = this.router.endpoint.link(made.key);
    const at = new Pipe({ mtu: 20, limit: 4000, ...options.pipe });
    this.spokes[name] = { ...made, at, toRouter, ofRouter };
    toRouter.connect(made.pipe);
    this.run(1);
    for (let tries = 0; !(toRouter.up && ofRouter.up) && tries < 20; tries++) this.run(2);
    if (!toRouter.up || !ofRouter.up) throw new Error(`${name} is not linked with the router`);
    return this.spokes[name]!;
  }

  /** Lets go by what follows a handshake that nothing else follows: its answer is repeated. What happened so far is forgotten. */
  settle(): void {
    this.run(40);
    this.down = {};
    for (const { endpoint, events } of [this.router, ...Object.values(this.spokes)]) {
      events.length = 0;
      for (const code of Object.keys(endpoint.drops)) delete endpoint.drops[code as keyof typeof endpoint.drops];
    }
  }

  /** Carries all frames that wait, and those that they cause: one of each pipe in turn. */
  carry(): void {
    const left = Object.fromEntries(Object.keys(this.spokes).map((name) => [name, this.capacity[name] ?? Infinity]));
    for (let more = true; more;) {
      more = false;
      for (const [name, { pipe, at, endpoint }] of Object.entries(this.spokes)) {
        const up = pipe.frame();
        for (const frame of up ? this._air(up, name, true) : []) this.router.endpoint.receive(at, frame, this.now);
        const down = left[name]!-- > 0 ? at.frame() : undefined;
        for (const frame of down ? this._air(down, name, false) : []) endpoint.receive(pipe, frame, this.now);
        if (down) this.down[name] = (this.down[name] ?? 0) + 1;
        if (up || down) more = true;
      }
    }
  }

  /** Lets seconds go by, in steps. */
  run(seconds: number, step = 0.25): void {
    for (const end = this.now + seconds; this.now < end;) {
      this.now += step;
      for (const { endpoint } of [this.router, ...Object.values(this.spokes)]) endpoint.poll(this.now);
      this.carry();
    }
  }
}
