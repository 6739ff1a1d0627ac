/** The ciphers that boards have, each in each device host: the same bytes as OpenSSL's, whatever was computed in between. */
import { createCipheriv, createHash, createHmac } from "node:crypto";
import { fileURLToPath } from "node:url";
import test from "ava";
import { channelKey, messageKey, seal, token } from "../../src/cipher/seal.ts";
import { loadBoard, measureBoard } from "../../tools/build/index.ts";
import { hosts } from "../sim/helpers.ts";

const entry = fileURLToPath(new URL("primitives-entry.ts", import.meta.url));

// both sides make the same bytes
const generator =
  (seed: number): ((n: number) => Uint8Array) =>
  (n) =>
    Uint8Array.from({ length: n }, () => (seed = (seed * 75 + 74) % 65537));
const lengths = [0, 1, 16, 63, 64, 127, 128, 129, 191, 192, 255, 256, 257, 321, 511, 640, 1024, 1390, 4095, 4096];

const program = `
const all = require("e3x-mote").request;
let seed = 7;
const bytes = function (n) { const b = new Uint8Array(n); for (let i = 0; i < n; i++) b[i] = seed = (seed * 75 + 74) % 65537; return b; };
const say = function (data) { print(btoa(data)); };
[${lengths.join()}].forEach(function (n) {
  const key = bytes(25), data = bytes(n + 3).subarray(3), iv = bytes(4);
  say(all.sha256(data));
  say(all.hmac(key, data));
  if (all.ctr(key.subarray(1, 17), iv, data) !== data) print("another");
  say(all.sha256(data));
});
const head = new Uint8Array([0, 1, 26]), prefix = bytes(21), iv = bytes(4), inner = bytes(1390);
const shared = bytes(20), key = all.messageKey(shared), to = all.channelKey(shared, prefix, bytes(21)), name = all.token(prefix);
const packet = all.seal(head, prefix, key, shared, iv, inner);
say(all.sha256(packet));
const body = packet.subarray(3);
print(all.authentic(body, 21, shared), all.authentic(body, 21, key));
say(all.open(body, 21, key));
const small = all.seal(new Uint8Array(2), name, to, to, iv, inner.subarray(0, 5));
say(small);
print(all.authentic(small.subarray(2), 16, to), btoa(all.open(small.subarray(2), 16, to)));
say(key); say(to); say(name);
`;

const base64 = (data: Uint8Array): string => Buffer.from(data).toString("base64");
const hashed = (data: Uint8Array): string => createHash("sha256").update(data).digest("base64");

function wanted(): string[] {
  const bytes = generator(7);
  const out: string[] = [];
  for (const n of lengths) {
    const key = bytes(25);
    const data = bytes(n + 3).subarray(3);
    const iv = bytes(4);
    out.push(hashed(data), createHmac("sha256", key).update(data).digest("base64"));
    out.push(
      hashed(createCipheriv("aes-128-ctr", key.subarray(1, 17), Buffer.concat([iv, Buffer.alloc(12)])).update(data)),
    );
  }
  const [prefix, iv, inner, shared, other] = [21, 4, 1390, 20, 21].map(bytes) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const key = messageKey(shared);
  const to = channelKey(shared, prefix, other);
  const name = token(prefix);
  const small = seal(new Uint8Array(2), name, to, to, iv, inner.subarray(0, 5));
  out.push(
    hashed(seal(Uint8Array.of(0, 1, 26), prefix, key, shared, iv, inner)),
    "true false",
    base64(inner),
    base64(small),
    `true ${base64(inner.subarray(0, 5))}`,
  );
  out.push(base64(key), base64(to), base64(name));
  return out;
}

for (const [backEnd, name] of [
  ["thumb", "puckjs"],
  ["firmware", "esp32c3"],
  ["script", "mdbt42q"],
] as const)
  for (const host of hosts) {
    test(`${backEnd}, ${host.name}`, async (t) => {
      const board = loadBoard(name);
      const { files, backEnd: built } = await measureBoard(board, { entry, native: backEnd !== "script" });
      t.is(built, backEnd);
      const device = host.make();
      t.teardown(() => device.close());
      const roomy = { ...board, variables: Math.max(board.variables, 7500) };
      const { logs } = await device.boot({
        board: roomy,
        bundle: program,
        modules: { "e3x-mote": files["e3x-mote.js"]! },
        entropy: [1, 2, 3, 4],
      });
      t.deepEqual(logs, wanted());
    });
  }
