import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { Exchange, Self, fromHex, stamp, toBase32, toHex } from "../../src/index.ts";
import { cloak } from "../../src/packet/cloak.ts";
import { folder, mote } from "./mote.ts";

function twoKeys(t: ExecutionContext): { cwd: string; key: Record<"a" | "b", string>; secrets: string[] } {
  const cwd = folder(t);
  const read = (name: string) => {
    mote(["keys", "new", "--out", name], { cwd });
    return JSON.parse(readFileSync(join(cwd, name), "utf8"));
  };
  const a = read("a");
  const b = read("b");
  return { cwd, key: { a: a.keys["1a"], b: b.keys["1a"] }, secrets: [a.secrets["1a"], b.secrets["1a"]] };
}

test("content from one to another, verified; its number is the time", (t) => {
  const { cwd, key, secrets } = twoKeys(t);
  const before = Math.floor(Date.now() / 1000);
  const sent = mote(["message", "encrypt", "--keys", "a", "--to", key.b], { cwd, input: "21.5 °C" });
  t.is(sent.code, 0, sent.err);
  t.regex(sent.out, /^00011a[0-9a-f]+\n$/);
  // KEY, IV, MAC, and of INNER LENGTH and a HEAD of 4 bytes
  t.is(sent.out.length, 2 * (3 + 29 + 6 + 8) + 1);
  const got = mote(["message", "decrypt", "--keys", "b", "--from", "a", "--json"], { cwd, input: sent.out });
  t.is(got.code, 0, got.err);
  const [message] = JSON.parse(got.out);
  t.true(message.verified);
  t.is(message.from, key.a);
  t.is(message.text, "21.5 °C");
  t.true(message.at >= before && message.at <= Date.now() / 1000);
  const human = mote(["message", "decrypt", "--keys", "b", "--from", key.a, sent.out.trim()], { cwd });
  t.regex(human.out, /sender +verified/);
  t.true(human.out.includes("21.5 °C"));
  for (const secret of secrets) for (const run of [sent, got, human]) t.false((run.out + run.err).includes(secret));
});

test("without the sender's key it says plainly that the sender is not verified", (t) => {
  const { cwd, key } = twoKeys(t);
  const packet = mote(["message", "encrypt", "--keys", "a", "--to", key.b], { cwd, input: "x" }).out.trim();
  const human = mote(["message", "decrypt", "--keys", "b", packet], { cwd });
  t.is(human.code, 0);
  t.regex(human.out, /sender +not verified/);
  t.false(JSON.parse(mote(["message", "decrypt", "--keys", "b", "--json", packet], { cwd }).out)[0].verified);
  const raw = mote(["message", "decrypt", "--keys", "b", "--raw", packet], { cwd });
  t.is(raw.out, "x");
  t.regex(raw.err, /^mote: sender not verified/);
});

test("a changed packet, the wrong sender, the wrong recipient: refused, and nothing of it is shown", (t) => {
  const { cwd, key } = twoKeys(t);
  mote(["keys", "new", "--out", "c"], { cwd });
  const packet = mote(["message", "encrypt", "--keys", "a", "--to", key.b], { cwd, input: "plain" }).out.trim();
  const changed = packet.slice(0, -1) + (packet.endsWith("0") ? "1" : "0");
  const cases = [
    ["b", "a", changed],
    ["b", "c", packet],
    ["c", "a", packet],
  ];
  for (const [keys, from, text] of cases) {
    const run = mote(["message", "decrypt", "--keys", keys!, "--from", from!, text!], { cwd });
    t.is(run.code, 1);
    t.is(run.out, "");
    t.regex(run.err, /^mote: the MAC is wrong: [^\n]+; [^\n]+\n$/);
  }
  const json = mote(["message", "decrypt", "--keys", "b", "--from", "c", "--json", packet], { cwd });
  t.is(JSON.parse(json.out).error.code, "MAC");
  // the MAC is the same for both sides
  const own = mote(["message", "decrypt", "--keys", "a", "--from", "b", packet], { cwd });
  t.is(own.code, 1);
  t.regex(own.err, /--keys are the recipient's/);
});

test("content beyond 1,400 bytes goes in several messages and is put together", (t) => {
  const { cwd, key } = twoKeys(t);
  const content = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7) & 255));
  writeFileSync(join(cwd, "content"), content);
  const sent = mote(["message", "encrypt", "--keys", "a", "--to", key.b, "--at", "7", "content"], { cwd });
  const lines = sent.out.trim().split("\n");
  t.is(lines.length, 4);
  t.is(new Set(lines.map((line) => line.slice(6, 38))).size, 1);
  const got = JSON.parse(mote(["message", "decrypt", "--keys", "b", "--from", "a", "--json", ...lines], { cwd }).out);
  t.is(got.length, 1);
  t.is(got[0].content, content.toString("hex"));
  for (const some of [lines.slice(1), [...lines.slice(0, 2), lines[3]!], lines.slice(0, 3)]) {
    const run = mote(["message", "decrypt", "--keys", "b", "--from", "a", ...some], { cwd });
    t.is(run.code, 1);
    t.regex(run.err, /^mote: .*in order\n$/);
  }
  const tooMuch = mote(["message", "encrypt", "--keys", "a", "--to", key.b], { cwd, input: Buffer.alloc(65537) });
  t.is(tooMuch.code, 1);
  t.regex(tooMuch.err, /65,537 bytes/);
});

test("keys of several Cipher Sets: the highest that both have is used, and told where there is none", (t) => {
  const cwd = folder(t);
  for (const [name, csids] of [
    ["both", "1a,1c"],
    ["other", "1a,1c"],
    ["old", "1a"],
    ["new", "1c"],
  ])
    mote(["keys", "new", "--out", name!, "--csid", csids!], { cwd });
  for (const [to, csid] of [
    ["other", "1c"],
    ["old", "1a"],
    ["new", "1c"],
  ]) {
    const sent = mote(["message", "encrypt", "--keys", "both", "--to", to!], { cwd, input: "content" });
    t.is(sent.code, 0, sent.err);
    t.is(sent.out.slice(4, 6), csid);
    const got = mote(["message", "decrypt", "--keys", to!, "--from", "both", "--json", sent.out.trim()], { cwd });
    t.is(JSON.parse(got.out)[0].text, "content", got.err);
  }
  const none = mote(["message", "encrypt", "--keys", "old", "--to", "new"], { cwd, input: "content" });
  t.is(none.code, 1);
  t.regex(none.err, /^mote: --to and --keys have no key in the same Cipher Set; [^\n]+\n$/);
});

test("INNER as it is, by value and from standard input", (t) => {
  const { cwd, key } = twoKeys(t);
  const inner = toHex(stamp(3, 0, fromHex("aabb")));
  const runs = [
    mote(["message", "encrypt", "--keys", "a", "--to", key.b, "--inner", inner], { cwd }),
    mote(["message", "encrypt", "--keys", "a", "--to", key.b, "--inner"], { cwd, input: inner }),
  ];
  for (const run of runs) {
    t.is(run.code, 0, run.err);
    const [message] = JSON.parse(
      mote(["message", "decrypt", "--keys", "b", "--from", "a", "--json", run.out.trim()], { cwd }).out,
    );
    t.is(message.inner, inner);
    t.is(message.at, 3);
    t.is(message.content, "aabb");
    t.is(message.from, key.a);
  }
});

// vectors: what the public peers made, and what a cloak is around it
const vector = {
  sender: { secret: "8ce0eebad467c56770571472424018c4b368fbd8", key: "03b37e68a5bae146bbc7adf5f3d2b70bea8054b3fb" },
  recipient: { secret: "21b26a9b17fb93cbe3d09e3483e6ac13721074b0", key: "0264fdb33f03127b7889a61d1f0646615a67c892cb" },
  inner: "000043",
  outer: "00011a03ffc5b7ca8a4568986076342f3ead3bf3c69439dc9ce5080dc50769269360b5",
};

test("a message of the vectors, cloaked too; keys in hex, with secrets of 20 and 21 bytes", (t) => {
  const cwd = folder(t);
  for (const zero of ["", "00"]) {
    const { secret, key } = vector.recipient;
    writeFileSync(join(cwd, "r"), JSON.stringify({ keys: { "1a": key }, secrets: { "1a": zero + secret } }));
    const cloaked = toHex(cloak(fromHex(vector.outer), (n) => new Uint8Array(n).fill(9), 2));
    for (const packet of [vector.outer, cloaked]) {
      const run = mote(["message", "decrypt", "--keys", "r", "--from", vector.sender.key, "--json", packet], { cwd });
      t.is(run.code, 0, run.err);
      t.is(JSON.parse(run.out)[0].inner, vector.inner);
    }
  }
});

test("keys from standard input", (t) => {
  const { secret, key } = vector.recipient;
  const input = JSON.stringify({ keys: { "1a": key }, secrets: { "1a": secret } });
  const run = mote(["message", "decrypt", "--keys", "-", "--from", vector.sender.key, "--raw", vector.outer], {
    input,
  });
  t.is(run.out, "C");
  const twice = mote(["message", "decrypt", "--keys", "-"], { input });
  t.is(twice.code, 2);
  t.regex(twice.err, /^mote: standard input can not be both/);
});

test("content that acts on a terminal is shown as hex", (t) => {
  const { cwd, key } = twoKeys(t);
  const evil = "\x1b]0;owned\x07\u009b2J\u202e";
  const packet = mote(["message", "encrypt", "--keys", "a", "--to", key.b], { cwd, input: evil }).out.trim();
  const human =
    mote(["message", "decrypt", "--keys", "b", "--from", "a", packet], { cwd }).out +
    mote(["packet", "inspect", "--keys", "b", packet], { cwd }).out;
  t.notRegex(human, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  t.true(human.includes(Buffer.from(evil).toString("hex")));
  const json = mote(["message", "decrypt", "--keys", "b", "--from", "a", "--json", packet], { cwd }).out;
  t.is(Buffer.from(JSON.parse(json)[0].content, "hex").toString(), evil);
});

test("bad packets: what is wrong, in one line", (t) => {
  const { cwd } = twoKeys(t);
  const cases: [string, string][] = [
    ["00", "PACKET_TOO_SHORT"],
    ["000a00", "PACKET_LENGTH"],
    ["00011b00", "CSID"],
    ["00011a00", "PACKET_TOO_SHORT"],
    [`00011a02${"0".repeat(39)}1${"0".repeat(16)}`, "KEY_OFF_CURVE"],
    ["0001zz", "HEX"],
    ["001", "HEX"],
  ];
  for (const [packet, code] of cases) {
    const run = mote(["message", "decrypt", "--keys", "b", "--json", packet], { cwd });
    t.is(run.code, 1, packet);
    t.regex(run.err, /^mote: [^\n]+\n$/);
    t.is(JSON.parse(run.out).error.code, code, packet);
  }
});

test("what the command writes, the library verifies", (t) => {
  const { cwd } = twoKeys(t);
  const { secret, key } = vector.recipient;
  const sent = mote(["message", "encrypt", "--keys", "a", "--to", key, "--json"], { cwd, input: "hello" });
  const self = new Self({ "1a": { key: fromHex(key), secret: fromHex(secret) } }, (n) => new Uint8Array(n).fill(5));
  const sender = mote(["hashname", "a", "--json"], { cwd });
  const exchange = new Exchange(self, fromHex(JSON.parse(sender.out).hex));
  const { packets, to } = JSON.parse(sent.out);
  t.is(to, toBase32(fromHex(key)));
  t.true(exchange.verify(fromHex(packets[0])));
});
