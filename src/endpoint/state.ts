/** What an endpoint keeps of its links over restarts. No secrets. */
import { UINT32_MAX } from "../exchange/exchange.ts";
import type { HostCipherSet } from "../cipher/sets.ts";
import { E3XError } from "../e3x-error.ts";

import { fromBase32, toBase32 } from "../packet/text.ts";

/** What is kept of one link. All of it can be written as JSON. */
export interface SavedLink {
  /** Numbers (`at`) that handshakes sent have not gone beyond, and of the last one accepted. */
  handshakes: [sent: number, accepted: number];
  /** The same of messages. */
  messages: [sent: number, received: number];
  /** The token by which the other addressed its channel packets last: 32 hex digits. */
  token?: string;
  /** Nothing of the other is taken: see `Link.block`. */
  blocked?: boolean;
}

/** What is kept of all links, by the other's public key in base32. */
export type State = Record<string, SavedLink>;

/** What a function may return that is not waited for: anything but a promise. */
export type Sync = void | null | undefined | boolean | number | string | bigint | symbol | (object & { then?: never });

/**
 * Keeps what has to outlive a restart of one link, by the other's public key in base32; undefined: the link was removed. It
 * has noted the state when it returns, or throws; it may not return a promise. What is in the state at the next start and
 * was not given here is believed; what is missing there was lost.
 */
export type Save = (id: string, state: SavedLink | undefined) => Sync;

/** What is saved of a link; a new object each time: whoever is given one may change it. */
export function savedLink(
  handshakes: [number, number],
  messages: [number, number],
  token: string | undefined,
  blocked: boolean | undefined,
): SavedLink {
  const saved: SavedLink = { handshakes: [...handshakes], messages: [...messages] };
  if (token !== undefined) saved.token = token;
  if (blocked) saved.blocked = true;
  return saved;
}

/** A copy for whoever may change it. */
export const copySaved = ({ handshakes, messages, token, blocked }: SavedLink): SavedLink =>
  savedLink(handshakes, messages, token, blocked);

const AT_MAX = Number.MAX_SAFE_INTEGER;

/** Characters of a key's text that an error quotes: a public key in CS1c has 53. */
const QUOTED = 60;

function bad(id: string, where: string, detail: string, cause?: unknown): E3XError {
  const field = `state.${id.length > QUOTED ? `${id.slice(0, QUOTED)}...` : id}${where}`;
  return new E3XError("STATE", {
    field,
    detail: `${detail}. Restore it from a copy, or leave the entry out: its link then begins anew`,
    cause,
  });
}

function numbers(id: string, field: string, value: unknown, most: number): [number, number] {
  if (!Array.isArray(value) || value.length !== 2) throw bad(id, `.${field}`, "must be two numbers");
  value.forEach((one, i) => {
    if (!Number.isInteger(one) || one < 0 || one > most)
      throw bad(id, `.${field}[${i}]`, `must be a whole number of 0 to ${most}`);
  });
  return [value[0] as number, value[1] as number];
}

/** An entry as 0.1.0 wrote it: five numbers, the fifth of no use here, and the token. */
const fromList = ([sent, accepted, out, received, , token]: unknown[]): object => ({
  handshakes: [sent, accepted],
  messages: [out, received],
  ...(token !== undefined && { token }),
});

/**
 * Entries of a state as it came from a file.
 * @param sets the cipher sets of this endpoint's keys
 * @throws STATE with a `field` that names the entry that is wrong: all or nothing is taken
 */
export function readState(state: unknown, sets: HostCipherSet[]): [key: Uint8Array, saved: SavedLink][] {
  if (typeof state !== "object" || state === null || Array.isArray(state)) {
    throw new E3XError("STATE", {
      field: "state",
      detail: "must be an object with an entry for each link, by the other's public key in base32",
    });
  }
  return Object.entries(state).map(([id, entry]: [string, unknown]) => {
    let key: Uint8Array;
    try {
      key = fromBase32(id);
    } catch (error) {
      throw bad(id, "", "is no public key in base32", error);
    }
    if (toBase32(key) !== id) throw bad(id, "", "is not the base32 of its own bytes");
    const set = sets.find(({ length }) => length === key.length);
    if (!set) throw bad(id, "", `has ${key.length} bytes: this endpoint has no keys of the Cipher Set of such a key`);
    try {
      set.checkKey(key);
    } catch (error) {
      throw bad(id, "", `is no public key (${(error as E3XError).code})`, error);
    }
    const read = (Array.isArray(entry) ? fromList(entry) : entry) as Partial<SavedLink> | null;
    if (typeof read !== "object" || read === null)
      throw bad(id, "", "must be an object with `handshakes` and `messages`");
    const { token, blocked } = read;
    if (token !== undefined && !(typeof token === "string" && /^[0-9a-f]{32}$/.test(token)))
      throw bad(id, ".token", "must be 32 hex digits");
    if (blocked !== undefined && typeof blocked !== "boolean") throw bad(id, ".blocked", "must be true or false");
    return [
      key,
      {
        handshakes: numbers(id, "handshakes", read.handshakes, AT_MAX),
        messages: numbers(id, "messages", read.messages, UINT32_MAX),
        ...(token !== undefined && { token }),
        ...(blocked && { blocked }),
      },
    ];
  });
}

/** Says what else a key of the state is wrong by, which only the curve work with it finds out. */
export const badKey = (id: string, cause: E3XError): E3XError =>
  bad(id, "", `is no key that this endpoint can link with (${cause.code})`, cause);
