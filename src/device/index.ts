/**
 * What a board gets by `require("e3x-mote")`: an endpoint that runs by itself over an Espruino stream object.
 * Everything else that is exported is the protocol core, for applications that own their loop.
 */
import { entropy } from "#entropy";
import { CurveJob } from "#curve";
import { KEY_LENGTH } from "../cipher/keys.ts";
import { fail } from "../errors.ts";
import type { E3XError } from "../errors.ts";
import { generateSecret, messageBody } from "../exchange/exchange.ts";
import type { Random } from "../exchange/exchange.ts";
import { Link } from "../mesh/link.ts";
import type { LinkState, On } from "../mesh/link.ts";
import { Pipe } from "../mesh/pipe.ts";
import { concat, slice } from "../packet/bytes.ts";
import { fromBase32 } from "../packet/text.ts";

export { CurveJob } from "#curve";
export { MessageExchange, messageBody } from "../exchange/exchange.ts";
export { Joiner, split } from "../packet/chunk.ts";
export { decode, encode } from "../packet/lob.ts";

// what the runtime uses of Espruino
declare const E: { toUint8Array(data: string): Uint8Array };
declare function getTime(): number;
declare function require(name: "Storage"): {
  readArrayBuffer(name: string): ArrayBuffer | undefined;
  readJSON(name: string, quiet: boolean): LinkState | undefined;
  write(name: string, data: Uint8Array): boolean;
  writeJSON(name: string, data: LinkState): boolean;
};

/** An Espruino stream object: Bluetooth (Nordic UART), Serial1, ... */
export interface Radio {
  write(frame: Uint8Array): void;
  on(event: "data", listener: (data: string) => void): void;
}

export interface MoteOptions {
  radio: Radio;
  /** The gateway's public key in base32. */
  gateway: string;
  /** Bytes of a frame; 20 if not given. */
  mtu?: number;
  /** Whether the radio needs an answer for every chunk (serial ports). */
  blocking?: boolean;
  /** The longest packet and content that is put together, in bytes; 1,500 if not given. */
  limit?: number;
  /** How long curve work may go on before radio events are served, in milliseconds; 20 if not given. */
  slice?: number;
  /** Entropy for keys. Must be given on boards whose E.hwRand is not hardware. */
  random?: Random;
}

// files in Storage: identity (key, then secret), and what outlives a restart
const IDENTITY = "mote.id";
const STATE = "mote.state";

/** An endpoint that runs on its board. */
export interface Mote {
  /** The public key, once the identity is there: to make it at first boot takes a while. */
  key(): Uint8Array | undefined;
  /**
   * Has a listener called for "ready", when the identity is there, and for "up", "down", "message", "drop" of the link,
   * which are told in mesh/link.ts. There is one listener for an event.
   */
  on(event: string, listener: (link: Link, data?: Parameters<On>[2], packet?: Parameters<On>[3]) => void): void;
  /** Sends content to the gateway: bytes, a string, or an object as JSON. Throws BUSY when too much waits, and before "ready". */
  send(content: Uint8Array | string | object): void;
}

/** Starts an endpoint on this board. Throws ENTROPY, and for a gateway's key that is not right. */
export function create(options: MoteOptions): Mote {
  const storage = require("Storage");
  const random = options.random ?? entropy!;
  if (!random) fail("ENTROPY");
  const limit = options.limit ?? 1500;
  const blocking = options.blocking!;
  const pipe = new Pipe({ mtu: options.mtu ?? 20, blocking, stream: blocking, limit });
  const listeners: { [event: string]: (link?: Link, data?: unknown, packet?: unknown) => void } = {};
  let link: Link | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let secret: Uint8Array;
  let job: CurveJob;

  const emit = (event: string, from?: Link, data?: unknown, packet?: unknown): void => {
    if (event === "down") {
      from!.connect(pipe);
      wake(1);
    }
    const listener = listeners[event];
    if (listener) listener(from, data, packet);
  };
  const open = (bytes: Uint8Array): void => {
    link = new Link(
      { key: slice(bytes, 0, KEY_LENGTH), secret: slice(bytes, KEY_LENGTH, 42), random },
      fromBase32(options.gateway), storage.readJSON(STATE, true) ?? [0, 0, 0, 0],
      { on: emit, save: (changed) => storage.writeJSON(STATE, changed.state()), message: 1400, content: limit },
    );
    link.connect(pipe);
  };
  /** Does one step of the work that an identity takes at first boot. */
  const identify = (): boolean => {
    if (!job.step()) {
      const bytes = concat([job.result!, secret]);
      storage.write(IDENTITY, bytes);
      open(bytes);
      emit("ready", link);
    }
    return true;
  };
  const wake = (delay: number): void => {
    if (timer) clearTimeout(timer);
    timer = setTimeout(turn, delay);
  };
  /** Does curve work for a slice of time, writes what is to be written, and sees that it is called when there is more. */
  const turn = (): void => {
    let now = getTime();
    let before = now;
    const end = now + (options.slice ?? 20) / 1000;
    let more = true;
    timer = undefined;
    // no step that would end too late, if it took as long as the one before
    while (more && now * 2 - before < end) {
      more = link ? link.work(true) : identify();
      before = now;
      now = getTime();
    }
    const next = link && link.poll(now);
    for (let frame = pipe.frame(); frame; frame = pipe.frame()) options.radio.write(frame);
    // not at once: events of the radio come first
    if (more) wake(1);
    else if (next) wake(Math.max(1, (next - now) * 1000));
  };

  const stored = storage.readArrayBuffer(IDENTITY);
  if (stored) open(new Uint8Array(stored));
  else {
    secret = generateSecret(random);
    job = new CurveJob(secret);
  }
  options.radio.on("data", (data) => {
    pipe.receive(E.toUint8Array(data), getTime(), (outer) => {
      try {
        if (link) link.receive(messageBody(outer), pipe);
      } catch (error) {
        const code = (error as E3XError).code;
        // without a code it is a fault of the application, which is to be seen on the console
        if (!code) throw error;
        emit("drop", link, code);
      }
    });
    wake(1);
  });
  wake(1);
  return {
    key: () => link && link.identity.key,
    on: (event, listener) => { listeners[event] = listener as never; },
    send: (content) => {
      if (!link) fail("BUSY");
      link!.send(content);
      wake(1);
    },
  };
}
