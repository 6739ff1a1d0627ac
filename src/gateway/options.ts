/** Checks of what an endpoint is given. */
import { sets } from "../cipher/sets.ts";
import { E3XError } from "../e3x-error.ts";
import { optional, positive, required, whole, wrong } from "./check.ts";
import type { EndpointOptions } from "./endpoint.ts";

const MOST = Number.MAX_SAFE_INTEGER;

/** @throws CSID where there is no pair, or one of a set that is not known; SECRET_LENGTH, SECRET_RANGE, KEY_LENGTH, KEY_PREFIX, KEY_RANGE; OPTION */
function checkPairs(pairs: unknown): void {
  required("pairs", pairs, "object");
  const entries = Object.entries(pairs as object).filter(([, pair]) => pair !== undefined);
  if (!entries.length) throw new E3XError("CSID", { field: "pairs", detail: "There is no key pair. Make one with `generate`, or read a file of `mote keys new` with `keysFromFile`." });
  for (const [csid, pair] of entries as [string, unknown][]) {
    const set = Object.hasOwn(sets, csid) ? sets[csid]! : undefined;
    if (!set) throw new E3XError("CSID", { field: "pairs", detail: `It has key pairs by CSID (${Object.keys(sets).join(", ")}), and one is by another name.` });
    required(`pairs.${csid}`, pair, "object");
    const given = pair as { key: unknown; secret: unknown };
    for (const part of ["key", "secret"] as const) {
      const field = `pairs.${csid}.${part}`;
      const bytes = given[part];
      if (!(bytes instanceof Uint8Array)) throw wrong(field, "must be bytes (a Uint8Array): text is read by fromBase32 or keysFromFile", bytes);
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
  for (const name of ["save", "accept", "judge", "recent", "epoch", "wake"] as const) optional(name, options[name], "function");
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
  if (!Number.isFinite(now)) throw wrong("now", "must be the time in seconds, of a clock that does not go back: performance.now() / 1000", now);
}
