import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { CurveJob, finish, fromBase32, fromHex, hashname, sets, toBase32, toHex } from "../../src/index.ts";
import { folder, mote } from "./mote.ts";

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test("keys new writes a file that only its owner reads, and prints no secret", (t) => {
  const cwd = folder(t);
  const run = mote(["keys", "new"], { cwd });
  t.is(run.code, 0, run.err);
  const path = join(cwd, "mote-keys.json");
  t.is(modeOf(path), 0o600);
  const file = JSON.parse(readFileSync(path, "utf8"));
  const secret = fromBase32(file.secrets["1a"]);
  t.is(toBase32(finish(new CurveJob(secret))), file.keys["1a"]);
  t.regex(file.hashname, /^[a-z2-7]{52}$/);
  t.true(run.out.includes(file.hashname) && run.out.includes(file.keys["1a"]));
  for (const text of [file.secrets["1a"], toHex(secret)]) t.false((run.out + run.err).includes(text));
});

test("keys new makes keys of the Cipher Sets that are asked for; the hashname is of all", (t) => {
  const cwd = folder(t);
  for (const [args, csids] of [
    [["--csid", "1c"], ["1c"]],
    [
      ["--csid", "1c,1a"],
      ["1a", "1c"],
    ],
    [
      ["--csid", "1a", "--csid", "1c"],
      ["1a", "1c"],
    ],
  ] as const) {
    const run = mote(["keys", "new", "--out", "k", "--force", "--json", ...args], { cwd });
    t.is(run.code, 0, run.err);
    const file = JSON.parse(readFileSync(join(cwd, "k"), "utf8"));
    t.deepEqual([Object.keys(file.keys), Object.keys(file.secrets)], [[...csids], [...csids]]);
    for (const csid of csids)
      t.is(toBase32(finish(new sets[csid]!.Job(fromBase32(file.secrets[csid])))), file.keys[csid]);
    const keys = Object.fromEntries(csids.map((csid) => [csid, fromBase32(file.keys[csid])]));
    t.is(file.hashname, hashname(keys));
    const told = JSON.parse(run.out);
    t.deepEqual(told, {
      hashname: file.hashname,
      key: file.keys[csids[0]!],
      hex: toHex(keys[csids[0]!]!),
      keys: file.keys,
      file: "k",
    });
    const again = mote(["hashname", "k"], { cwd });
    t.true(
      again.out.includes(file.hashname) && Object.values(file.keys).every((key) => again.out.includes(key as string)),
    );
  }
  const one = mote(["hashname", JSON.parse(readFileSync(join(cwd, "k"), "utf8")).keys["1c"]], { cwd });
  t.is(one.code, 0, one.err);
  t.regex(one.out, /^public key 1c  /m);
  const wrong = mote(["keys", "new", "--csid", "1b"], { cwd });
  t.is(wrong.code, 2);
  t.regex(wrong.err, /^mote: --csid is not of 1a and 1c; correct it\n$/);
});

test("keys new does not replace a file unless told to, and then in mode 600 whatever it was", (t) => {
  const cwd = folder(t);
  const path = join(cwd, "k.json");
  writeFileSync(path, "mine");
  chmodSync(path, 0o644);
  const refused = mote(["keys", "new", "--out", "k.json"], { cwd });
  t.is(refused.code, 1);
  t.regex(refused.err, /^mote: k\.json exists .*; .*--force\n$/);
  t.is(readFileSync(path, "utf8"), "mine");
  const forced = mote(["keys", "new", "--out", "k.json", "--force", "--json"], { cwd });
  t.is(forced.code, 0, forced.err);
  t.is(modeOf(path), 0o600);
  const file = JSON.parse(readFileSync(path, "utf8"));
  const told = JSON.parse(forced.out);
  t.deepEqual(told, {
    hashname: file.hashname,
    key: file.keys["1a"],
    hex: toHex(fromBase32(file.keys["1a"])),
    keys: file.keys,
    file: "k.json",
  });
});

test("keys new does not write through a link, and leaves nothing where it can not write", (t) => {
  const cwd = folder(t);
  symlinkSync(join(cwd, "elsewhere"), join(cwd, "link.json"));
  t.is(mote(["keys", "new", "--out", "link.json"], { cwd }).code, 1);
  t.false(existsSync(join(cwd, "elsewhere")));
  const missing = mote(["keys", "new", "--out", "no/such/folder.json"], { cwd });
  t.is(missing.code, 1);
  t.regex(missing.err, /^mote: no\/such\/folder\.json: .*; .*\n$/);
});

test("two key pairs differ", (t) => {
  const cwd = folder(t);
  const [a, b] = ["a", "b"].map((name) => JSON.parse(mote(["keys", "new", "--out", name, "--json"], { cwd }).out));
  t.not(a.key, b.key);
});

// shared/vectors/hashnames.json
const KEY = "02b9f61de675badaf8d263e1330ff2a9241d147afa";
const HASHNAME = "inalajkn2duoxwbb4lnlzzhh5glbshxvsyrtm23am3g2dw5gp2rq";

test("hashname takes hex, base32, a file with either, and standard input", (t) => {
  const cwd = folder(t);
  const base32 = toBase32(fromHex(KEY));
  writeFileSync(join(cwd, "key.txt"), `${base32}\n`);
  for (const text of [KEY, KEY.toUpperCase(), base32, base32.toUpperCase(), "key.txt"]) {
    const run = mote(["hashname", text, "--json"], { cwd });
    t.is(run.code, 0, run.err);
    t.deepEqual(JSON.parse(run.out), { hashname: HASHNAME, key: base32, hex: KEY, keys: { "1a": base32 } });
  }
  const piped = mote(["hashname", "-"], { input: KEY });
  t.true(piped.out.includes(HASHNAME));
});

test("keys that are none: one line each, and what looks like a secret is not quoted", (t) => {
  const cases: [string, RegExp][] = [
    ["04b9f61de675badaf8d263e1330ff2a9241d147afa", /starts with 02 or 03/],
    ["020000000000000000000000000000000000000001", /no point of its Cipher Set's curve/],
    ["02ffffffffffffffffffffffffffffffffffffffff", /not below the field's prime/],
    ["8ce0eebad467c56770571472424018c4b368fbd8", /not a public key, by its 40 characters/],
    ["no-such-file.json", /no such file/],
  ];
  for (const [text, expected] of cases) {
    const { code, out, err } = mote(["hashname", text]);
    t.is(code, 1);
    t.is(out, "");
    t.regex(err, /^mote: [^\n]+\n$/);
    t.regex(err, expected);
    if (!text.includes(".")) t.false(err.includes(text));
  }
});

test("a damaged keys file is refused without a word of what is in it", (t) => {
  const cwd = folder(t);
  mote(["keys", "new", "--out", "good"], { cwd });
  const good = JSON.parse(readFileSync(join(cwd, "good"), "utf8"));
  const secret: string = good.secrets["1a"];
  const bad: Record<string, string> = {
    json: `${secret} ${JSON.stringify(good)}`,
    other: JSON.stringify({ ...good, keys: { "1a": toBase32(fromHex(KEY)) } }),
    zero: JSON.stringify({ ...good, secrets: { "1a": "a".repeat(32) } }),
    short: JSON.stringify({ ...good, secrets: { "1a": secret.slice(2) } }),
    none: JSON.stringify({ ...good, secrets: undefined }),
    null: "null",
    empty: "",
  };
  for (const [name, text] of Object.entries(bad)) {
    writeFileSync(join(cwd, name), text);
    for (const args of [
      ["message", "encrypt", "--to", KEY],
      ["message", "decrypt", "00"],
      ["packet", "inspect", "0000"],
    ]) {
      const { code, out, err } = mote([...args, "--keys", name], { cwd });
      t.is(code, 1, name);
      t.is(out, "");
      t.regex(err, /^mote: [^\n]+[;.][^\n]*\n$/, name);
      t.false(err.includes(secret.slice(0, 8)), name);
    }
  }
});
