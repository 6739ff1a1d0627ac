import { Command } from "commander";
import { sets } from "../src/cipher/sets.ts";
import { finish, fromHex, toBase32 } from "../src/index.ts";
import type { Json } from "../src/index.ts";
import { hashnameBytes } from "../src/identity/hashname.ts";
import { linkInfo, toJson, toJwk, toUri } from "../src/identity/link-info.ts";
import type { LinkInfo } from "../src/identity/link-info.ts";
import { checkPath, hostPaths } from "../src/identity/path.ts";
import type { Path } from "../src/identity/path.ts";
import { DEFAULT_PORT, capitals, checkFragment } from "../src/identity/uri.ts";
import { Failure, usage } from "./failure.ts";
import { integer, readFile } from "./input.ts";
import { readKeys } from "./keys-file.ts";
import { note, pairs, plural, print, printJson, printable, style } from "./output.ts";
import { qrLines, qrSize } from "./qr.ts";

interface Options {
  host?: string;
  port?: number;
  protocol?: string;
  path?: Path[];
  check?: string;
  json?: boolean;
  jwk?: boolean;
  uri?: boolean;
  qr?: boolean;
}

/** Throws KEY_OFF_CURVE where a key is of a Cipher Set that is known here and no point of its curve. */
function checkPoints(info: LinkInfo): void {
  for (const [csid, key] of Object.entries(info.keys)) {
    const set = sets[csid];
    if (!set) continue;
    const one = new Uint8Array(set.secretLength);
    one[one.length - 1] = 1;
    finish(new set.Job(one, key));
  }
  if (info.router) checkPoints(info.router);
}

/** A key as hex becomes base32, where its length says that it is hex. */
function base32Of(csid: string, text: unknown): unknown {
  const length = Object.hasOwn(sets, csid) ? sets[csid]!.length : 0;
  return typeof text === "string" && text.length === 2 * length && /^[0-9a-f]+$/i.test(text)
    ? toBase32(fromHex(text.toLowerCase()))
    : text;
}

/** JSON as it is in keys files, too, whose keys may be hex. */
function fromJson(text: string): LinkInfo {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch {
    return linkInfo(text);
  }
  const { keys } = json;
  if (typeof keys !== "object" || !keys || Array.isArray(keys)) return linkInfo(json);
  return linkInfo({
    ...json,
    keys: Object.fromEntries(Object.entries(keys).map(([csid, key]) => [csid, base32Of(csid, key)])),
  });
}

/** What one text says by itself; undefined where it may be a file's name. */
async function recognise(text: string): Promise<LinkInfo | undefined> {
  const key = /^(?:cs)?([0-9a-f]{2})=(.*)$/is.exec(text);
  if (key) return linkInfo({ keys: { [key[1]!.toLowerCase()]: base32Of(key[1]!.toLowerCase(), key[2]) } });
  if (text.startsWith("{")) return fromJson(text);
  if (text.includes("://") || /^[a-z2-7]{52}$/i.test(text)) return linkInfo(text);
  // as long as that no file's name but a key, or perhaps a secret
  if (/^[0-9a-z]{24,}$/i.test(text)) return linkInfo({ keys: await readKeys(text, "what was given") });
  return undefined;
}

async function read(text: string): Promise<LinkInfo> {
  const said = await recognise(text.trim());
  if (said) return said;
  let content: string;
  try {
    content = new TextDecoder().decode(await readFile(text, "a link"));
  } catch (error) {
    if ((error as Failure).code !== "ENOENT") throw error;
    throw new Failure(
      "LINK_INFO",
      `${text} is no link, no key and no file; give a public key, a URI, link JSON, a JWK, a hashname, or a file with one`,
    );
  }
  const found = await recognise(content.trim());
  if (found) return found;
  throw new Failure(
    "LINK_INFO",
    `${text} holds no link; give a file with a public key, a URI, link JSON, a JWK or a hashname`,
  );
}

/** Keys of several Cipher Sets are one endpoint's. */
function joined(infos: LinkInfo[]): LinkInfo {
  if (infos.length === 1) return infos[0]!;
  const keys: Record<string, Uint8Array> = {};
  for (const info of infos) {
    if (!Object.keys(info.keys).length || info.paths.length)
      throw usage("more than one was given, and one is no key; give one link, or only keys");
    for (const [csid, key] of Object.entries(info.keys)) {
      if (csid in keys) throw usage(`there are two keys of CSID ${csid}; an endpoint has one of each`);
      keys[csid] = key;
    }
  }
  return linkInfo({ keys });
}

function addPath(text: string, before: Path[] = []): Path[] {
  let path: unknown;
  try {
    path = JSON.parse(text);
  } catch {
    throw usage(`--path is not JSON; give an object such as '{"type":"udp4","ip":"192.168.0.55","port":42424}'`);
  }
  return [...before, checkPath(path)];
}

/** What the options add to a link. */
function extended(info: LinkInfo, { host, port, path = [] }: Options): LinkInfo {
  if (port !== undefined && host === undefined) throw usage("--port is of no use without --host; give both");
  const added = [...path, ...(host === undefined ? [] : hostPaths(host, port ?? DEFAULT_PORT))];
  if (!added.length) return info;
  if (info.fragment) throw usage("a URI through a router has its paths from the router; leave --host and --path out");
  // checked once more, with all its paths
  return linkInfo({ ...toJson(info), paths: [...info.paths, ...added] });
}

function uriOf(info: LinkInfo, { host, port, protocol, path }: Options): string {
  if (info.uri !== undefined && host === undefined && protocol === undefined && !path) return info.uri;
  if (info.fragment) throw usage("a URI through a router is the router's; leave --protocol out");
  if (!Object.keys(info.keys).length)
    throw new Failure("LINK_INFO", "without a public key there is no URI; give the keys, too");
  return toUri(info, {
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(protocol !== undefined && { protocol }),
  });
}

/** Whether a link is of the endpoint that was expected: throws where it is not. */
function check(info: LinkInfo, expected: string): void {
  const name = toBase32(hashnameBytes(expected));
  if (info.hashname !== undefined) {
    if (info.hashname !== name)
      throw new Failure("HASHNAME", `it is not that endpoint's, but of ${info.hashname}; do not use it`);
  } else if (!info.fragment?.rest) {
    throw new Failure(
      "HASHNAME",
      "it does not say whose it is: that shows when the endpoint answers; get its whole URI, or its keys",
    );
  } else if (!checkFragment(name, info.fragment)) {
    throw new Failure("HASHNAME", "what is behind its # was not made by that endpoint; do not use it");
  }
}

const ok = (text: string): string => `${style("green", "ok")}: ${text}`;
const open = (text: string): string => `${style("yellow", "not checked")}: ${text}`;

function pathText(path: Path): string {
  const { type, ip, port, url, hn, peer } = path;
  if (/^(?:udp|tcp)[46]$/.test(type)) return `${type}  ${type.endsWith("6") ? `[${ip}]` : ip}:${port}`;
  return `${type.padEnd(4)}  ${printable(String(type === "http" ? url : type === "peer" ? (hn ?? peer) : JSON.stringify({ ...path, type: undefined })))}`;
}

function keyRows({ keys, intermediates = {} }: LinkInfo): [string, string][] {
  const rows = Object.entries(keys).map(([csid, key]): [string, string] => [
    `key ${csid}`,
    `${toBase32(key)}\n${sets[csid] ? ok("on the curve") : open(`Cipher Set ${csid} is not known here`)}`,
  ]);
  return [
    ...rows,
    ...Object.entries(intermediates).map(([csid, digest]): [string, string] => [
      `key ${csid}`,
      `only its digest is there\n${digest}`,
    ]),
  ];
}

/** Hashname, keys and paths. */
function rows(info: LinkInfo, checked: boolean): [string, string][] {
  const own = Object.keys(info.keys).length > 0;
  const name =
    info.hashname &&
    `${style("bold", info.hashname)}\n${own ? ok("it is that of the keys") : open("there are no keys beside it")}`;
  return [
    [
      "hashname",
      `${name ?? (info.fragment ? "shows when the peer answers" : "not there, nor keys: they have to be discovered")}${
        checked && name ? `\n${ok("it is the one that was expected")}` : ""
      }`,
    ],
    ...keyRows(info),
    ["paths", info.paths.map(pathText).join("\n") || "none"],
  ];
}

function explain(info: LinkInfo, checked: boolean): string {
  const { fragment, router, uri, more } = info;
  const known = Object.keys(info.keys).some((csid) => sets[csid]);
  const parts = [
    pairs([
      ...rows(info, checked),
      ...(fragment
        ? [
            [
              "fragment",
              fragment.rest
                ? `whole\n${checked ? ok("it was made by the endpoint that was expected") : open("give the peer's hashname with --check")}`
                : "its digest only: the peer's answer has the rest",
            ] as [string, string],
          ]
        : []),
      ...(more ? [["more", printable(JSON.stringify(more))] as [string, string]] : []),
      ...(uri !== undefined
        ? [
            ["URI", `${plural(uri.length, "character")}, a QR code of version ${qrSize(capitals(uri)).version}`] as [
              string,
              string,
            ],
          ]
        : []),
      [
        "link",
        fragment
          ? "by the router, which is asked with the URI without its fragment"
          : !known
            ? `${style("yellow", "unresolved")}: no key of a Cipher Set that is known here`
            : info.paths.length
              ? "can be made"
              : `${style("yellow", "unresolved")}: no path, unless a router or radio knows one`,
      ],
    ]),
  ];
  if (router) parts.push(`${style("bold", "Its router")}\n${pairs(rows(router, false))}`);
  return parts.join("\n\n");
}

function printQr(uri: string): void {
  // isTTY is missing where it is none
  const colours = !!process.stdout.isTTY && process.stdout.hasColors();
  const text = capitals(uri);
  const lines = qrLines(text, colours);
  const { version, size } = qrSize(text);
  print(lines.join("\n"));
  print(uri);
  if ((process.stdout.columns ?? Infinity) < size + 8)
    note(`the terminal is narrower than the code's ${size + 8} columns; make it wider`);
  else note(`QR code version ${version}, ${size} x ${size}`);
}

async function link(texts: string[], options: Options): Promise<void> {
  const forms = (["json", "jwk", "uri", "qr"] as const).filter((form) => options[form]);
  if (forms.length > 1) throw usage(`--${forms[0]} and --${forms[1]} exclude each other; leave one of them out`);
  const infos: LinkInfo[] = [];
  for (const text of texts) infos.push(await read(text));
  const info = extended(joined(infos), options);
  checkPoints(info);
  if (options.check !== undefined) check(info, options.check);
  if (options.json) printJson(toJson(info));
  else if (options.jwk) printJson(toJwk(info));
  else if (options.uri) print(uriOf(info, options));
  else if (options.qr) printQr(uriOf(info, options));
  else print(explain(info, options.check !== undefined));
}

export function register(program: Command): void {
  program
    .command("link")
    .description("explain what names a link, or make link JSON, a JWK, a URI or a QR code of it")
    .argument(
      "<what...>",
      "a URI, link JSON, JWK or hashname; or public keys: in hex or base32, CSID=KEY, or a file of mote keys new; or a file with any of it (- for standard input)",
    )
    .option("--host <host>", "an address or name at which it can be reached")
    .option("--port <n>", `the port there (default: ${DEFAULT_PORT})`, integer("--port", 1, 65535))
    .option("--path <json>", "a path, as JSON; may be repeated", addPath)
    .option("--protocol <name>", "the URI's protocol (default: link)")
    .option("--check <hashname>", "fail unless it is this endpoint's")
    .option("--json", "print link JSON")
    .option("--jwk", "print a JSON Web Key")
    .option("--uri", "print a URI")
    .option("--qr", "print the URI's QR code, and the URI")
    .action(link);
}
