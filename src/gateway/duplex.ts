/** A stream or a socket over a channel as a stream of Node.js, which has back pressure, pipes and iteration. */
import { Duplex } from "node:stream";
import type { Channel } from "../channel/channel.ts";

/** What streams (channel/stream.ts) and reliable socks (channel/sock.ts) have in common. */
export interface Flow {
  channel: Channel;
  on?: ((event: "open" | "data" | "drain" | "end" | "close", data: unknown, ...more: never[]) => void) | undefined;
  write(data: Uint8Array): boolean;
  end(): void;
}

/**
 * Takes over the flow's `on`. Each way ends by itself. Errors have as their message why the channel failed; `destroy` fails it.
 * It is closed when the channel is over; JSON values and packets of a stream have no place in it, and destroy it.
 */
export function duplex(flow: Flow): Duplex {
  const { channel } = flow;
  let over = false;
  let paused = false;
  let written: (() => void) | undefined;
  let closed: ((reason?: string) => void) | undefined;
  const tried = (work: () => void, done: (error: Error) => void): void => {
    try {
      work();
    } catch (error) {
      done(error as Error);
    }
  };
  const far = new Duplex({
    read() {
      if (paused && !over) channel.resume();
      paused = false;
    },
    write(data: Uint8Array, _encoding, done) {
      tried(() => {
        if (flow.write(data)) done();
        else written = done;
      }, done);
    },
    final(done) {
      tried(() => {
        flow.end();
        done();
      }, done);
    },
    destroy(error, done) {
      // both ways have ended, and the channel still has to see to it that all arrives
      const whole = !error && far.writableFinished && far.readableEnded;
      if (!whole && !over) channel.fail(error?.message ?? "closed");
      if (whole && !over) closed = (reason) => done(reason === undefined ? null : new Error(reason));
      else done(error);
    },
  });
  flow.on = (event, data) => {
    if (event === "drain") {
      const done = written;
      written = undefined;
      done?.();
    } else if (event === "end") far.push(null);
    else if (event === "data") {
      if (!(data instanceof Uint8Array)) far.destroy(new Error("not bytes"));
      else if (!far.push(data)) {
        paused = true;
        channel.pause();
      }
    } else if (event === "close") {
      over = true;
      if (closed) closed(data as string | undefined);
      else if (data !== undefined) far.destroy(new Error(data as string));
    }
  };
  return far;
}
