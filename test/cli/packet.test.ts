import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { Exchange, Self, fromHex, lob, split, toHex } from "../../src/index.ts";
import { cloak } from "../../src/packet/cloak.ts";
import { folder, mote } from "./mote.ts";

interface Field {
  name: string;
  offset?: number;
  hex: string;
  note?: string;
  check?: { state: string; text: string };
}

interface Part {
  kind: string;
  title: string;
  fields: Field[];
  inside?: Part;
}

const inspect = (args: string[], options = {}): { packets: Part[]; onAir?: { frames: { items: string[] }[]; packets: string[]; rest: string } } => {
  const run = mote(["packet", "inspect", "--json", ...args], options);
  if (run.code) throw new Error(run.err);
  return JSON.parse(run.out);
};

const field = (part: Part, name: string): Field => {
  const found = part.fields.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};

// shared/vectors/messages.json
const vector = {
  sender: { secret: "8ce0eebad467c56770571472424018c4b368fbd8", key: "03b37e68a5bae146bbc7adf5f3d2b70bea8054b3fb" },
  recipient: { secret: "21b26a9b17fb93cbe3d09e3483e6ac13721074b0", key: "0264fdb33f03127b7889a61d1f0646615a67c892cb" },
  key: "0345ef8780d3618d9949606d2bbfa081b0d4a2700c",
  iv: "1f0b9e30",
  mac: "5dc472b6",
  outer: "00011a0345ef8780d3618d9949606d2bbfa081b0d4a2700c1f0b9e30dc665dc472b6",
  token: "79b937451b602829c1c9d23e3bd7496e",
};

const keysFile = ({ key, secret }: { key: string; secret: string }): string => JSON.stringify({ keys: { "1a": key }, secrets: { "1a": secret } });

test("a message, field by field", (t) => {
  const [part] = inspect([vector.outer]).packets;
  t.is(part!.kind, "message");
  t.deepEqual(part!.fields.map(({ name, offset, hex }) => [name, offset, hex]), [
    ["LENGTH", 0, "0001"],
    ["HEAD", 2, "1a"],
    ["KEY", 3, vector.key],
    ["IV", 24, vector.iv],
    ["ciphertext", 28, "dc66"],
    ["MAC", 30, vector.mac],
    ["stable prefix", undefined, vector.key.slice(0, 32)],
    ["routing token", undefined, vector.token],
  ]);
  t.is(field(part!, "KEY").check!.state, "ok");
  t.is(field(part!, "MAC").check!.state, "open");
  t.is(part!.inside, undefined);
});

test("with keys it is decrypted, with the sender's key its MAC is checked", (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "r"), keysFile(vector.recipient));
  const keys = ["--keys", "r"];
  const opened = inspect([...keys, vector.outer], { cwd }).packets[0]!;
  t.is(opened.inside!.fields[0]!.hex, "0000");
  t.is(field(opened, "MAC").check!.state, "open");
  const checked = inspect([...keys, "--from", vector.sender.key, vector.outer], { cwd }).packets[0]!;
  t.is(field(checked, "MAC").check!.state, "ok");
  const wrong = inspect([...keys, "--from", vector.sender.key, `${vector.outer.slice(0, -2)}00`], { cwd }).packets[0]!;
  t.is(field(wrong, "MAC").check!.state, "wrong");
  const run = mote(["packet", "inspect", ...keys, vector.outer], { cwd });
  t.false((run.out + run.err).includes(vector.recipient.secret));
});

/** Two endpoints in sync: their handshakes and a channel packet. */
function session(): { handshakes: Uint8Array[]; channel: Uint8Array } {
  let n = 0;
  const random = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (++n * 31 + i * 7) & 127);
  const [a, b] = [vector.sender, vector.recipient].map(({ key, secret }) =>
    new Self({ "1a": { key: fromHex(key), secret: fromHex(secret) } }, random)) as [Self, Self];
  const ab = new Exchange(a, b.key);
  const ba = new Exchange(b, a.key);
  const first = ab.handshake();
  const answer = ba.handshake(ba.sync(first).at);
  ab.sync(answer);
  return { handshakes: [first, answer], channel: ab.send(lob.encode({ c: 1, type: "t" })) };
}

test("a handshake says who sends it and is checked with that key; a channel packet is recognised by its token", (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "r"), keysFile(vector.recipient));
  writeFileSync(join(cwd, "s"), keysFile(vector.sender));
  const { handshakes, channel } = session();
  const [first] = inspect(["--keys", "r", toHex(handshakes[0]!)], { cwd }).packets;
  t.is(field(first!, "MAC").check!.state, "ok");
  const handshake = first!.inside!;
  t.is(handshake.kind, "handshake");
  // the sender's key is the higher one: it is ODD
  t.regex(field(handshake, "HEAD").note!, /odd/);
  const attached = handshake.inside!;
  t.is(field(attached, "KEY").hex, vector.sender.key);
  t.is(field(attached, "KEY").check!.state, "ok");
  const [, sent] = inspect(["--keys", "s", toHex(handshakes[1]!), toHex(channel)], { cwd }).packets;
  t.is(sent!.kind, "channel");
  t.deepEqual(sent!.fields.map(({ name, offset }) => [name, offset]), [["LENGTH", 0], ["TOKEN", 2], ["IV", 18], ["ciphertext", 22], ["MAC", channel.length - 4]]);
  t.regex(field(sent!, "TOKEN").note!, /packet 1/);
  t.is(field(inspect([toHex(channel)]).packets[0]!, "TOKEN").note!.includes("packet 1"), false);
});

test("a key off the curve is told", (t) => {
  const outer = `00011a02${"0".repeat(39)}1${vector.outer.slice(48)}`;
  const key = field(inspect([outer]).packets[0]!, "KEY");
  t.is(key.check!.state, "wrong");
  t.regex(key.check!.text, /no point of secp160r1/);
});

test("radio frames: chunks, the end, acks, and the packet in them", (t) => {
  const frames = split(fromHex(vector.outer), 20).map(toHex);
  const found = inspect(["00", ...frames, "00"]);
  t.deepEqual(found.onAir!.frames.map(({ items }) => items), [
    ["ack or keepalive"],
    ["chunk of 19"],
    ["chunk of 15", "end of packet 1"],
    ["ack or keepalive"],
  ]);
  t.deepEqual(found.onAir!.packets, [vector.outer]);
  t.is(found.packets[0]!.kind, "message");
  const cut = inspect(frames.slice(0, 1));
  t.is(cut.onAir!.rest, vector.outer.slice(0, 38));
  t.deepEqual(cut.packets, []);
});

test("a last chunk that fills its frame: the end has a frame of its own", (t) => {
  const found = inspect(split(fromHex("0000" + "ab".repeat(17)), 20).map(toHex));
  t.deepEqual(found.onAir!.frames.map(({ items }) => items), [["chunk of 19"], ["end of packet 1"]]);
});

test("a stream cut anywhere, taken as frames", (t) => {
  const stream = split(fromHex(vector.outer), 20).map(toHex).join("");
  const found = inspect(["--as", "frame", stream.slice(0, 10), stream.slice(10)]);
  t.deepEqual(found.onAir!.frames[0]!.items, ["chunk of 19, of which 4 are here"]);
  t.deepEqual(found.onAir!.packets, [vector.outer]);
});

test("cloaked packets are recognised, whatever frames look like", (t) => {
  let n = 1;
  const random = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (n++ * 89 + i * 13 + 1) & 255);
  for (let rounds = 1; rounds < 5; rounds++) {
    const [part] = inspect([toHex(cloak(fromHex(vector.outer), random, rounds))]).packets;
    t.is(part!.kind, "cloaked");
    t.is(part!.fields.filter(({ name }) => name.includes("nonce")).length, rounds);
    t.is(part!.inside!.kind, "message");
    t.is(field(part!.inside!, "KEY").hex, vector.key);
  }
});

test("anything else is explained as far as it goes", (t) => {
  const [cut, json, noJson, other, tiny, noise] = inspect([
    "00ff01", "00077b2261223a317dbeef", "000761626364656667beef", "00012aff", "0000", "fe0102",
  ]).packets;
  t.is(cut!.kind, "unknown");
  t.is(field(cut!, "LENGTH").check!.state, "wrong");
  t.is(field(json!, "HEAD").note, '{"a":1}');
  t.is(field(json!, "BODY").hex, "beef");
  t.is(field(noJson!, "HEAD").check!.state, "wrong");
  t.is(field(noJson!, "BODY").hex, "beef");
  t.regex(field(other!, "HEAD").note!, /2a/);
  t.is(tiny!.fields.length, 1);
  t.is(noise!.kind, "unknown");
});

test("for people: calm lines within the terminal, without colour where there is none", (t) => {
  const run = mote(["packet", "inspect", vector.outer], { env: { FORCE_COLOR: "1" } });
  t.is(run.code, 0, run.err);
  t.notRegex(run.out, /\x1b/);
  for (const line of run.out.split("\n")) t.true(line.length <= 80, line);
  t.regex(run.out, /^message, 34 bytes\n/);
  t.regex(run.out, /^ +30 {2}MAC +5dc472b6 {2}not checked: give --keys and --from$/m);
});
