import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { Exchange, Self, fromHex, generate, hashname, keyPair, lob, setOf, split, toHex } from "../../src/index.ts";
import type { Csid, Json, KeyPair, KeyPairs } from "../../src/index.ts";
import { pack } from "../../src/channel/compression/standard.ts";
import { attachedHead } from "../../src/identity/hashname.ts";
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

const inspect = (
  args: string[],
  options = {},
): { packets: Part[]; onAir?: { frames: { items: string[] }[]; packets: string[]; rest: string } } => {
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

const keysFile = ({ key, secret }: { key: string; secret: string }): string =>
  JSON.stringify({ keys: { "1a": key }, secrets: { "1a": secret } });

test("a message, field by field", (t) => {
  const [part] = inspect([vector.outer]).packets;
  t.is(part!.kind, "message");
  t.deepEqual(
    part!.fields.map(({ name, offset, hex }) => [name, offset, hex]),
    [
      ["LENGTH", 0, "0001"],
      ["HEAD", 2, "1a"],
      ["KEY", 3, vector.key],
      ["IV", 24, vector.iv],
      ["ciphertext", 28, "dc66"],
      ["MAC", 30, vector.mac],
      ["stable prefix", undefined, vector.key.slice(0, 32)],
      ["routing token", undefined, vector.token],
    ],
  );
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
  const [a, b] = [vector.sender, vector.recipient].map(
    ({ key, secret }) => new Self({ "1a": { key: fromHex(key), secret: fromHex(secret) } }, random),
  ) as [Self, Self];
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
  t.deepEqual(
    sent!.fields.map(({ name, offset }) => [name, offset]),
    [
      ["LENGTH", 0],
      ["TOKEN", 2],
      ["IV", 18],
      ["ciphertext", 22],
      ["MAC", channel.length - 4],
    ],
  );
  t.regex(field(sent!, "TOKEN").note!, /packet 1/);
  t.is(field(inspect([toHex(channel)]).packets[0]!, "TOKEN").note!.includes("packet 1"), false);
});

/** A message between two endpoints that have keys in both Cipher Sets. */
function message(csid: Csid, head: Json, body: Uint8Array): { outer: string; keys: string; from: string } {
  let n = 7;
  const random = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (++n * 31 + i * 7) & 127);
  const [a, b] = [generate(random, ["1a", "1c"]), generate(random, ["1a", "1c"])] as const;
  const exchange = new Exchange(new Self(a, random), b[csid]!.key, 0, 0, csid);
  const file = (pairs: KeyPairs): string =>
    JSON.stringify({
      keys: { "1a": toHex(pairs["1a"]!.key), "1c": toHex(pairs["1c"]!.key) },
      secrets: { "1a": toHex(pairs["1a"]!.secret), "1c": toHex(pairs["1c"]!.secret) },
    });
  return { outer: toHex(exchange.encrypt(lob.encode(head, body))), keys: file(b), from: file(a) };
}

test("messages of CS1c, and handshakes with the keys of several Cipher Sets", (t) => {
  const cwd = folder(t);
  let n = 1;
  const random = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (++n * 17 + i) & 127);
  const keys = Object.fromEntries((["1a", "1c"] as const).map((csid) => [csid, keyPair(setOf(csid), random).key]));
  for (const csid of ["1a", "1c"] as const) {
    const {
      outer,
      keys: own,
      from,
    } = message(csid, { type: "link", at: 8, z: 1 }, lob.encode(attachedHead(csid, keys), keys[csid]!));
    writeFileSync(join(cwd, "own"), own);
    writeFileSync(join(cwd, "from"), from);
    const [part] = inspect(["--keys", "own", "--from", "from", outer], { cwd }).packets;
    t.is(field(part!, "HEAD").note, `CSID ${csid}: a message`);
    t.is(field(part!, "KEY").hex.length, csid === "1a" ? 42 : 66);
    t.is(field(part!, "MAC").check!.state, "ok");
    const handshake = part!.inside!;
    t.regex(field(handshake, "HEAD").note!, /at is even.*\nz asks for CBOR/s);
    const attached = handshake.inside!;
    const other = csid === "1a" ? "1c" : "1a";
    t.regex(field(attached, "HEAD").note!, new RegExp(`\n${other}: the digest of its key`));
    t.is(
      field(attached, "KEY").note,
      `the sender's public key, of hashname ${hashname(keys)}; with what HEAD has of ${other}`,
    );
    // the key that the handshake brings is another's
    const brought = field(inspect(["--keys", "own", outer], { cwd }).packets[0]!, "MAC");
    t.is(brought.check!.state, "wrong");
  }
  const { outer, keys: own } = message(
    "1a",
    { type: "link", at: 3, z: 9 },
    lob.encode({ "1c": "short", "1a": true }, keys["1a"]!),
  );
  writeFileSync(join(cwd, "own"), own);
  const bad = inspect(["--keys", "own", outer], { cwd }).packets[0]!.inside!;
  t.regex(field(bad, "HEAD").note!, /z asks for what is not known here/);
  t.is(field(bad.inside!, "KEY").check!.state, "wrong");
  t.regex(field(bad.inside!, "HEAD").note!, /1c: neither a key's digest/);
  const only = JSON.parse(own) as { keys: object; secrets: { [csid: string]: string } };
  delete only.secrets["1a"];
  writeFileSync(join(cwd, "only"), JSON.stringify(only));
  const open = inspect(["--keys", "only", "--from", "own", outer], { cwd }).packets[0]!;
  t.deepEqual([field(open, "MAC").check!.text, open.inside], ["--keys have none of CSID 1a", undefined]);
});

test("handshakes of types jwt, uri and tx", (t) => {
  const cwd = folder(t);
  const token = lob.encode(
    { alg: "HS256", typ: "JWT" },
    lob.encode({ aud: ["me"], exp: 7 }, fromHex("0123456789abcdef")),
  );
  const explained = (head: Json, body: Uint8Array = new Uint8Array(0)): Part => {
    const { outer, keys } = message("1a", head, body);
    writeFileSync(join(cwd, "own"), keys);
    return inspect(["--keys", "own", outer], { cwd }).packets[0]!.inside!;
  };
  const jwt = explained({ type: "jwt", at: 5 }, token);
  t.is(jwt.kind, "handshake");
  t.regex(jwt.title, /^handshake of type "jwt"/);
  t.is(field(jwt.inside!, "HEAD").note, '{"alg":"HS256","typ":"JWT"}');
  t.is(field(jwt.inside!.inside!, "HEAD").note, '{"aud":["me"],"exp":7}');
  t.deepEqual(
    [field(jwt.inside!.inside!, "signature").hex, field(jwt.inside!.inside!, "signature").check!.state],
    ["0123456789abcdef", "open"],
  );
  const uri = explained({ type: "uri", at: 5, uri: "link://a.b#c" });
  t.regex(field(uri, "HEAD").note!, /^\{"type":"uri","at":5,"uri":"link:\/\/a\.b#c"\}\nat is odd/);
  t.is(field(uri, "HEAD").check, undefined);
  t.is(field(explained({ type: "uri", at: 5 }), "HEAD").check!.state, "wrong");
  t.is(field(explained({ type: "tx", at: 1.5 }, fromHex("0011")), "HEAD").check!.state, "wrong");
  t.is(field(explained({ type: "tx", at: 1 }, fromHex("0011")), "BODY").note, "a bitcoin transaction");
});

test("channel packets are decrypted with ephemeral keys, either way, as both sides' handshakes say", (t) => {
  const cwd = folder(t);
  let n = 3;
  const random = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (++n * 29 + i * 5) & 127);
  for (const [ours, theirs, agreed] of [
    [1, 1, 1],
    [0, 0, 0],
    [2, 2, 2],
    [1, 0, 0],
  ] as const) {
    const [a, b] = [generate(random), generate(random)] as const;
    const ab = new Exchange(new Self(a, random), b["1a"].key);
    const ba = new Exchange(new Self(b, random), a["1a"].key);
    const first = ab.handshake(0, ours);
    const answer = ba.handshake(ba.sync(first).at, theirs);
    ab.sync(answer);
    const file = (name: string, { key, secret }: KeyPair): void =>
      writeFileSync(join(cwd, name), keysFile({ key: toHex(key), secret: toHex(secret) }));
    file("own", a["1a"]);
    file("other", b["1a"]);
    file("ephemeral", ab.ephemeral!);
    const head = { c: 3, type: "stream", seq: 1 };
    const there = toHex(ab.send(pack(agreed, head, fromHex("68656c6c6f"))));
    const back = toHex(ba.send(pack(agreed, { c: 3, ack: 1, miss: [2, 7], end: true })));
    const handshakes = [toHex(first), toHex(answer)];
    // one's own first handshake is to the other: its z shows to who has the other's keys
    for (const keys of ["own", "other"]) {
      const [, , sent, got] = inspect(["--keys", keys, "--ephemeral", "ephemeral", ...handshakes, there, back], {
        cwd,
      }).packets;
      t.deepEqual(
        [field(sent!, "MAC").check, field(got!, "MAC").check],
        [
          { state: "ok", text: "made by --ephemeral" },
          { state: "ok", text: "made by who sent packet 2" },
        ],
      );
      t.regex(
        field(sent!.inside!, "means").note!,
        /^channel 3, opened by the side with the higher public key\nopens it: type "stream", reliable$/,
      );
      t.is(
        field(got!.inside!, "means").note,
        "channel 3, opened by the side with the higher public key\nhas got all up to 1\nmisses 3\nhas room up to 10\nthe last of this side",
      );
      t.regex(sent!.inside!.title, [/^payload, /, /^payload in CBOR/, /^payload in DEFLATE/][agreed]!);
    }
    // what one has sent oneself opens with the other's key: then both say what they asked for
    const [mine, , whole] = inspect(
      ["--keys", "own", "--from", toHex(b["1a"].key), "--ephemeral", "ephemeral", ...handshakes, there],
      { cwd },
    ).packets;
    t.deepEqual(
      [mine!.inside!.kind, field(mine!, "MAC").check!.state, whole!.inside!.kind],
      ["handshake", "ok", "payload"],
    );
    t.is(inspect(["--keys", "own", "--ephemeral", "ephemeral", handshakes[0]!], { cwd }).packets[0]!.inside, undefined);
    const closed = inspect(["--keys", "own", ...handshakes, there], { cwd }).packets[2]!;
    t.deepEqual([field(closed, "MAC").check!.state, closed.inside], ["open", undefined]);
    const forged = inspect(["--ephemeral", "ephemeral", ...handshakes, `${there.slice(0, -2)}00`], { cwd }).packets[2]!;
    t.deepEqual([field(forged, "MAC").check!.state, forged.inside], ["open", undefined]);
    const { err, out } = mote(["packet", "inspect", "--ephemeral", "ephemeral", there], { cwd });
    t.false((err + out).includes(toHex(ab.ephemeral!.secret)));
  }
});

const cbor = JSON.parse(readFileSync(new URL("../vectors/data/peers/cbor-z1.json", import.meta.url), "utf8")) as {
  vectors: { name: string; json: Json; body: string; cbor: string }[];
};

test("payloads of channel packets by themselves, all that the vectors have of CBOR", (t) => {
  const found = inspect(["--as", "payload", ...cbor.vectors.map((vector) => vector.cbor)]).packets;
  for (const [i, { name, json, body }] of cbor.vectors.entries()) {
    const part = found[i]!;
    t.regex(part.title, /^payload in CBOR/, name);
    t.is(part.fields.filter(({ check }) => check?.state === "wrong").length, 0, name);
    t.true(field(part, "means").note!.startsWith(`channel ${String(json["c"])},`), name);
    if (body)
      t.true(
        part.inside!.fields.some(({ hex }) => hex === body),
        name,
      );
  }
  const [other, order, cut, none] = inspect([
    "--as",
    "payload",
    "01f6",
    "01820102" + "61" + "61",
    "0143000000" + "19",
    "000078",
  ]).packets;
  t.is(field(other!, "value").check!.text, "not here, by its type");
  t.is(field(order!, "value").check!.state, "wrong");
  t.is(field(cut!, "rest").check!.state, "wrong");
  t.is(none!.fields[0]!.check!.state, "wrong");
});

test("a key off the curve is told", (t) => {
  const outer = `00011a02${"0".repeat(39)}1${vector.outer.slice(48)}`;
  const key = field(inspect([outer]).packets[0]!, "KEY");
  t.is(key.check!.state, "wrong");
  t.regex(key.check!.text, /no point of its Cipher Set's curve/);
});

test("radio frames: chunks, the end, acks, and the packet in them", (t) => {
  const frames = split(fromHex(vector.outer), 20).map(toHex);
  const found = inspect(["00", ...frames, "00"]);
  t.deepEqual(
    found.onAir!.frames.map(({ items }) => items),
    [["ack or keepalive"], ["chunk of 19"], ["chunk of 15", "end of packet 1"], ["ack or keepalive"]],
  );
  t.deepEqual(found.onAir!.packets, [vector.outer]);
  t.is(found.packets[0]!.kind, "message");
  const cut = inspect(frames.slice(0, 1));
  t.is(cut.onAir!.rest, vector.outer.slice(0, 38));
  t.deepEqual(cut.packets, []);
});

test("a last chunk that fills its frame: the end has a frame of its own", (t) => {
  const found = inspect(split(fromHex("0000" + "ab".repeat(17)), 20).map(toHex));
  t.deepEqual(
    found.onAir!.frames.map(({ items }) => items),
    [["chunk of 19"], ["end of packet 1"]],
  );
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
    "00ff01",
    "00077b2261223a317dbeef",
    "000761626364656667beef",
    "00012aff",
    "0000",
    "fe0102",
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
