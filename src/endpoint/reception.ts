/** Reassembles packets of received frames: counts the frames, and drops those that a radio delivers twice. */
import { DuplicateFilter } from "./duplicate-filter.ts";
import type { Pipe } from "./pipe.ts";

interface Incoming {
  /** Frames since the last packet. */
  frames: number;
  /** Only for radios with framed, unacknowledged transmission: elsewhere equal bytes are no duplicates. */
  duplicates: DuplicateFilter | undefined;
}

export class Reception {
  private _pipes = new WeakMap<Pipe, Incoming>();

  /**
   * Takes a frame; calls `done` with every packet that it completes, and the number of frames that it came in.
   * @returns how many packets were given up
   */
  take(pipe: Pipe, frame: Uint8Array, now: number, done: (packet: Uint8Array, frames: number) => void): number {
    const incoming = this._incoming(pipe);
    if (incoming.duplicates?.has(frame, now)) return 0;
    incoming.frames++;
    return pipe.receive(frame, now, (packet) => {
      const frames = Math.max(1, incoming.frames);
      incoming.frames = 0;
      done(packet, frames);
    });
  }

  private _incoming(pipe: Pipe): Incoming {
    let incoming = this._pipes.get(pipe);
    if (!incoming) {
      const { stream, blocking, datagram } = pipe.options;
      incoming = { frames: 0, duplicates: stream || blocking || datagram ? undefined : new DuplicateFilter() };
      this._pipes.set(pipe, incoming);
    }
    return incoming;
  }
}
