/** What is known of an endpoint to link with, in all forms in which it is shared and kept. telehash v3, link.md. */
import { fail } from "#platform/engine";
import type { Json } from "../packet/lob.ts";
import { toBase32 } from "../packet/text.ts";
import { hashname, hashnameBytes, isCsid } from "./hashname.ts";
import { readKeys, writeKeys } from "./link-keys.ts";
import type { Keys } from "./link-keys.ts";
import { PATHS_MAX, checkPath, distinct, peerPath } from "./path.ts";
import type { Path } from "./path.ts";
import { readUri, writeUri } from "./uri.ts";
import type { Fragment, UriOptions } from "./uri.ts";

export interface LinkInfo {
  /** That of the keys; or without any, what the link is known by. Missing where keys have to be found out first. */
  hashname?: string;
  /** Public keys by CSID ("1a"), also those of Cipher Sets that are not known here. */
  keys: Keys;
  /** Base32 of the intermediate digests of those CSIDs whose keys are not there. */
  intermediates?: Record<string, string>;
  paths: Path[];
  /** The URI that said this. */
  uri?: string;
  /** Of a peer behind a router: by what it is recognised. Its hashname, keys and paths are known when it has answered. */
  fragment?: Fragment;
  /** Then, what the URI says of the router; its `uri` has no fragment, as the router is asked with. */
  router?: LinkInfo;
  /** Other fields of the JSON. */
  more?: Json;
}

export interface LinkInfoOptions {
  /**
   * The JSON is the application's own, and has a hashname that was verified: it may be that of more keys than were kept.
   * link.md, JSON
   */
  stored?: boolean;
}

/** Characters of a text. */
const LENGTH_MAX = 16384;

/** Fields that have a meaning here, and those that must not get into what is shared. */
const KNOWN = /^(?:hashname|keys|intermediates|paths|kty|kid|use|cs[0-9a-f]{2}|.*secret.*|.*private.*)$/i;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Fields of an object that may be missing. */
function entriesOf(value: unknown): [string, unknown][] {
  return value === undefined || value === null ? [] : isObject(value) ? Object.entries(value) : fail("LINK_INFO");
}

/** Each path once, and no more than may be kept. */
function limited(paths: Path[]): Path[] {
  const all = distinct(paths);
  return all.length > PATHS_MAX ? fail("LINK_INFO") : all;
}

function readPaths(value: unknown): Path[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > PATHS_MAX) fail("LINK_INFO");
  return value.map(checkPath);
}

/** Text of a JSON object; keys that are bytes become base32. */
function textOf(input: object): string {
  try {
    return JSON.stringify(input, function (this: Record<string, unknown>, name, value: unknown) {
      // not `value`: a Buffer has made an object of itself by then
      const original = this[name];
      return original instanceof Uint8Array ? toBase32(original) : value;
    });
  } catch {
    return fail("LINK_INFO");
  }
}

function parse(text: string): Json {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // said below
  }
  return isObject(json) ? json : fail("LINK_INFO");
}

function fromUri(text: string): LinkInfo {
  const { uri, host, keys, paths, fragment } = readUri(text);
  if (!host && !Object.keys(keys).length) fail("LINK_INFO");
  const direct: LinkInfo = {
    ...(Object.keys(keys).length && { hashname: hashname(keys) }),
    keys,
    paths: limited(paths),
    uri,
  };
  if (!fragment) return direct;
  return {
    keys: {},
    paths: direct.hashname ? [peerPath(direct.hashname, uri)] : [],
    uri: text,
    fragment,
    router: direct,
  };
}

function fromJson(json: Json, stored: boolean): LinkInfo {
  const jwk = json["kty"] === "hashname";
  const keys = readKeys(
    jwk
      ? Object.entries(json)
          .filter(([name]) => /^cs[0-9a-f]{2}$/.test(name))
          .map(([name, text]) => [name.slice(2), text])
      : entriesOf(json["keys"]),
  );
  const digests = entriesOf(jwk ? undefined : json["intermediates"])
    .filter(([csid]) => !(csid in keys))
    .map(([csid, text]): [string, string] => [isCsid(csid) ? csid : fail("LINK_INFO"), toBase32(hashnameBytes(text))]);
  const intermediates = Object.fromEntries(digests);
  const paths = readPaths(json["paths"]);
  const given = json[jwk ? "kid" : "hashname"] ?? undefined;
  if (jwk && (json["use"] !== "link" || given === undefined || !Object.keys(keys).length)) fail("LINK_INFO");
  let name = given === undefined ? undefined : toBase32(hashnameBytes(given));
  const parts = { ...intermediates, ...keys };
  if (Object.keys(parts).length) {
    const computed = hashname(parts);
    if (name !== undefined && name !== computed && (jwk || !stored)) fail("HASHNAME_KEYS");
    name ??= computed;
  }
  const uri = name === undefined ? json["uri"] : undefined;
  const rest = Object.entries(json).filter(([field]) => !KNOWN.test(field) && !(uri && field === "uri"));
  const more = rest.length ? { more: Object.fromEntries(rest) } : {};
  if (name === undefined) {
    if (typeof uri !== "string") fail("LINK_INFO");
    const info = fromUri(uri);
    return { ...info, paths: limited([...paths, ...info.paths]), ...more };
  }
  return { hashname: name, keys, ...(digests.length && { intermediates }), paths: limited(paths), ...more };
}

/**
 * Reads what names a link: link JSON, a JWK, a URI of any protocol, or a hashname; as text, or JSON as an object, in which
 * keys may be bytes. A hashname has to be that of the keys beside it.
 *
 * What keys cost no curve work to check is checked. Of other fields of JSON those that may be secret are left out.
 * @throws LINK_INFO, HASHNAME, HASHNAME_KEYS, PATH, URI; BASE32, KEY_LENGTH, KEY_PREFIX, KEY_RANGE for a key
 */
export function linkInfo(input: string | object, options: LinkInfoOptions = {}): LinkInfo {
  const text = typeof input === "string" ? input.trim() : textOf(input);
  if (text.length > LENGTH_MAX) fail("LINK_INFO");
  if (typeof input !== "string" || text.startsWith("{")) return fromJson(parse(text), !!options.stored);
  if (text.includes("://")) return fromUri(text);
  if (!/^\w{52}$/.test(text)) fail("LINK_INFO");
  return { hashname: toBase32(hashnameBytes(text)), keys: {}, paths: [] };
}

/**
 * Link JSON: `keys`, `paths`, `hashname`, and what else the JSON had that was read. Where the hashname is not known, `uri`
 * is there instead.
 * @throws LINK_INFO where neither is
 */
export function toJson(info: LinkInfo): Json {
  if (info.hashname === undefined && info.uri === undefined) fail("LINK_INFO");
  return {
    ...info.more,
    keys: writeKeys(info.keys),
    paths: info.paths,
    ...(info.hashname === undefined ? { uri: info.uri } : { hashname: info.hashname }),
    ...(info.intermediates && { intermediates: info.intermediates }),
  };
}

/** The hashname of the keys alone. Throws LINK_INFO without any, HASHNAME_KEYS where the link's is that of more keys. */
function ownName({ keys, hashname: name }: LinkInfo): string {
  if (!Object.keys(keys).length) fail("LINK_INFO");
  const own = hashname(keys);
  return name === undefined || name === own ? own : fail("HASHNAME_KEYS");
}

/**
 * A JSON Web Key with the keys, and the paths where there are any. link.md, JSON Web Key
 * @throws LINK_INFO without keys, HASHNAME_KEYS where not all keys are there
 */
export function toJwk(info: LinkInfo): Json {
  return {
    ...info.more,
    kty: "hashname",
    kid: ownName(info),
    use: "link",
    ...writeKeys(info.keys, (csid) => `cs${csid}`),
    ...(info.paths.length && { paths: info.paths }),
  };
}

/**
 * A URI with the keys and paths. Host and port, unless they are said, are those of the first path with an address; that of a
 * peer behind a router is given as it is.
 * @throws LINK_INFO without keys, HASHNAME_KEYS where not all keys are there; and as `writeUri`
 */
export function toUri(info: LinkInfo, options: UriOptions = {}): string {
  if (info.fragment && info.uri !== undefined) return info.uri;
  ownName(info);
  const path = options.host === undefined ? info.paths.find(({ type }) => /^(?:udp|tcp)[46]$/.test(type)) : undefined;
  // an address with a zone has no place in a URI
  const usable =
    path && !String(path["ip"]).includes("%") ? { host: path["ip"] as string, port: path["port"] as number } : {};
  return writeUri(info.keys, info.paths, { ...usable, ...options });
}
