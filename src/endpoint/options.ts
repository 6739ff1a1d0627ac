/** What an endpoint is given, and how that is checked. */
import { sets } from "../cipher/sets.ts";
import { E3XError } from "../e3x-error.ts";
import { optional, positive, required, whole, wrong } from "./check.ts";
import type { KeyPairs } from "./e3x.ts";
import type { Arrival, Events } from "./events.ts";
import type { GatewayLink, Handshakes } from "./link.ts";
import type { Save, State } from "./state.ts";
import type { Packet } from "../packet/lob.ts";
import type { Random } from "../types.ts";

export interface EndpointOptions {
  /** The identity: key pairs by CSID. */
  pairs: KeyPairs;
  random: Random;
  events: Events;
  /**
   * What `save` was last given, by link; nothing for a new identity. Its links are there at once. One bad entry refuses all of it,
   * with an error (STATE) that names it.
   */
  state?: State;
  /**
   * Keeps the state of one link: see Save. Without it replays after a restart succeed. Nothing leaves before `drain`: so it
   * may collect what it is given in a turn, have it written, and call `drain` when it is (see the class).
   */
  save?: Save;
  /**
   * Whether an endpoint that is not known, and has proved who it is by its handshake, may link. Who may not is not
   * answered. Without it nobody may. Where it throws, nobody may either.
   */
  accept?(key: Uint8Array, hashname: string, arrival: Arrival): boolean;
  /** Judges handshakes: see GatewayLinkOptions. Of one not known it is asked after `accept`. */
  judge?(link: GatewayLink, handshakes: Handshakes): boolean | undefined;
  /** The application's own rule of recency; without it `at` of messages must rise. */
  recent?(link: GatewayLink, packet: Packet): boolean;
  /** Of how many KEYs it is remembered whose they are, the least recently used going first; 20,000 if not given. */
  room?: number;
  /**
   * Seconds after which a handshake that is not answered is given up, 180 if not given. e3x/handshake.md has 30: a
   * microcontroller in JavaScript takes that long for the curve work of one handshake, and may have other work first.
   */
  patience?: number;
  /** The largest content of one message, 1,400 if not given, and of several, 65,536 if not given; in bytes. */
  message?: number;
  content?: number;
  /** The compression of channel packets that is asked for: 0 none, 1 CBOR, if not given, 2 DEFLATE. The other's is taken in answers. */
  z?: number;
  /** How many packets of a reliable channel wait, to be sent and to be delivered; 64 if not given. */
  window?: number;
  /**
   * The time as `at` of handshakes has it: seconds of a clock that does not go back. With it a lost state does not keep
   * the endpoint from those that it was linked with.
   */
  epoch?(): number;
  /**
   * Something waits to be sent: `drain` is to be called soon. Not from here: this may be called within `receive` and `drain`,
   * more than once.
   */
  wake?(): void;
}

const MOST = Number.MAX_SAFE_INTEGER;

/** @throws CSID where there is no pair, or one of a set that is not known; SECRET_LENGTH, SECRET_RANGE, KEY_LENGTH, KEY_PREFIX, KEY_RANGE; OPTION */
function checkPairs(pairs: unknown): void {
  required("pairs", pairs, "object");
  const entries = Object.entries(pairs as object).filter(([, pair]) => pair !== undefined);
  if (!entries.length)
    throw new E3XError("CSID", {
      field: "pairs",
      detail: "There is no key pair. Make one with `generate`, or read a file of `mote keys new` with `keysFromFile`.",
    });
  for (const [csid, pair] of entries as [string, unknown][]) {
    const set = Object.hasOwn(sets, csid) ? sets[csid]! : undefined;
    if (!set)
      throw new E3XError("CSID", {
        field: "pairs",
        detail: `It has key pairs by CSID (${Object.keys(sets).join(", ")}), and one is by another name.`,
      });
    required(`pairs.${csid}`, pair, "object");
    const given = pair as { key: unknown; secret: unknown };
    for (const part of ["key", "secret"] as const) {
      const field = `pairs.${csid}.${part}`;
      const bytes = given[part];
      if (!(bytes instanceof Uint8Array))
        throw wrong(field, "must be bytes (a Uint8Array): text is read by fromBase32 or keysFromFile", bytes);
      try {
        if (part === "key") set.checkKey(bytes);
        else set.checkSecret(bytes);
      } catch (error) {
        if (!(error instanceof E3XError)) throw error;
        throw new E3XError(error.code, { field, cause: error });
      }
    }
  }
}

/** @throws OPTION, and for `pairs` as `identities`; `field` of the error says which */
export function checkOptions(options: EndpointOptions): void {
  required("options", options, "object");
  checkPairs(options.pairs);
  required("random", options.random, "function");
  required("events", options.events, "object");
  for (const [name, handler] of Object.entries(options.events)) optional(`events.${name}`, handler, "function");
  for (const name of ["save", "accept", "judge", "recent", "epoch", "wake"] as const)
    optional(name, options[name], "function");
  const { room = 1, patience = 1, message = 1, content = 1, z = 0, window = 1 } = options;
  whole("room", room, 1, MOST, "how many KEYs are remembered");
  positive("patience", patience, "seconds until a handshake is given up");
  whole("message", message, 1, 65000, "bytes of content in one message");
  whole("content", content, 1, MOST, "bytes of the largest content");
  whole("z", z, 0, 2, "the compression of channel packets");
  whole("window", window, 1, MOST, "packets of a reliable channel that wait");
}

/** @throws OPTION for what is no time */
export function checkNow(now: unknown): void {
  if (!Number.isFinite(now))
    throw wrong("now", "must be the time in seconds, of a clock that does not go back: performance.now() / 1000", now);
}
