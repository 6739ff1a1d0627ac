/**
 * URIs by which links are shared: `link://host:port/?cs1a=KEY&paths=PATH`, keys and paths in base32; or those of a router,
 * with a fragment `#digest.rest` by which a peer behind it is known. telehash v3, uri.md.
 */
import { fail, toBytes } from "#platform/engine";
import { same, toText } from "#platform/text";
import { sipHash } from "../packet/siphash.ts";
import { toBase32 } from "../packet/text.ts";
import { hashnameBytes } from "./hashname.ts";
import { fromAnyBase32, readKeys, writeKeys } from "./link-keys.ts";
import type { Keys } from "./link-keys.ts";
import { PATHS_MAX, checkPath, distinct, hostPaths, isIPv6, isPort } from "./path.ts";
import type { Path } from "./path.ts";

/** The port of a link's URI that has none. */
export const DEFAULT_PORT = 42424;

/** Characters of a URI. */
const LENGTH_MAX = 8192;

/** Bytes of a fragment's `rest` that are made here, and the most that are read. */
const REST_LENGTH = 10;
const REST_MAX = 256;

/**
 * What comes behind a router's URI: `digest` is SipHash of `rest` with the first half of the peer's hashname as the key. Who
 * connects may have the digest only; the peer answers with all of it.
 */
export interface Fragment {
  /** 8 bytes */
  digest: Uint8Array;
  /** At least a byte, other bytes for each URI that the peer shares. */
  rest?: Uint8Array;
}

/** What a URI says. */
export interface LinkUri {
  /** As it was given, without the fragment. */
  uri: string;
  /** Lower case, without ":". */
  protocol: string;
  /** Lower case, an IPv6 address without brackets; "" for none, as where there is only a radio. */
  host: string;
  port: number;
  keys: Keys;
  /** Those that are embedded, then those that host and port give. */
  paths: Path[];
  fragment?: Fragment;
}

const isKeyName = (name: string): boolean => /^cs[0-9a-f]{2}$/i.test(name);
const isWeb = (protocol: string): boolean => /^https?$/i.test(protocol);
const isPathsName = (name: string): boolean => /^paths$/i.test(name);

function readPath(text: string): Path {
  try {
    return checkPath(JSON.parse(toText(fromAnyBase32(text))));
  } catch {
    return fail("PATH");
  }
}

/** @throws URI */
export function readFragment(text: string): Fragment {
  const [digest, rest, ...more] = text.split(".");
  if (digest!.length !== 13 || more.length || (rest && rest.length > REST_MAX * 1.6)) fail("URI");
  try {
    return { digest: fromAnyBase32(digest!), ...(rest && { rest: fromAnyBase32(rest) }) };
  } catch {
    return fail("URI");
  }
}

export function writeFragment({ digest, rest }: Fragment): string {
  return toBase32(digest) + (rest ? `.${toBase32(rest)}` : "");
}

/**
 * Makes a fragment of a peer. Other bytes are needed for each URI that the peer shares.
 * @param random gives n random bytes
 * @throws HASHNAME
 */
export function makeFragment(hashname: string, random: (n: number) => Uint8Array): Fragment {
  const rest = random(REST_LENGTH);
  return { digest: sipHash(hashnameBytes(hashname).subarray(0, 16), rest), rest };
}

/**
 * Whether a whole fragment is that of a peer, and the one that was asked with, whole or not. The peer checks with it what
 * it is asked, and who asks, the peer's answer: then no router can have put another in its place.
 * @throws HASHNAME
 */
export function checkFragment(hashname: string, { digest, rest }: Fragment, asked?: Fragment): boolean {
  if (!rest || (asked && !(same(asked.digest, digest) && (!asked.rest || same(asked.rest, rest))))) return false;
  return same(sipHash(hashnameBytes(hashname).subarray(0, 16), rest), digest);
}

/** What stands for a host in a URI: a name or IPv4 address as it is, an IPv6 address in brackets. */
function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : /^[\w.-]*$/.test(host) ? host : fail("URI");
}

/**
 * Reads a URI of any protocol. Base32, protocol and the names of keys may be in capital letters.
 *
 * Without keys they have to be discovered, which is up to the application. Where there is a fragment, keys and paths are the
 * router's.
 * @throws URI, PATH; LINK_INFO where a key comes twice or too much; and as `readKeys`
 */
export function readUri(text: string): LinkUri {
  // tabs and such would be left out without a word; "\" be taken for "/"
  if (text.length > LENGTH_MAX || !/^[a-z][a-z0-9+.-]*:\/\/[!-[\]-~]*$/i.test(text) || !URL.canParse(text)) fail("URI");
  const url = new URL(text);
  const protocol = url.protocol.slice(0, -1);
  const host = url.hostname.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  bracketed(host);
  const port = Number(url.port || DEFAULT_PORT);
  if (!isPort(port)) fail("URI");
  const query = [...url.searchParams];
  const keys = readKeys(
    query.filter(([name]) => isKeyName(name)).map(([name, value]) => [name.slice(2).toLowerCase(), value]),
  );
  const embedded = query.filter(([name]) => isPathsName(name));
  if (embedded.length > PATHS_MAX) fail("LINK_INFO");
  // that of a web address is where it leads itself
  const generated = host
    ? hostPaths(host, port).map((path) =>
        path.type === "http" && isWeb(protocol) ? { ...path, url: url.origin } : path,
      )
    : [];
  const paths = distinct([...embedded.map(([, value]) => readPath(value)), ...generated]);
  const uri = text.replace(/#.*/, "");
  const fragment = text.slice(uri.length + 1);
  return { uri, protocol, host, port, keys, paths, ...(fragment && { fragment: readFragment(fragment) }) };
}

/** How a URI is made. */
export interface UriOptions {
  /** An existing URI, without a fragment, to embed keys and paths in; instead of protocol, host and port. */
  base?: string;
  /** "link" unless it is said: for applications that register a protocol of their own. */
  protocol?: string;
  /** A name or address; none where there is only a radio. telehash-c reads no URI without a host. */
  host?: string;
  /** 42424 unless it is said, which is left out; that of the web for http and https. */
  port?: number;
  /** What else is in the query. */
  query?: Record<string, string>;
}

/**
 * Makes a URI with keys and paths; paths that host and port give anyway are left out.
 * @throws URI where an option is none, or it becomes longer than 8,192 characters; and as `readUri`
 */
export function writeUri(keys: Keys, paths: Path[] = [], options: UriOptions = {}): string {
  const { protocol = "link", host = "", port, query = {} } = options;
  if (!/^[a-z][a-z0-9+.-]*$/i.test(protocol) || (port !== undefined && !isPort(port))) fail("URI");
  const said = host && port && (port !== DEFAULT_PORT || isWeb(protocol)) ? `:${port}` : "";
  const base = options.base ?? `${protocol}://${bracketed(host)}${said}/`;
  if (base.includes("#")) fail("URI");
  const values = [
    ...Object.entries(query).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
    ...Object.entries(writeKeys(keys, (csid) => `cs${csid}`)).map(([name, text]) => `${name}=${text}`),
    ...distinct(paths, readUri(base).paths).map((path) => `paths=${toBase32(toBytes(JSON.stringify(path)))}`),
  ];
  const joint = base.includes("?") ? (/[?&]$/.test(base) ? "" : "&") : "?";
  const uri = base + (values.length ? joint + values.join("&") : "");
  readUri(uri);
  return uri;
}

/**
 * A router's URI for one peer to share: its value `sid` is by what the router knows the peer again. It must be chosen at
 * random, and never be made of the peer's hashname.
 * @param keys the router's own, or none
 * @param random gives n random bytes
 * @throws as `writeUri`
 */
export function routerUri(keys: Keys, random: (n: number) => Uint8Array, options: UriOptions): string {
  return writeUri(keys, [], { ...options, query: { ...options.query, sid: toBase32(random(REST_LENGTH)) } });
}

/** The value `sid` of a router's URI, lower case; undefined for none. Throws as `readUri`. */
export function sessionOf(uri: string): string | undefined {
  const found = [...new URL(readUri(uri).uri).searchParams].find(([name]) => name.toLowerCase() === "sid");
  return found?.[1].toLowerCase();
}

/**
 * The URI that a peer shares: that of its router, and a new fragment.
 * @throws URI where the router's has a fragment already; and as `readUri`, HASHNAME
 */
export function peerUri(base: string, hashname: string, random: (n: number) => Uint8Array): string {
  if (base.includes("#")) fail("URI");
  return `${readUri(base).uri}#${writeFragment(makeFragment(hashname, random))}`;
}

/**
 * The same URI with its base32 in capital letters, which QR codes store in fewer bits. All else stays as it is: there
 * are phones on which an application's protocol is found in lower case only.
 * @throws as `readUri`
 */
export function capitals(uri: string): string {
  readUri(uri);
  return uri
    .replace(
      /([?&](?:cs[0-9a-f]{2}|paths)=)([a-z2-7]+)(?=[&#]|$)/gi,
      (_, name: string, value: string) => name + value.toUpperCase(),
    )
    .replace(/#.*$/, (fragment) => fragment.toUpperCase());
}
