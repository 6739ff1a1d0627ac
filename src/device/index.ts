/**
 * What a board gets by `require("e3x-mote")`: a link to one gateway that runs by itself over a radio, keeps its identity
 * and state in Storage, and does its curve work in slices.
 */
import { CHANNELS, PEERS } from "#features";
import { SLOW } from "#crypto/curve";
import { concat, fail, slice } from "#platform/engine";
import { entropy } from "#entropy";
import { same } from "#platform/text";
import type { Channel, ChannelOn, Handler } from "../channel/channel.ts";
import type { CurveJob } from "../crypto/shared/curve.ts";
import { KEY_LENGTH } from "../crypto/shared/keys.ts";
import { errorNumber } from "../errors.ts";
import type { E3XError } from "../e3x-error.ts";
import type { Random } from "../types.ts";
import type { Link, LinkOptions, LinkState } from "../link/link.ts";
import { Pipe } from "../link/pipe.ts";
import type { Json, Packet } from "../packet/lob.ts";
// what is kept must not be among the parts
import "../crypto/thumb/native-kept.ts";
import { parts } from "./parts.ts";
import type { Parts } from "./parts.ts";
import type { Radio } from "../link/radio.ts";

export type { Radio } from "../link/radio.ts";

// what the runtime uses of Espruino
declare const E: { toUint8Array(data: unknown): Uint8Array };
declare function getTime(): number;
declare const process: { memory(collect?: boolean): { free: number } };

export interface MoteOptions {
  radio: Radio;
  /** The gateway's public key in base32. */
  gateway: string;
  /** Bytes of a frame where the radio does not say; 20 if not given. */
  mtu?: number;
  /** The longest packet and content that is put together, in bytes; 1,500 if not given. */
  limit?: number;
  /** How long curve work may go on before radio events are served, in milliseconds; 20 if not given. */
  slice?: number;
  /** Entropy for keys. Default: the hardware's, or a generator over the seed that was flashed. */
  random?: Random;
  /** How many packets of a reliable channel wait, to be sent and to be delivered; 8 if not given, for which a Puck.js has memory. */
  window?: number;
}

/** What the runtime throws: `code` is a number, of which errors.ts has the meanings. */
export interface MoteError extends Error {
  code: number;
}

/** The longest wait before a gateway that does not answer is asked again, in seconds. */
const WAIT_MAX = 600;

/** How many packets may wait for the radio. */
const WAITING = 8;

/**
 * The longest that this board sleeps while something waits for its time, in seconds, and how much more has gone by where its
 * time was set.
 */
const SLEEP = 10;
const STEP = 3 * SLEEP;

/** Seconds after which the parts that are needed while something goes on are let go of. */
const REST = 1;

/**
 * Variables that work on a packet takes beside those of its bytes (calls, views, JSON), and how many bytes have one: a packet
 * is held up to three times, as it came or goes, decrypted, and by the application. What the parts take, in such bytes.
 */
const WORK = 160;
const BYTES = 4;
const PARTS = BYTES * ((CHANNELS ? 840 : 420) + (SLOW ? 120 : 0));

/** An endpoint that runs on its board. */
export interface Mote {
  /** The public key, once the identity is there: to make it at first boot takes a while. */
  key(): Uint8Array | undefined;
  /**
   * Has a listener called for "ready", when the identity is there, and for "up", "down", "message", "drop", which are told
   * in src/link/link.ts. There is one listener for an event.
   */
  on(event: "ready" | "up" | "down", listener: (mote: Mote) => void): void;
  on(event: "message", listener: (mote: Mote, content: Uint8Array, packet: Packet) => void): void;
  /** `code` is a number: errors.ts has the meanings. */
  on(event: "drop", listener: (mote: Mote, code: number) => void): void;
  /** Sends content to the gateway: bytes, a string, or an object as JSON. Throws BUSY when too much waits, and before "ready". */
  send(content: Uint8Array | string | object): void;
  /**
   * Opens a channel, as Link.channel (src/link/link.ts) does. Only where the application imports "e3x-mote/channels", or one of the
   * standard channels. Throws NOT_IN_SYNC while the gateway is not linked.
   */
  channel(open: Json, body?: Uint8Array, on?: ChannelOn): Channel;
  /** As Channel.quota, for an opening packet. */
  quota(): number;
  /** Has channels of a type that the gateway opens handled: see Handler (channel/channel.ts). */
  handle(type: string, handler: Handler<Mote>): void;
  /**
   * A link with another that the gateway passes packets on to and from, as a router. Only where the application imports
   * "e3x-mote/peer".
   * @param key its public key in base32; @param hashname its name, 52 characters; the other has to know this mote, too
   */
  peer(key: string, hashname: string): Peer;
}

/** A link with another by way of the gateway. Its listeners get it instead of the mote. */
export interface Peer {
  key(): Uint8Array;
  on(event: "up" | "down", listener: (peer: Peer) => void): void;
  on(event: "message", listener: (peer: Peer, content: Uint8Array, packet: Packet) => void): void;
  on(event: "drop", listener: (peer: Peer, code: number) => void): void;
  send(content: Uint8Array | string | object): void;
  channel(open: Json, body?: Uint8Array, on?: ChannelOn): Channel;
  quota(): number;
}

/** Seconds before a peer that did not answer is asked again. */
const PEER_AGAIN = 60;

// One mote a board: what it is made of belongs to the module. A function of a function would take Espruino three
// variables more.
let options: MoteOptions;
let radio: Radio;
let random: Random;
let pipe: Pipe;
const listeners: { [event: string]: (mote: Mote, data?: unknown, packet?: unknown) => void } = {};
const handlers: { [type: string]: Handler<Mote> } = {};
/** @unload what it holds is unloaded by setting it to undefined */
let made: Parts | undefined;
let link: Link | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
// the work that an identity takes at first boot
let secret: Uint8Array;
/** @unload undefined: code is not unloaded before the identity is there */
let job: CurveJob | undefined;
// this board's own clock, and what the time was when it was asked last
let clock = 1;
let told = 0;
// a frame that the radio did not take
let held: Uint8Array | undefined;
// links by way of the gateway: name, link, and what stands for their radio
const peers: [string, Link, Pipe][] = [];
// whether a handshake is to be sent
let asked: boolean;
// seconds to wait before a gateway that did not answer is asked again, and the timer for it
let wait = 1;
let again: ReturnType<typeof setTimeout> | undefined;

/**
 * Seconds of this board's own clock. The time that `getTime` tells may be set at any moment, by 50 years when a phone connects, or
 * back: what no wait explains is not taken for time that went by, so that nothing ends early, and nothing waits for a time to come
 * again. Where it was set, a wait that is under way may begin anew.
 */
function time(): number {
  const read = getTime();
  const gone = read - told;
  told = read;
  if (gone > 0 && gone < STEP) clock += gone;
  return clock;
}

/** Gives an object the methods of a class, or takes them from it. The build reads calls of it (tools/build/unloading.ts). */
function setMethods(object: object, type?: { prototype: object }): void {
  Object.setPrototypeOf(object, (type || Object).prototype);
}

/** Gives what a link is made of the methods of the code that is loaded, or takes them while there is none. */
function attachMethods(link: Link): void {
  setMethods(link, made && made.Link);
  setMethods(link.exchange, made && made.MessageExchange);
  if (CHANNELS) {
    setMethods(link.channels, made && made.Channels);
    if (link.channels.session) setMethods(link.channels.session, made && made.Session);
  }
}

/**
 * Whether there is memory for a packet of so many bytes. If not, that is told, and channels give up what they can: running out
 * of memory can not be caught, and leaves what ran in the middle.
 */
function room(bytes: number): boolean | void {
  // garbage is collected only where memory seems short: that takes as long as a small packet
  for (const collect of [false, true]) if (process.memory(collect).free > bytes / BYTES + WORK) return true;
  if (CHANNELS && made && link) link.channels.capacity = link.channels.capacity >> 1 || 1;
  emit("drop", undefined, errorNumber("MEMORY"));
}

/** Loads the code of the parts, or unloads it while there are no channels: links are without methods meanwhile. Throws MEMORY. */
function loadParts(on?: boolean): Parts {
  if (!on !== !made) {
    if (CHANNELS && !on && link) {
      // what there was no memory for is tried again
      if (link.channels.list.length) return turn() as never;
      if (PEERS) for (const peer of peers) if (peer[1].channels.list.length) return turn() as never;
    }
    if (on && !room(PARTS)) fail("MEMORY");
    made = on ? parts() : undefined;
    if (link) attachMethods(link);
    if (PEERS) for (const peer of peers) attachMethods(peer[1]);
  }
  return made!;
}

/** Has `turn`, or something else, called in so many milliseconds, in place of what was to be called. */
function wake(then?: unknown, delay?: number): void {
  if (timer) clearTimeout(timer);
  timer = setTimeout((then as () => void) || turn, delay || 1);
}

function connect(): void {
  again = undefined;
  asked = true;
  wake();
}

function emit(event: string, _from?: Link, data?: unknown, packet?: unknown): void {
  const listener = listeners[event];
  if (event === "up") {
    wait = 1;
    if (PEERS) for (const peer of peers) if (!peer[1].up) peer[1].connect(peer[2]);
  } else if (event === "down") {
    again = setTimeout(connect, wait * 1000);
    wait = Math.min(wait * 2, WAIT_MAX);
  }
  if (listener) listener(mote, data, packet);
}

function save(state: LinkState): void {
  made!.writeState(state);
}

function open(identity: Uint8Array, state: LinkState): void {
  const rules: LinkOptions = { on: emit, save, message: 1400, content: pipe.options.limit, ahead: 64, room };
  if (CHANNELS)
    rules.channels = {
      handlers: handlers as never,
      capacity: options.window ?? 8,
      runs: 16,
      z: 1,
      from: mote as never,
      wake,
    };
  link = new made!.Link(
    { key: slice(identity, 0, KEY_LENGTH), secret: identity.subarray(KEY_LENGTH), random },
    made!.fromBase32(options.gateway),
    state,
    rules,
  );
  connect();
}

function sooner(one: number | undefined, two: number | undefined): number | undefined {
  return one === undefined || two! < one ? two : one;
}

/** Whether the token of a packet (from its start, or that of its first fragment) is that of a link. */
function addressed(to: Link | undefined, packet: Uint8Array): boolean {
  const token = to && to.channels.known;
  return !!token && same(slice(packet, 2, 18), token);
}

/** Does curve work for a slice of time, writes what is to be written, and sees that it is called when there is more. */
function turn(): void {
  let now = time();
  let before = now;
  let next: number | undefined;
  const end = now + (options.slice ?? 20) / 1000;
  let more = true;
  // an exception of the application, or the end of memory, leaves this in the middle: it goes on then
  timer = setTimeout(turn, REST * 1000);
  loadParts(true);
  if (asked && link) {
    asked = false;
    if (radio.oneWay) link.pipe = pipe;
    else if (!link.up) link.connect(pipe);
  }
  // no step that would end too late, if it took as long as the one before
  while (more && now * 2 - before < end) {
    if (link) {
      more = link.work(true);
      if (PEERS) for (const peer of peers) more = more || peer[1].work(false);
    } else if (job!.result || !job!.step()) {
      // at first boot the identity is made
      const identity = concat([job!.result!, secret]);
      // where it can not be written that is tried again
      open(identity, made!.writeIdentity(identity));
      job = undefined;
      emit("ready");
    }
    before = now;
    now = time();
  }
  pipe.mtu = radio.mtu ?? options.mtu ?? 20;
  // while the radio takes nothing, nothing is sent again
  if (link && !held) {
    if (CHANNELS) link.channels.poll(now);
    next = link.poll(now);
    if (PEERS)
      for (const peer of peers) {
        peer[1].channels.poll(now);
        next = sooner(next, peer[1].poll(now));
      }
  }
  while ((held = held ?? pipe.frame(now)) && radio.write(held) !== false) held = undefined;
  if (CHANNELS && link && !held) {
    // only now it is known what was sent
    next = sooner(next, link.channels.poll(now));
    if (PEERS) for (const peer of peers) next = sooner(next, peer[1].channels.poll(now));
  }
  next = sooner(next, pipe.until);
  // not at once: events of the radio come first
  if (more) wake();
  else if (next) wake(turn, Math.min(SLEEP, next - now) * 1000);
  else wake(loadParts, REST * 1000);
}

function receive(outer: Uint8Array): void {
  if (!room(outer.length)) return;
  loadParts(true);
  if (PEERS)
    for (const peer of peers)
      if (addressed(peer[1], outer)) {
        peer[1].receive(outer, peer[2], time());
        return;
      }
  link!.receive(outer, pipe, time());
}

const mote: Mote = {
  key: () => link && link.identity.key,
  on: (event: string, listener: unknown) => {
    listeners[event] = listener as never;
  },
  send: (content) => {
    if (!link || pipe.queue.length > WAITING) fail("BUSY");
    loadParts(true);
    link!.send(content);
    wake();
  },
} as Mote;

if (CHANNELS) {
  mote.channel = (open, body, on) => {
    if (!link) fail("NOT_IN_SYNC");
    loadParts(true);
    return link!.channels.open(open, body, on);
  };
  mote.quota = () => {
    loadParts(true);
    return link!.channels.quota();
  };
  mote.handle = (type, handler) => {
    handlers[" " + type] = handler;
  };
}

if (PEERS) {
  // channels/connect.md: what the gateway brings of others
  handlers[" connect"] = (channel, open) => {
    channel.on = () => {};
    channel.timeout = 0;
    for (const peer of peers) if (peer[0] === open.json!["peer"]) peer[1].receive(open.body, peer[2], time());
  };
  mote.peer = (key, name) => {
    const heard: { [event: string]: (peer: Peer, data?: unknown, packet?: unknown) => void } = {};
    const file = name.substr(0, 8);
    // messages go as requests to the gateway, which passes channel packets on by their token (channels/peer.md)
    const way = Object.create(pipe) as Pipe;
    way.send = (outer) => {
      if (!outer[1]) pipe.send(outer);
      else if (link!.up) {
        try {
          link!.channels.open({ "type": "peer", "peer": name }, outer);
        } catch (error) {
          // as with any radio, nothing tells
          link!.drop(error as E3XError);
        }
      }
    };
    const peer = {} as Peer;
    loadParts(true);
    const other: Link = new made!.Link(
      link!.identity,
      made!.fromBase32(key),
      made!.readState(file) || [0, 0, 0, 0, 0],
      {
        on: (event, _from, data, packet) => {
          if (event === "down")
            setTimeout(() => {
              loadParts(true);
              if (!other.up) other.connect(way);
              wake();
            }, PEER_AGAIN * 1000);
          if (heard[event]) heard[event](peer, data, packet);
        },
        save: (state) => made!.writeState(state, file),
        // the way through a router takes 138 bytes of a packet
        message: 1250,
        content: pipe.options.limit,
        ahead: 64,
        room,
        channels: {
          handlers: handlers as never,
          capacity: options.window ?? 8,
          runs: 16,
          z: 1,
          from: peer as never,
          wake,
        },
      },
    );
    Object.assign(peer, {
      key: () => other.exchange.key,
      on: (event: string, listener: unknown) => {
        heard[event] = listener as never;
      },
      send: (content) => {
        loadParts(true);
        other.send(content);
        wake();
      },
      channel: (open, body, on) => {
        loadParts(true);
        return other.channels.open(open, body, on);
      },
      quota: mote.quota,
    } as Peer);
    peers.push([name, other, way]);
    if (link!.up) other.connect(way);
    wake();
    return peer;
  };
}

/** Erases identity and state, to be followed by a restart: the board then makes a new identity. */
export function erase(): void {
  parts().erase();
}

/**
 * Starts the endpoint of this board; to be called once.
 * @throws BASE32 for the gateway's key (whether it is right otherwise is told by "drop"), ENTROPY where there is none,
 * STORAGE where identity or state is damaged or cannot be written
 */
export function create(given: MoteOptions): Mote {
  options = given;
  radio = given.radio;
  random = given.random ?? entropy();
  pipe = new Pipe({ mtu: 0, limit: given.limit ?? 1500, room, blocking: radio.blocking!, stream: radio.stream! });
  if (CHANNELS) {
    pipe.more = () => {
      if (link && link.pipe && (!link.channels.list.length || room(link.channels.quota()))) link.channels.fill(pipe);
      if (PEERS) for (const peer of peers) if (!pipe.queue.length) peer[1].channels.fill(pipe);
    };
    pipe.begins = (fragment) => {
      if (PEERS) for (const peer of peers) if (addressed(peer[1], fragment)) return true;
      return addressed(link, fragment);
    };
  }
  const state = loadParts(true).readState();
  const identity = made!.readIdentity(state);
  if (identity) open(identity, state!);
  else {
    secret = random(20);
    job = new made!.CurveJob(secret);
    wake();
  }
  radio.on("data", (data) => {
    // the data may be what exhausts memory, which interrupts this callback: the timer then goes on with the work
    wake(turn, REST * 1000);
    if (link) pipe.receive(E.toUint8Array(data), time(), receive);
    // set last, so that radio events that wait are served before the work begins
    wake();
  });
  radio.on("open", () => {
    pipe.restart();
    held = undefined;
    // a handshake that is under way is sent again by itself
    if (again) {
      clearTimeout(again);
      connect();
    } else wake();
  });
  radio.on("drain", wake);
  return mote;
}
