/** Two endpoints and a radio between them in simulated time, with every frame in the test's hands. */
import { Endpoint, Pipe, generate } from "../../src/index.ts";
import type { EndpointOptions, Link, PipeOptions, State } from "../../src/index.ts";
import { hex, seeded } from "../helpers/core.ts";
import type { Seeded } from "../helpers/core.ts";

export interface Side {
  endpoint: Endpoint;
  pipe: Pipe;
  key: Uint8Array;
  random: Seeded;
  /** What happened, as text: "up", "down", "drop CODE", "message HEX". */
  events: string[];
  /** What `save` was given, as a whole. */
  saved: State;
  /** How often `save` was called. */
  saves: number;
}

export type SideOptions = Partial<EndpointOptions> & { pipe?: Partial<PipeOptions> };

/** `events` of the options are in place of what is noted; `save` of the options comes first, and nothing is noted where it throws. */
export function side(seed: string, { pipe, events: own, save, ...options }: SideOptions = {}): Side {
  const pair = generate(seeded(`${seed} identity`))["1a"];
  const random = seeded(seed);
  const made: Omit<Side, "endpoint"> & { endpoint?: Endpoint } = {
    pipe: new Pipe({ mtu: 20, limit: 2000, ...pipe }),
    key: pair.key,
    random,
    events: [],
    saved: options.state ?? {},
    saves: 0,
  };
  const events = made.events;
  made.endpoint = new Endpoint({
    pairs: { "1a": pair },
    random,
    patience: 30,
    ...options,
    save: (id, state) => {
      const done = save?.(id, state);
      made.saved = { ...made.saved, [id]: structuredClone(state!) };
      if (!state) delete made.saved[id];
      made.saves++;
      return done;
    },
    events: {
      up: () => events.push("up"),
      down: () => events.push("down"),
      message: (_link: Link, data: Uint8Array) => events.push(`message ${hex(data)}`),
      drop: (code) => events.push(`drop ${code}`),
      ...own,
    },
  });
  return made as Side;
}

/** What becomes of a frame: [frame] to deliver it, [] to lose it, and so on. */
export type Radio = (frame: Uint8Array, from: "a" | "b") => Uint8Array[];

const air: Radio = (frame) => [frame];

/** Carries all frames that wait, and those that they cause; returns how many were written. */
export function carry(a: Side, b: Side, now: number, radio: Radio = air): number {
  let count = 0;
  for (let more = true; more;) {
    more = false;
    for (const [from, to, name] of [
      [a, b, "a"],
      [b, a, "b"],
    ] as const) {
      for (let frame = from.pipe.frame(); frame; frame = from.pipe.frame()) {
        more = true;
        count++;
        for (const one of radio(frame, name)) to.endpoint.receive(to.pipe, one, now);
      }
    }
  }
  return count;
}

/** Polls both and carries what comes of it. */
export function tick(a: Side, b: Side, now: number, radio?: Radio): void {
  a.endpoint.poll(now);
  b.endpoint.poll(now);
  carry(a, b, now, radio);
}

/** Two sides whose link is up; a began. */
export function linked(
  optionsOfA: SideOptions = {},
  optionsOfB: SideOptions = {},
  seeds: [string, string] = ["a", "b"],
): { a: Side; b: Side; ab: Link; ba: Link } {
  const a = side(seeds[0], optionsOfA);
  const b = side(seeds[1], optionsOfB);
  const ab = a.endpoint.link(b.key);
  const ba = b.endpoint.link(a.key);
  ab.connect(a.pipe);
  tick(a, b, 0);
  if (!ab.up || !ba.up) throw new Error("the link did not come up");
  a.events.length = b.events.length = 0;
  return { a, b, ab, ba };
}

/** Whole packets that frames make. */
export function packetsOf(frames: Uint8Array[]): Uint8Array[] {
  const pipe = new Pipe({ mtu: 256, limit: 65536 });
  const packets: Uint8Array[] = [];
  for (const frame of frames) pipe.receive(frame, 0, (packet) => packets.push(packet));
  return packets;
}

/** All frames that wait on a side. */
export function frames(from: Side): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let frame = from.pipe.frame(); frame; frame = from.pipe.frame()) all.push(frame);
  return all;
}
