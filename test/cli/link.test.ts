import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { generate } from "lean-qr";
import { qrLines, qrSize } from "../../cli/qr.ts";
import { fromBase32, toHex } from "../../src/index.ts";
import { capitals, peerUri } from "../../src/identity/uri.ts";
import { folder, mote } from "./mote.ts";

// link.md's example
const KEY = "aiw4cwmhicwp4lfbsecbdwyr6ymx6xqsli";
const NAME = "frnfke2szyna2vwkge6eubxtnkj46rtctqk7g7ewbvfiesycbjdq";
const OTHER = "inalajkn2duoxwbb4lnlzzhh5glbshxvsyrtm23am3g2dw5gp2rq";
// of a Cipher Set that is not here
const KEY3A = "hp6yglmmqwcbw5hno37uauh6fn6dx5oj7s5vtapaifrur2jv6zha";

test("a keys file becomes link JSON, a JWK, a URI and a QR code, without its secret", (t) => {
  const cwd = folder(t);
  mote(["keys", "new", "--out", "k"], { cwd });
  const file = JSON.parse(readFileSync(join(cwd, "k"), "utf8"));
  const key: string = file.keys["1a"];
  const at = ["--host", "192.168.0.55", "--port", "61407"];
  const paths = [
    { type: "udp4", ip: "192.168.0.55", port: 61407 },
    { type: "tcp4", ip: "192.168.0.55", port: 61407 },
    { type: "http", url: "http://192.168.0.55:61407" },
  ];
  const uri = `link://192.168.0.55:61407/?cs1a=${key}`;
  const runs = Object.fromEntries(
    ["json", "jwk", "uri", "qr"].map((form) => [form, mote(["link", "k", ...at, `--${form}`], { cwd })]),
  );
  for (const { code, out, err } of Object.values(runs)) {
    t.is(code, 0, err);
    for (const secret of [file.secrets["1a"], toHex(fromBase32(file.secrets["1a"])), "secret"])
      t.false((out + err).includes(secret));
  }
  t.deepEqual(JSON.parse(runs["json"]!.out), { keys: { "1a": key }, paths, hashname: file.hashname });
  t.deepEqual(JSON.parse(runs["jwk"]!.out), { kty: "hashname", kid: file.hashname, use: "link", cs1a: key, paths });
  t.is(runs["uri"]!.out, `${uri}\n`);
  t.is(runs["qr"]!.out, `${[...qrLines(capitals(uri), false), uri].join("\n")}\n`);
  t.is(runs["qr"]!.err, "mote: QR code version 3, 29 x 29\n");
});

test("the URI of one CS1a key at an IPv4 address has 55 to 69 characters, a QR code of version 3 or 4", (t) => {
  const shortest = `link://1.2.3.4/?cs1a=${KEY}`;
  const usual = `link://192.168.0.55/?cs1a=${KEY}`;
  const longest = `link://192.168.100.155:61407/?cs1a=${KEY}`;
  t.deepEqual(
    [shortest, usual, longest].map((uri) => uri.length),
    [55, 60, 69],
  );
  t.deepEqual(
    [shortest, usual, longest].map((uri) => qrSize(capitals(uri)).version),
    [3, 3, 4],
  );
  t.deepEqual(
    [shortest, usual, longest].map((uri) => qrSize(uri).version),
    [4, 4, 4],
  );
});

test("what is drawn is the code, dark on light, with room around it", (t) => {
  const text = `LINK://192.168.0.55/?cs1a=${KEY.toUpperCase()}`;
  const code = generate(text);
  for (const colours of [false, true]) {
    const rows = qrLines(text, colours).map((line) => [...line.replace(/\u001b\[[0-9;]*m/g, "")]);
    const ink = (x: number, y: number): boolean => (y & 1 ? "█▄" : "█▀").includes(rows[y >> 1]![x]!);
    t.is(rows[0]!.length, code.size + 8);
    for (let y = 0; y < code.size + 8; y++)
      for (let x = 0; x < code.size + 8; x++) t.is(ink(x, y) === colours, code.get(x - 4, y - 4));
  }
  t.regex(qrLines(text, true)[0]!, /^\u001b\[30m\u001b\[107m/);
});

test("it explains URIs, JSON, JWKs and hashnames, as text, in a file and on standard input", (t) => {
  const cwd = folder(t);
  const json = JSON.stringify({
    keys: { "1a": KEY, "3a": KEY3A },
    paths: [
      { type: "udp6", ip: "fe80::1", port: 5 },
      { type: "ble", name: "\u001b[31m" },
    ],
    name: "kitchen",
  });
  const run = mote(["link", json]);
  t.is(run.code, 0, run.err);
  for (const part of [
    /key 1a +aiw4\w+\n +ok: on the curve/,
    /key 3a +hp6y\w+\n +not checked: Cipher Set 3a/,
    /udp6 {2}\[fe80::1\]:5/,
    /"name":"kitchen"/,
    /ok: it is that of the keys/,
  ])
    t.regex(run.out, part);
  t.false(run.out.includes("\u001b"));
  writeFileSync(join(cwd, "link.json"), json);
  t.is(mote(["link", "link.json"], { cwd }).out, run.out);
  const uri = mote(["link", "-"], { input: `LINK://10.0.0.7/?CS1A=${KEY.toUpperCase()}\n` });
  t.regex(
    uri.out,
    new RegExp(
      `${NAME}\n +ok: it is that of the keys[^]*udp4 {2}10\\.0\\.0\\.7:42424[^]*characters, a QR code of version 3`,
    ),
  );
  const name = mote(["link", NAME.toUpperCase()]);
  t.regex(name.out, new RegExp(`${NAME}\n +not checked: there are no keys[^]*unresolved`));
  const jwk = mote(["link", JSON.stringify({ kty: "hashname", kid: NAME, use: "link", cs1a: KEY }), "--json"]);
  t.deepEqual(JSON.parse(jwk.out), { keys: { "1a": KEY }, paths: [], hashname: NAME });
});

test("public keys in hex or base32, of several Cipher Sets", (t) => {
  const hex = toHex(fromBase32(KEY));
  const one = mote(["link", hex.toUpperCase(), "--uri", "--protocol", "mote"]);
  t.is(one.out, `mote:///?cs1a=${KEY}\n`);
  const two = mote([
    "link",
    KEY,
    `cs3a=${KEY3A}`,
    "--path",
    '{"type":"ble","name":"x"}',
    "--path",
    '{"type":"udp4","ip":"1.2.3.4","port":9}',
    "--json",
  ]);
  t.deepEqual(JSON.parse(two.out), {
    keys: { "1a": KEY, "3a": KEY3A },
    paths: [
      { type: "ble", name: "x" },
      { type: "udp4", ip: "1.2.3.4", port: 9 },
    ],
    hashname: "af7qps2hffziaabcvk5zmb5at2cfla7dsdl5ua2duuqyvt7abe2q",
  });
  t.is(mote(["link", `1A=${hex}`, "--uri", "--host", "fe80::1"]).out, `link://[fe80::1]/?cs1a=${KEY}\n`);
});

test("--check tells whose it is, also of a peer behind a router", (t) => {
  const uri = peerUri(`link://10.0.0.7/?sid=42&cs1a=${KEY}`, OTHER, (n) => new Uint8Array(n).fill(9));
  const good = mote(["link", uri, "--check", OTHER]);
  t.is(good.code, 0, good.err);
  t.regex(
    good.out,
    /fragment +whole\n +ok: it was made by the endpoint that was expected[^]*Its router\nhashname +frnf/,
  );
  t.regex(mote(["link", uri]).out, /whole\n +not checked: .*--check/);
  t.regex(mote(["link", uri, "--check", NAME]).err, /^mote: what is behind its # was not made by that endpoint/);
  const asked = mote(["link", uri.replace(/\.\w+$/, ""), "--check", OTHER]);
  t.is(asked.code, 1);
  t.regex(asked.err, /^mote: it does not say whose it is/);
  t.is(mote(["link", KEY, "--check", NAME, "--json"]).code, 0);
  const other = mote(["link", KEY, "--check", OTHER, "--json"]);
  t.is(other.code, 1);
  t.is(JSON.parse(other.out).error.code, "HASHNAME");
});

test("what is refused: one line each, and what looks like a secret is not quoted", (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "empty"), "");
  const secret = "8ce0eebad467c56770571472424018c4b368fbd8";
  const cases: [string[], number, RegExp][] = [
    [["nothing"], 1, /nothing is no link, no key and no file; /],
    [["empty"], 1, /empty holds no link; /],
    [[secret], 1, /not a public key, by its 40 characters/],
    [["020000000000000000000000000000000000000001"], 1, /no point of its Cipher Set's curve/],
    [[`link://h/?cs1a=${KEY}#section`], 1, /behind its "#"/],
    [[JSON.stringify({ keys: { "1a": KEY }, hashname: OTHER })], 1, /the hashname is not that of the keys/],
    [['{"keys":{"1a":"aiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaae"}}'], 1, /no point of its Cipher Set's curve/],
    [[NAME, "--uri"], 1, /without a public key there is no URI/],
    [[KEY, KEY], 2, /two keys of CSID 1a/],
    [[KEY, NAME], 2, /one is no key/],
    [[KEY, "--json", "--qr"], 2, /--json and --qr exclude each other/],
    [[KEY, "--port", "5"], 2, /--port is of no use without --host/],
    [[KEY, "--host", "h", "--port", "65536"], 2, /--port is not an integer of 1 to 65535/],
    [[KEY, "--path", "{"], 2, /--path is not JSON/],
    [[KEY, "--path", '{"type":"udp4"}'], 1, /a path is an object/],
    [[KEY, "--uri", "--host", "a b"], 1, /a path is an object|no URI such as/],
    [[], 2, /missing required argument 'what'/],
  ];
  for (const [args, exit, expected] of cases) {
    const { code, err } = mote(["link", ...args], { cwd });
    t.is(code, exit, args.join(" "));
    t.regex(err, /^mote: [^\n]+\n$/);
    t.regex(err, expected);
    t.false(err.includes(secret));
  }
});
