import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { VmHost } from "../../sim/index.ts";
import { coreEntry, loadBoard, measureBoard } from "../../tools/build/index.ts";
import * as library from "../../src/index.ts";
import { check, sample } from "./check.ts";
import { deviceTarget } from "./device-target.ts";
import { readFolder } from "./folder.ts";
import { answers, onEspruino } from "./negative-answers.ts";
import { runVectors } from "./runner.ts";
import type { Target } from "./target.ts";
import { hostTargetOf } from "./targets.ts";

const data = fileURLToPath(new URL("data", import.meta.url));
const host = (): Target => hostTargetOf("host library src/index.ts", library);
const negative = (
  JSON.parse(readFileSync(join(data, "peers/negative.json"), "utf8")) as { vectors: { group: string; name: string }[] }
).vectors;

test("every vector, against the host library", async (t) => {
  const { cases, faults, missing, unknown } = readFolder(data);
  t.deepEqual([faults, missing, unknown], [[], [], []]);
  const outcome = await check(host(), cases);
  t.deepEqual(outcome.failures, []);
  t.true(outcome.passed > 1800, `${outcome.passed}`);
});

for (const [name, native] of [
  ["puckjs", true],
  ["puckjs", false],
  ["microbit2", false],
] as const) {
  test(`vectors of every file and operation, against the core for ${name}${native ? "" : " without native code"}`, async (t) => {
    const board = loadBoard(name);
    const bundle = (await measureBoard(board, { entry: coreEntry, native, channels: true })).files["e3x-mote.js"]!;
    const target = deviceTarget({
      name: board.name,
      host: new VmHost({ memory: false }),
      board,
      bundle,
      codeOf: library.errorCode,
    });
    const outcome = await check(target, sample(readFolder(data).cases, 6));
    await target.close?.();
    t.deepEqual(outcome.failures, []);
    t.true(outcome.passed > 500, `${outcome.passed}`);
  });
}

test("every entry of negative.json has a right answer, and every answer an entry", (t) => {
  const entries = negative.map(({ group, name }) => `${group}: ${name}`);
  t.is(entries.length, 143);
  t.deepEqual(Object.keys(answers).sort(), [...entries].sort());
  t.deepEqual(
    Object.keys(onEspruino).filter((name) => !(name in answers)),
    [],
  );
});

test("ours gives the right answer to every entry of negative.json", async (t) => {
  const { cases, inapplicable } = readFolder(data);
  const asked = cases.filter(({ file }) => file === "peers/negative.json");
  t.is(new Set(asked.map(({ entry }) => entry)).size, 143);
  t.deepEqual(
    inapplicable.filter(({ file }) => file === "peers/negative.json"),
    [],
  );
  const target = host();
  t.deepEqual(
    asked.filter(({ operation }) => target.lacks(operation[0])),
    [],
  );
  t.deepEqual((await check(target, asked)).failures, []);
});

/** A copy of the vectors that may be changed. */
function copy(t: { teardown(work: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), "e3x-vectors-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  cpSync(data, folder, { recursive: true });
  return folder;
}

const runHost = async (folder: string): Promise<{ code: number; lines: string[] }> => {
  const lines: string[] = [];
  const code = await runVectors(
    folder,
    async () => [{ target: host(), slow: false }],
    (line) => lines.push(line),
  );
  return { code, lines };
};

test("the runner ends with what passed and failed", async (t) => {
  const { code, lines } = await runHost(data);
  t.is(code, 0);
  t.regex(lines.at(-1)!, /^\d{4} passed, 0 failed$/);
});

test("a folder without peers/ is checked, and what is not there is named", async (t) => {
  const folder = copy(t);
  rmSync(join(folder, "peers"), { recursive: true });
  rmSync(join(folder, "chunks.json"));
  writeFileSync(join(folder, "other.json"), "[]");
  const { code, lines } = await runHost(folder);
  t.is(code, 0);
  t.true(
    lines.includes("skipped: chunks.json is not there") && lines.includes("skipped: peers/negative.json is not there"),
  );
  t.true(lines.includes("unknown: other.json is not of the format and was not checked"));
});

test("nothing to check is a failure", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-vectors-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const where of [folder, join(folder, "not-there"), join(data, "README.md")]) {
    const { code, lines } = await runHost(where);
    t.is(code, 1);
    t.is(lines.at(-1), "0 passed, 1 failed");
  }
});

test("damaged files are a line each, and the others are checked", async (t) => {
  const files = [
    "chunks.json",
    "ecdh.json",
    "hashnames.json",
    "messages.json",
    "sessions.json",
    ...["cbor-z1", "chunks", "cloak", "ecdh", "keys-hashnames", "messages", "negative", "published", "sessions"].map(
      (name) => `peers/${name}.json`,
    ),
  ];
  for (const text of [
    "",
    "{",
    "null",
    "17",
    "[]",
    "{}",
    '{"vectors":7}',
    "[null]",
    "[[]]",
    "[7]",
    "[{}]",
    '{"vectors":[{}]}',
    '[{"size":"x"}]',
    '[{"a":1,"secret":7}]',
    "\u0000",
  ]) {
    const folder = copy(t);
    for (const file of files) writeFileSync(join(folder, file), text);
    const { code, lines } = await runHost(folder);
    t.is(code, 1);
    const failures = lines.filter((line) => line.startsWith("FAIL "));
    t.true(
      files.every((file) => failures.some((line) => line.includes(file))),
      text,
    );
    t.true(
      lines.every((line) => !line.includes("\n") && !/^\s+at /.test(line)),
      text,
    );
    t.regex(lines.at(-1)!, /^0 passed, 14 failed$/);
  }
});

test("one digit that is changed in any field that is checked is found", async (t) => {
  const whole = new Map(readFolder(data).cases.map((one) => [JSON.stringify(one), one]));
  let changed = 0;
  const change = async (file: string, entry: number, path: (string | number)[]): Promise<void> => {
    const folder = copy(t);
    const content = JSON.parse(readFileSync(join(folder, file), "utf8"));
    let at = (Array.isArray(content) ? content : content.vectors)[entry];
    for (const key of path.slice(0, -1)) at = at[key];
    const key = path.at(-1)!;
    const text = at[key] as string;
    at[key] = text.slice(0, -1) + (text.endsWith("1") ? "0" : "1");
    writeFileSync(join(folder, file), JSON.stringify(content));
    const { cases, faults } = readFolder(folder);
    const fresh = cases.filter((one) => !whole.has(JSON.stringify(one)));
    const { failures } = await check(host(), fresh);
    t.true(faults.length + failures.length > 0, `${file} ${entry} ${path.join(".")}`);
    changed++;
  };
  const list: [string, number, (string | number)[][]][] = [
    ["chunks.json", 3, [["packet"], ["chunks", 0]]],
    ["ecdh.json", 12, [["secret"], ["key"], ["peer"], ["shared"]]],
    ["hashnames.json", 1, [["keys", "1a"], ["keys", "3a"], ["hashname"]]],
    [
      "messages.json",
      4,
      [
        ["sender", "secret"],
        ["sender", "key"],
        ["recipient", "secret"],
        ["recipient", "key"],
        ["ephemeral", "secret"],
        ["ephemeral", "key"],
        ["iv"],
        ["inner"],
        ["aesKey"],
        ["hmacKey"],
        ["mac"],
        ["outer"],
        ["token"],
      ],
    ],
    [
      "sessions.json",
      2,
      [
        ["a", "secret"],
        ["b", "key"],
        ["a", "ephemeral", "secret"],
        ["b", "ephemeral", "key"],
        ["a", "order"],
        ["b", "hashname"],
        ["a", "token"],
        ["b", "token"],
        ["a", "handshake", "inner"],
        ["b", "handshake", "outer"],
        ["packets", 1, "iv"],
        ["packets", 1, "inner"],
        ["packets", 2, "packet"],
      ],
    ],
    ["peers/cbor-z1.json", 7, [["body"], ["equivalent_lob"], ["cbor"]]],
    ["peers/cbor-z1.json", 12, [["json", "to"], ["json", "type"], ["equivalent_lob"], ["cbor"]]],
    ["peers/chunks.json", 9, [["packets", 0], ["stream"]]],
    ["peers/cloak.json", 5, [["packet"], ["nonces_innermost_first", 1], ["cloaked"]]],
    ["peers/ecdh.json", 9, [["secret"], ["secret_21"], ["public"], ["peer_public"], ["shared"]]],
    [
      "peers/keys-hashnames.json",
      2,
      [
        ["secret"],
        ["secret_21"],
        ["public"],
        ["public_base32"],
        ["secret_base32"],
        ["intermediate"],
        ["intermediate_base32"],
        ["hashname"],
        ["hashname_hex"],
      ],
    ],
    [
      "peers/messages.json",
      7,
      [
        ["sender", "public"],
        ["recipient", "secret"],
        ["sender", "hashname"],
        ["ephemeral_secret"],
        ["ephemeral_public"],
        ["iv"],
        ["inner"],
        ["outer"],
        ["routing_token"],
        ["ecdh_ephemeral_static"],
        ["aes_key"],
        ["ciphertext"],
        ["ecdh_static_static"],
        ["mac"],
      ],
    ],
    ["peers/published.json", 0, [["public"], ["secret"]]],
    ["peers/published.json", 25, [["json"], ["cbor"]]],
    ["peers/published.json", 26, [["cbor"]]],
    ["peers/published.json", 11, [["outer"], ["sender", "public"]]],
    [
      "peers/sessions.json",
      3,
      [
        ["initiator", "secret"],
        ["responder", "public"],
        ["initiator", "eph"],
        ["responder", "msgiv"],
        ["initiator", "hashname"],
        ["channel_keys", "token_of_initiator"],
        ["channel_keys", "responder_sends_token"],
        ["steps", 0, "outer"],
        ["steps", 3, "inner"],
        ["steps", 4, "outer"],
      ],
    ],
  ];
  for (const [file, entry, paths] of list) for (const path of paths) await change(file, entry, path);
  t.is(
    changed,
    list.reduce((sum, [, , paths]) => sum + paths.length, 0),
  );
});

test("an answer to another entry of the same name is not taken for right", (t) => {
  const folder = copy(t);
  const file = join(folder, "peers/negative.json");
  const content = JSON.parse(readFileSync(file, "utf8"));
  const entry = content.vectors.find((one: { command?: string }) => one.command?.startsWith("lob-parse"));
  entry.command = "lob-parse 0000aa";
  content.vectors.push({ group: "lob", name: "new", command: "lob-parse 00" });
  writeFileSync(file, JSON.stringify(content));
  const { inapplicable } = readFolder(folder);
  t.is(inapplicable.filter((one) => one.file === "peers/negative.json").length, 2);
});
