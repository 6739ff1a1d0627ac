/** What the functions of every axis give for the same inputs, line by line; for answers.test.ts. Kept to what a device can run. */
import { pack, unpack } from "#compression";
import { CurveJob } from "#crypto/curve";
import { fold } from "#crypto/fold";
import { ctr, hmac, sha256 } from "#crypto/primitives";
import { concat, fail, fromBase64, multiplier, own, slice, toBytes } from "#platform/engine";
import { same, toText } from "#platform/text";
import type { Job } from "../../src/crypto/interface.ts";
import type { ErrorCode } from "../../src/errors.ts";
import type { Json } from "../../src/packet/lob.ts";
import type { Columns } from "../../src/platform/interface.ts";

let state = 7;

/** Bytes of a generator, which are the same everywhere. */
const bytes = (length: number): Uint8Array => {
  const made = new Uint8Array(length);
  for (let i = 0; i < length; i++) made[i] = state = (state * 75 + 74) % 65537;
  return made;
};

const listed = (data: ArrayLike<number>): string => {
  let text = "";
  for (let i = 0; i < data.length; i++) text += (i ? "," : "") + data[i];
  return text;
};

const codeOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return "code " + (error as { code: ErrorCode }).code;
  }
  return "none";
};

const finish = (job: Job): Uint8Array => {
  while (job.step());
  return job.result!;
};

const limbs = (factor: number): Int32Array => {
  const made = new Int32Array(8);
  for (let i = 0; i < 8; i++) made[i] = (bytes(1)[0]! * 256 + i - 30000) * factor;
  return made;
};

const columnsOf = (columns: Columns): string => {
  let text = "";
  for (let row = 0; row < 8; row++) text += " " + columns(row);
  return text;
};

const unpacked = (z: number, payload: Uint8Array): string => {
  const packet = unpack(z, payload);
  const json = packet.json as Json;
  return (
    [json["c"], json["type"], json["seq"], json["ack"], listed((json["miss"] || []) as number[]), json["n"]].join(" ") +
    " " +
    listed(packet.body)
  );
};

function crypto(say: (line: string) => void): void {
  for (const length of [0, 1, 55, 56, 64, 200, 257, 1390]) {
    const data = bytes(length);
    const key = bytes(25);
    say("sha256 " + listed(sha256(data)));
    say("hmac " + listed(hmac(key, data)));
    say("folded " + listed(fold(sha256(data), 16)));
    say("folded " + listed(fold(hmac(key, data), 4)));
    say("ctr " + (ctr(slice(key, 0, 16), slice(key, 20, 24), data) === data) + " " + listed(sha256(data)));
  }
  const secret = bytes(20);
  const key = finish(new CurveJob(concat([new Uint8Array(1), bytes(20)])));
  say("key " + listed(key));
  say("shared " + listed(finish(new CurveJob(secret, key))));
  const refused = (secret: Uint8Array, key?: Uint8Array): void => say(codeOf(() => finish(new CurveJob(secret, key))));
  refused(secret, slice(key, 0, 20));
  refused(secret, concat([new Uint8Array(1).fill(4), slice(key, 1, 21)]));
  refused(secret, concat([slice(key, 0, 1), new Uint8Array(20).fill(255)]));
  // no point has this x
  refused(secret, concat([slice(key, 0, 1), new Uint8Array(19), new Uint8Array(1).fill(7)]));
  refused(new Uint8Array(20));
  refused(new Uint8Array(21).fill(255));
}

function platform(say: (line: string) => void): void {
  const text = toBytes("text of a packet");
  say("bytes " + listed(text));
  say("text " + toText(text));
  say("joined " + listed(concat([text, new Uint8Array(0), bytes(3)])));
  say("part " + listed(slice(text, 2, 5)) + "; " + listed(slice(text, 12, 99)) + "; " + listed(slice(text, 16, 99)));
  say("own " + listed(own(text)));
  say("base64 " + listed(fromBase64("AAECA/r7/P3+/w==")) + "; " + listed(fromBase64("")));
  say(
    "same " +
      [
        same(text, toBytes("text of a packet")),
        same(text, slice(text, 0, 15)),
        same(text, toBytes("text of a packeT")),
        same(slice(text, 0, 0), new Uint8Array(0)),
      ].join(),
  );
  say(codeOf(() => fail("KEY_LENGTH")));
  say(codeOf(() => fail("MAC")));
  say(codeOf(() => fail("PATH")));
  const pair = new Int32Array(16);
  pair.set(limbs(3));
  pair.set(limbs(-2), 8);
  const product = multiplier(pair);
  const a = limbs(30);
  const b = limbs(-30);
  const first = limbs(9);
  const second = limbs(-7);
  say("product" + columnsOf(product[0](a, b)));
  say("of another b" + columnsOf(product[0](undefined, first)));
  say("of the same" + columnsOf(product[0]()));
  say("with a term" + columnsOf(product[1](second, 5)));
  product[0](a, b);
  product[1](first, -3);
  say("with two terms" + columnsOf(product[2](second, 8)));
  product[3]();
  say("of the difference" + columnsOf(product[0](undefined, b)));
}

function compression(say: (line: string) => void): void {
  const heads: Json[] = [
    { "c": 1 },
    { "c": 300, "type": "stream", "seq": 1 },
    { "c": 70000, "seq": 24, "ack": 255, "miss": [1, 256, 65536] },
    { "c": 2, "n": 5 },
  ];
  const compressed = (z: number, head: Json, body: Uint8Array): void => {
    const payload = pack(z, head, body);
    say("packed " + unpacked(z, payload));
    // a device sends other keys in a LOB packet, a host in a map
    if (!z || !head["n"]) say("payload " + listed(payload));
    // hosts and boards find different faults in CBOR that ends too soon
    const fault = codeOf(() => unpack(z, slice(payload, 0, 1)));
    say("cut off: " + (z && fault !== "none" ? "refused" : fault));
  };
  for (const head of heads)
    for (const length of [0, 5]) {
      compressed(0, head, bytes(length));
      compressed(1, head, bytes(length));
    }
  say(codeOf(() => unpack(0, pack(0, { "n": 1 }))));
  say(codeOf(() => unpack(1, toBytes("aaa"))));
  say(codeOf(() => unpack(9, new Uint8Array(4))));
}

/** Calls `say` with all of them. */
export function answers(say: (line: string) => void): void {
  crypto(say);
  platform(say);
  compression(say);
}
