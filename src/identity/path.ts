/** Paths: where an endpoint can be reached, as JSON objects. telehash v3, channels/path.md, Path Types. */
import { fail } from "#platform/engine";
import { isHashname } from "./hashname.ts";

/** A path: `type` says of what kind of network it is, and what else is in it. */
export type Path = { type: string; [name: string]: unknown };

/** Characters of a path's JSON. */
const LENGTH_MAX = 1024;

/** How many paths one endpoint may have here. */
export const PATHS_MAX = 16;

/** Whether it is an IPv4 address: four numbers. */
function isIPv4(text: unknown): text is string {
  return typeof text === "string" && /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text);
}

/** Whether it is an IPv6 address without brackets, perhaps with a zone ("fe80::1%eth0"). */
export function isIPv6(text: unknown): text is string {
  if (typeof text !== "string" || !/^[0-9a-f:.]{2,45}(?:%[\w.-]{1,32})?$/i.test(text)) return false;
  return URL.canParse(`http://[${text.split("%")[0]}]`);
}

export function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65536;
}

function isWebUrl(value: unknown): boolean {
  return typeof value === "string" && /^https?:\/\/[!-~]+$/i.test(value) && URL.canParse(value);
}

/** The router's hashname of a path of type "peer". path.md and telehash-js call it `hn`, link.md and telehash-c `peer`. */
function routerOf(path: Path): string | undefined {
  return [path["hn"], path["peer"]].find(isHashname);
}

/** A path through a router; with the URI, without its fragment, where the router gave one. */
export function peerPath(router: string, uri?: string): Path {
  // each of the public peers looks for its own name
  return { type: "peer", hn: router, peer: router, ...(uri !== undefined && { uri }) };
}

const kinds: Record<string, (path: Path) => boolean> = {
  udp4: ({ ip, port }) => isIPv4(ip) && isPort(port),
  tcp4: ({ ip, port }) => isIPv4(ip) && isPort(port),
  udp6: ({ ip, port }) => isIPv6(ip) && isPort(port),
  tcp6: ({ ip, port }) => isIPv6(ip) && isPort(port),
  http: ({ url }) => isWebUrl(url),
  peer: (path) => routerOf(path) !== undefined && ["undefined", "string"].includes(typeof path["uri"]),
};

/**
 * Checks a path that somebody gave. Those of types that are not known here are left as they are.
 * @throws PATH
 */
export function checkPath(value: unknown): Path {
  const path = value as Path;
  if (typeof path !== "object" || path === null || Array.isArray(path)) fail("PATH");
  if (typeof path.type !== "string" || !/^[\w.-]{1,32}$/.test(path.type) || JSON.stringify(path).length > LENGTH_MAX)
    fail("PATH");
  if (Object.hasOwn(kinds, path.type) && !kinds[path.type]!(path)) fail("PATH");
  return path;
}

const canonical = (path: Path): string => JSON.stringify(Object.entries(path).sort());

/** Paths without those that are there twice, or that are among others. */
export function distinct(paths: Path[], others: Path[] = []): Path[] {
  const seen = new Set(others.map(canonical));
  return paths.filter((path) => {
    const text = canonical(path);
    return !seen.has(text) && seen.add(text);
  });
}

/**
 * The paths to an address and port, of each transport there is. A name that is still to be resolved is good for HTTP
 * only. uri.md, Generated Paths
 * @param host an IPv4 or IPv6 address, or a name
 */
export function hostPaths(host: string, port: number): Path[] {
  const v6 = isIPv6(host);
  const http: Path = { type: "http", url: `http://${v6 ? `[${host}]` : host}:${port}` };
  if (!v6 && !isIPv4(host)) return [http];
  return [...["udp", "tcp"].map((name): Path => ({ type: name + (v6 ? "6" : "4"), ip: host, port })), http];
}
