// docs/wire.md cannot be wrong: its examples are what the code makes, and reads; its diagrams have the lengths of the examples.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { unpack } from "../../src/channel/compression/standard.ts";
import {
  Advertisements,
  Endpoint,
  Joiner,
  Self,
  decloak,
  errorNumber,
  isHandshake,
  keysFromFile,
  linkInfo,
  lob,
  messageBody,
  pieceOf,
  stamp,
  stampOf,
} from "../../src/index.ts";
import type { State } from "../../src/index.ts";
import { VmHost } from "../../sim/index.ts";
import type { Json, StorageImage } from "../../sim/index.ts";
import { loadBoard, measureBoard } from "../../tools/build/index.ts";
import { packageRoot } from "../../tools/build/root.ts";
import {
  board,
  bytesOf,
  content,
  exchangeOf,
  fields,
  gateway,
  packet,
  packets,
  sessionOf,
  texts,
} from "./wire-examples.ts";

const page = readFileSync(join(packageRoot, "docs/wire.md"), "utf8");

/** The block of an example by its name. */
const blocks = new Map(
  [...page.matchAll(/^```(hex|text|json) (.+)\n([^]*?)\n```$/gm)].map(([, kind, name, text]) => [
    name!,
    { kind: kind!, text: text! },
  ]),
);

interface Field {
  name: string;
  bytes: number[];
  /** What is told of it. */
  comment: string;
}

/** The fields of an example: lines of hex digits with a name, and lines that go on with the one before. */
function fieldsOf(text: string): Field[] {
  const all: Field[] = [];
  for (const line of text.split("\n")) {
    const [, digits, name, comment = ""] = /^((?:[0-9a-f]{2} ?)+)(?: {2,}([A-Z][A-Z ]*)(?:: (.+))?)?$/.exec(line) ?? [];
    if (!digits) throw new Error(`no line of an example: ${line}`);
    const bytes = digits
      .trim()
      .split(" ")
      .map((digit) => parseInt(digit, 16));
    if (name) all.push({ name, bytes, comment });
    else all.at(-1)!.bytes.push(...bytes);
  }
  return all;
}

const bytesIn = (name: string): Uint8Array =>
  Uint8Array.from(fieldsOf(blocks.get(name)!.text).flatMap(({ bytes }) => bytes));

/** Whether a field may be so long: "4", "n", "1 to 23". */
function fits(length: number, told: string): boolean {
  if (told === "n") return true;
  const [least, most = least] = told.replaceAll(",", "").split(" to ").map(Number);
  return length >= least! && length <= most!;
}

const cells = (row: string): string[] =>
  row
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

test("the page has all examples, and no others", (t) => {
  t.deepEqual([...blocks.keys()].sort(), [...Object.keys(packets), ...Object.keys(texts), "state"].sort());
  for (const [name, { kind }] of blocks) t.is(kind === "hex", name in packets, name);
});

for (const [name, make] of Object.entries(packets)) {
  test(`${name}: the bytes are those of the code, and have the lengths of the diagram`, (t) => {
    t.deepEqual(bytesIn(name), Uint8Array.from(make()));
    const diagram = new RegExp(`\`\`\`text\n\\+[-+]+\n(\\|.*)\n(\\|.*)\n\\+[-+]+\n\`\`\`\n\n\`\`\`hex ${name}\n`).exec(
      page,
    )!;
    const lengths = cells(diagram[2]!);
    const told = fieldsOf(blocks.get(name)!.text);
    t.deepEqual(
      told.map((field) => field.name),
      cells(diagram[1]!),
    );
    // JSON and text are quoted
    for (const { comment, bytes } of told)
      if (/^["{]/.test(comment)) t.true(String.fromCharCode(...bytes).endsWith(comment.replace(/^"|"$/g, "")), comment);
    t.deepEqual(
      told.map(({ bytes }, i) => fits(bytes.length, lengths[i]!)),
      lengths.map(() => true),
      `${lengths}`,
    );
  });
}

for (const [name, make] of Object.entries(texts)) {
  test(`${name}: the text is that of the code`, (t) => {
    const { kind, text } = blocks.get(name)!;
    if (kind === "json") t.deepEqual(JSON.parse(text), JSON.parse(make()));
    else t.is(text, make());
  });
}

test("a gateway reads the board's packets as they are printed", (t) => {
  const self = new Self({ "1a": gateway }, bytesOf(0));
  const exchange = exchangeOf(gateway, board);
  const outer = bytesIn("message");
  t.true(exchange.sent(messageBody(outer)));
  t.deepEqual(self.decrypt(outer), bytesIn("content"));
  const inner = lob.decode(bytesIn("content"));
  t.deepEqual([stampOf(inner), pieceOf(inner), inner.body], [1, 0, content]);
  const piece = lob.decode(bytesIn("piece"));
  t.deepEqual([stampOf(piece), pieceOf(piece), piece.body], [7, 128 + 2, content]);
  const handshake = lob.decode(bytesIn("handshake"));
  t.true(isHandshake(handshake));
  t.true(exchange.accept(handshake, exchangeOf(board, gateway).ephemeral!.key));
  t.deepEqual(lob.decode(handshake.body).body, board.key);
});

test("a gateway reads the board's channel packet as it is printed", (t) => {
  const session = sessionOf(gateway, board);
  t.deepEqual(session.token, bytesIn("token"));
  const payload = session.open(bytesIn("channel packet"));
  t.deepEqual(Uint8Array.from(payload), bytesIn("compressed payload"));
  for (const [z, name] of [
    [0, "payload"],
    [1, "compressed payload"],
  ] as const) {
    const { json, body } = unpack(z, bytesIn(name));
    t.deepEqual([json, new TextDecoder().decode(body)], [fields, "hi"]);
  }
  t.deepEqual(unpack(1, bytesIn("opening payload")).json, { c: 1, type: "stream", seq: 1 });
});

test("frames, cloaked packets and advertisements are read as they are printed", (t) => {
  const joined: Uint8Array[] = [];
  const joiner = new Joiner(100);
  for (const name of ["answer", "chunk", "last chunk"])
    joiner.add(bytesIn(name), (one) => joined.push(Uint8Array.from(one)));
  t.deepEqual(joined, [packet]);
  t.deepEqual(decloak(bytesIn("cloaked")).packet, packet);
  const heard: Uint8Array[] = [];
  new Advertisements().receive("address", bytesIn("advertisement"), 0, (one) => heard.push(Uint8Array.from(one)));
  t.deepEqual(heard, [packet]);
});

test("texts are read as they are printed", (t) => {
  const keys = { "1a": gateway.key };
  for (const name of ["uri", "link", "jwk", "announcement"]) {
    const { keys: read, paths } = linkInfo(blocks.get(name)!.text);
    t.deepEqual(read, keys, name);
    t.like(paths[0], { type: "udp4", ip: "192.168.0.55", port: 42424 }, name);
  }
  t.deepEqual(keysFromFile(blocks.get("keys file")!.text)["1a"]!.secret, board.secret);
  const state = JSON.parse(blocks.get("state")!.text) as State;
  const endpoint = new Endpoint({ pairs: { "1a": gateway }, random: bytesOf(0x22), events: {}, state });
  t.deepEqual(endpoint.state, state);
  t.deepEqual(
    endpoint.links.map((link) => link.exchange.key),
    [board.key],
  );
});

test("lengths that the page tells", (t) => {
  const inner = stamp(1, 0, content);
  const handshake = (z?: number): number => exchangeOf(board, gateway).handshake(-1, z).length;
  const told = (pattern: RegExp): number => Number(pattern.exec(page)![1]);
  t.is(told(/A message is (\d+) bytes longer than its inner packet/), packets["message"]!().length - inner.length);
  t.is(
    told(/and a message is (\d+) bytes longer than its inner packet/),
    packets["message in 1c"]!().length - inner.length,
  );
  t.is(
    told(/A channel packet is (\d+) bytes longer/),
    packets["channel packet"]!().length - packets["compressed payload"]!().length,
  );
  t.is(told(/of one cipher set takes (\d+) bytes/), handshake());
  t.is(told(/with "z" (\d+), and/), handshake(1));
});

test("a board writes and reads its files as they are printed", async (t) => {
  const linux = loadBoard("linux");
  const entry = join(packageRoot, "test/device/fixtures/store.ts");
  const bundle = (await measureBoard(linux, { entry })).files["e3x-mote.js"]!;
  const host = new VmHost();
  t.teardown(() => host.close());
  const run = async (todo: Json[], storage?: StorageImage): Promise<string[]> =>
    (await host.boot({ board: linux, bundle, entropy: [1, 2, 3, 4], globals: { todo }, ...(storage && { storage }) }))
      .logs;
  await run([
    ["identity", [...board.key, ...board.secret]],
    ["state", [65, 2, 65, 65]],
  ]);
  const files = await host.storage();
  for (const name of ["mote.id", "mote.0"]) t.deepEqual(Uint8Array.from(files[name]!), bytesIn(name), name);
  t.deepEqual(await run([["random", []]], { "mote.seed0": bytesIn("mote.seed0") }), []);
  t.deepEqual(await run([["random", []]], { "mote.seed0": bytesIn("mote.seed0").fill(0, 39) }), [
    String(errorNumber("ENTROPY")),
  ]);
});
