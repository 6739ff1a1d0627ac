// What `mote keys new` writes is read by the library: a gateway needs no more than its text.
import test from "ava";
import fc from "fast-check";
import {
  E3XError,
  Endpoint,
  generate,
  hashname,
  keyFromText,
  keysFromFile,
  keysToFile,
  publicKeysFromFile,
  toBase32,
  toHex,
} from "../../src/index.ts";
import { seeded } from "../helpers/core.ts";

const both = generate(seeded("keys file"), ["1a", "1c"]);
const text = keysToFile(both);
const file = JSON.parse(text) as { hashname: string; keys: Record<string, string>; secrets: Record<string, string> };

const refused = (given: unknown): E3XError => {
  try {
    keysFromFile(given as string);
  } catch (error) {
    if (error instanceof E3XError && error.code === "KEYS_FILE") return error;
    throw error;
  }
  throw new Error("it was taken");
};

test("key pairs go into the text of a file and come back, in each cipher set", (t) => {
  t.deepEqual(keysFromFile(text), both);
  t.deepEqual(keysFromFile(keysToFile({ "1a": both["1a"]! })), { "1a": both["1a"] });
  t.deepEqual(Object.keys(file), ["hashname", "keys", "secrets"]);
  t.is(file.hashname, hashname({ "1a": both["1a"]!.key, "1c": both["1c"]!.key }));
  t.is(new Endpoint({ pairs: keysFromFile(text), random: seeded("x"), events: {} }).hashname, file.hashname);
  t.deepEqual(publicKeysFromFile(text), { "1a": both["1a"]!.key, "1c": both["1c"]!.key });
});

test("hex, capitals, blanks around, a byte order mark and what else a file has are read, too", (t) => {
  const { key, secret } = both["1a"]!;
  for (const as of [
    toHex,
    (bytes: Uint8Array) => toBase32(bytes).toUpperCase(),
    (bytes: Uint8Array) => ` ${toBase32(bytes)}\n`,
  ]) {
    t.deepEqual(
      keysFromFile(
        `\uFEFF${JSON.stringify({ keys: { "1a": as(key), "3a": "x" }, secrets: { "1a": as(secret) }, name: "mine" })}\n`,
      ),
      { "1a": both["1a"] },
    );
    t.deepEqual(keyFromText(as(key)), { "1a": key });
  }
});

test("what is none is told, and nothing of it quoted", (t) => {
  const other = generate(seeded("other"), ["1a", "1c"]);
  const secret = file.secrets["1a"]!;
  for (const given of [
    "",
    "{",
    "null",
    "5",
    "[]",
    "{}",
    '"text"',
    JSON.stringify({ keys: file.keys }),
    JSON.stringify({ secrets: file.secrets }),
    JSON.stringify({ keys: 5, secrets: 7 }),
    JSON.stringify({ ...file, secrets: { "1a": secret.slice(1) } }),
    JSON.stringify({ ...file, secrets: { "1a": { text: secret } } }),
    JSON.stringify({ ...file, keys: { "1b": file.keys["1a"] } }),
    JSON.stringify({ ...file, keys: { ...file.keys, "1a": toBase32(other["1a"]!.key) } }),
    JSON.stringify({ ...file, keys: { ...file.keys, "1c": toBase32(other["1c"]!.key) } }),
    JSON.stringify({ ...file, secrets: { "1a": "a".repeat(secret.length) } }),
    secret,
    `${text}${text}`,
  ]) {
    const { message, stack } = refused(given);
    t.false(`${message}${stack!}`.includes(secret));
    t.regex(message, /mote keys new/);
  }
  for (const no of ["", "text", secret.slice(1), `${file.keys["1a"]!}aaaa`]) t.is(keyFromText(no), undefined);
});

test("whatever a file is, it is read or refused", (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.record({ keys: fc.anything(), secrets: fc.anything() }).map((one) => JSON.stringify(one) ?? ""),
      ),
      (given) => {
        t.is(refused(given).code, "KEYS_FILE");
        t.notThrows(() => publicKeysFromFile(given));
      },
    ),
    { seed: 1, numRuns: 500 },
  );
});
