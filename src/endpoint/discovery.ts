/** Discovery: an endpoint announces itself by pipes to whoever hears it. telehash v3, mesh.md, Discovery; transports/udp.md */
import type { Pipe } from "./pipe.ts";

/** Seconds from one announcement to the next. transports/udp.md, Discovery */
const INTERVAL = 10;

export class Discovery {
  private _pipes: Pipe[] = [];
  private _packet: Uint8Array = new Uint8Array(0);
  /** When the next announcement is due, in seconds; undefined while there are no pipes to announce by. */
  next: number | undefined;

  /** Announces a packet by pipes from a time on; with no pipes, not any more. */
  start(pipes: Pipe[], packet: Uint8Array, now: number): void {
    this._pipes = [...pipes];
    this._packet = packet;
    this.next = pipes.length ? now : undefined;
  }

  /** Leaves out a pipe that is closed. */
  closed(pipe: Pipe): void {
    this._pipes = this._pipes.filter((one) => one !== pipe);
  }

  /** Sends what is due. Returns the pipes that have it. */
  poll(now: number): readonly Pipe[] {
    if (!(now >= this.next!)) return [];
    this.next = now + INTERVAL;
    for (const pipe of this._pipes) {
      // one that is not drained has an announcement waiting already
      if (!pipe.full) pipe.send(this._packet);
    }
    return this._pipes;
  }
}
