/** A stream or a socket over a channel as a stream of Node.js, which has back pressure, pipes and iteration. */
import { Duplex } from "node:stream";
import type { Sock } from "../channel/sock.ts";
import type { Stream } from "../channel/stream.ts";

/**
 * Takes over the `on` of a stream or a reliable sock. Each way ends by itself. Errors have as their message why the channel failed; `destroy` fails it.
 * It is closed when the channel is over; JSON values and packets of a stream have no place in it, and destroy it.
 */
export function duplex(flow: Stream | Sock): Duplex {
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
      if (!paused) return;
      paused = false;
      // what comes at once may have it paused again
      if (!over) channel.resume();
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
  flow.on = (event: string, data: unknown) => {
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
