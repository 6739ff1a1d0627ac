import { Command } from "commander";
import { Exchange, Self, hashname, linkCsid, lob, pieceOf, stamp, stampOf, toBase32, toHex } from "../src/index.ts";
import type { Csid, Packet } from "../src/index.ts";
import { messageCsid } from "../src/endpoint/e3x.ts";
import { UINT32_MAX } from "../src/exchange/exchange.ts";
import { FIRST } from "../src/exchange/recency.ts";
import { decloak } from "../src/packet/cloak.ts";
import { Failure, usage } from "./failure.ts";
import { integer, parseHex, readFile, readPackets } from "./input.ts";
import { random, readKeys, readPairs } from "./keys-file.ts";
import type { Keys } from "./keys-file.ts";
import { count, date, note, pairs, plural, print, printJson, printable, readable, style } from "./output.ts";

/** Content of one message and of several, in bytes: what a recipient takes by default. */
const MESSAGE_MAX = 1400;
const CONTENT_MAX = 65536;

interface EncryptOptions {
  keys: string;
  to: string;
  inner?: string | true;
  at?: number;
  json?: boolean;
}

/** An exchange in the highest Cipher Set that both have, or in the one that is given. */
function exchangeWith(self: Self, keys: Keys, option: string, given?: Csid): Exchange {
  const csid = linkCsid([...self.identities.keys()], given ? [given] : Object.keys(keys)) as Csid | undefined;
  const key = csid && keys[csid];
  if (!key)
    throw new Failure(
      "CSID",
      `${option} and --keys have no key in ${given ? `Cipher Set ${given}, as the message` : "the same Cipher Set"}; give them as mote keys new --csid makes them`,
    );
  return new Exchange(self, key, 0, 0, csid);
}

/** INNER packets for content: one, or where it is too large for one, a piece of it each. */
function stamped(content: Uint8Array, at: number): Uint8Array[] {
  if (content.length <= MESSAGE_MAX) return [stamp(at, 0, content)];
  if (content.length > CONTENT_MAX) {
    throw new Failure(
      "PACKET_TOO_LARGE",
      `the content has ${count(content.length)} bytes and recipients take ${count(CONTENT_MAX)}; send less at once`,
    );
  }
  const inners: Uint8Array[] = [];
  const pieces = Math.ceil(content.length / MESSAGE_MAX);
  for (let start = 0; start < content.length; start += MESSAGE_MAX) {
    if (at > UINT32_MAX)
      throw usage(`--at is too high for so many messages; give at most ${UINT32_MAX - inners.length}`);
    inners.push(
      stamp(at++, pieces - inners.length + (start ? 0 : FIRST), content.subarray(start, start + MESSAGE_MAX)),
    );
  }
  return inners;
}

async function encrypt(file: string | undefined, options: EncryptOptions): Promise<void> {
  if (options.inner && options.at !== undefined)
    throw usage("--at is for content, an INNER is sent as it is; leave one of them out");
  const self = new Self(await readPairs(options.keys), random);
  const exchange = exchangeWith(self, await readKeys(options.to, "--to"), "--to");
  let inners: Uint8Array[];
  if (typeof options.inner === "string") {
    if (file !== undefined) throw usage("INNER is given twice; leave out the file or the value of --inner");
    inners = [parseHex(options.inner, "INNER")];
  } else {
    const content = await readFile(file ?? "-", options.inner ? "INNER" : "content");
    inners = options.inner
      ? [parseHex(new TextDecoder().decode(content), "INNER")]
      : stamped(content, options.at ?? Math.floor(Date.now() / 1000));
  }
  const packets = inners.map((inner) => exchange.encrypt(inner));
  if (options.json) {
    printJson({
      to: toBase32(exchange.key),
      token: toHex(exchange.token()),
      packets: packets.map(toHex),
      inners: inners.map(toHex),
    });
  } else print(packets.map(toHex).join("\n"));
}

interface DecryptOptions {
  keys: string;
  from?: string;
  raw?: boolean;
  json?: boolean;
}

/** What a message brought. */
interface Opened {
  inner: Uint8Array;
  packet: Packet;
  at: number;
  piece: number;
  /** The sender's public key, where it was given and the MAC is right. */
  from?: Uint8Array;
}

function open(inner: Uint8Array): Opened {
  let packet: Packet;
  try {
    packet = lob.decode(inner);
  } catch {
    // the MAC does not tell: sender and recipient have it in common
    throw new Failure("INNER", "what was decrypted is not a packet; check that --keys are the recipient's");
  }
  return { inner, packet, at: stampOf(packet), piece: pieceOf(packet) };
}

/** What the messages bring: contents, those in pieces put together. Throws where pieces are missing. */
function contents(messages: Opened[]): { message: Opened; data: Uint8Array }[] {
  const found: { message: Opened; data: Uint8Array }[] = [];
  let pieces: Uint8Array[] = [];
  let next = 0;
  for (const message of messages) {
    const { packet, piece, at } = message;
    if (!piece) found.push({ message, data: packet.body });
    else {
      if (piece > FIRST) pieces = [];
      else if (at !== next)
        throw new Failure("INNER", "a piece of the content is missing; give all its messages, in order");
      next = at + 1;
      pieces.push(packet.body);
      if (piece % FIRST > 1) continue;
      const data = Buffer.concat(pieces.splice(0));
      if (data.length > CONTENT_MAX) {
        throw new Failure(
          "PACKET_TOO_LARGE",
          `the content is longer than ${count(CONTENT_MAX)} bytes; ask for less at once`,
        );
      }
      found.push({ message, data });
    }
  }
  if (pieces.length)
    throw new Failure("INNER", "the content goes on in a message that was not given; give all its messages, in order");
  return found;
}

/** HEAD to people, unless it is only what `at` says. */
function headText({ packet, at }: Opened): string {
  if (!packet.head.length || (at && !packet.json)) return "";
  return packet.json ? printable(JSON.stringify(packet.json)) : toHex(packet.head);
}

function show(message: Opened, data: Uint8Array, from: Keys | undefined): string {
  const { at } = message;
  const head = headText(message);
  const text = readable(data);
  return pairs([
    [
      "sender",
      from
        ? `${style("green", "verified")}  ${hashname(from)}`
        : `${style("yellow", "not verified")}: anybody may have written this; give the sender's public key with --from`,
    ],
    ...(at ? [["at", [at, date(at)].filter(Boolean).join("  ")] as [string, string]] : []),
    ...(head ? [["head", head] as [string, string]] : []),
    ["content", `${plural(data.length, "byte")}${text === undefined ? " (hex)" : ""}\n${text ?? toHex(data)}`],
  ]);
}

async function decrypt(args: string[], options: DecryptOptions): Promise<void> {
  if (options.raw && options.json) throw usage("--raw and --json exclude each other; leave one of them out");
  const self = new Self(await readPairs(options.keys), random);
  const from = options.from === undefined ? undefined : await readKeys(options.from, "--from");
  const packets = (await readPackets(args, "packet")).map((packet) => decloak(packet).packet);
  const exchanges = new Map<Csid, Exchange>();
  const opened = packets.map((outer) => {
    // parsed only after the MAC was checked
    const inner = self.decrypt(outer);
    if (!from) return open(inner);
    const csid = messageCsid(outer);
    const exchange = exchanges.get(csid) ?? exchangeWith(self, from, "--from", csid);
    exchanges.set(csid, exchange);
    if (!exchange.verify(outer)) {
      throw new Failure(
        "MAC",
        "the MAC is wrong: the packet was changed, or is not from this sender to these keys; check --from and --keys",
      );
    }
    return { ...open(inner), from: exchange.key };
  });
  const found = contents(opened);
  if (options.json) {
    printJson(
      found.map(({ message: { inner, packet, at, piece, from: sender }, data }) => ({
        verified: !!sender,
        from: sender ? toBase32(sender) : null,
        at: at || null,
        head: packet.json ?? toHex(packet.head),
        content: toHex(data),
        text: readable(data) ?? null,
        ...(!piece && { inner: toHex(inner) }),
      })),
    );
  } else if (options.raw) {
    if (!from) note("sender not verified; give the sender's public key with --from");
    for (const { data } of found) process.stdout.write(data);
  } else print(found.map(({ message, data }) => show(message, data, from)).join("\n\n"));
}

export function register(program: Command): void {
  const message = program.command("message").description("encrypt and decrypt messages");
  message
    .command("encrypt")
    .description("print a message packet with content, in hex; content beyond 1,400 bytes goes in several, a line each")
    .argument("[file]", "the content; without it standard input")
    .requiredOption("-k, --keys <file>", "the sender's keys")
    .requiredOption("-t, --to <key>", "the recipient's public key in hex or base32, or a file with it")
    .option(
      "--at <n>",
      "its number, above that of the message before (default: seconds since 1970)",
      integer("--at", 1, UINT32_MAX),
    )
    .option(
      "--inner [hex]",
      "INNER as it is, in hex, instead of content; without a value from the file or standard input",
    )
    .option("--json", "print JSON")
    .action(encrypt);
  message
    .command("decrypt")
    .description("print what a message packet holds; that it is no replay is not checked, look at its number")
    .argument("[packets...]", "in hex; without them the lines of standard input")
    .requiredOption("-k, --keys <file>", "the recipient's keys")
    .option(
      "-f, --from <key>",
      "the sender's public key in hex or base32, or a file with it: without it the sender is not verified",
    )
    .option("--raw", "print only the bytes of the content")
    .option("--json", "print JSON")
    .action(decrypt);
}
