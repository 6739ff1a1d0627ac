import { readFileSync } from "node:fs";
import test from "ava";
import { cloak, decloak, isCloaked } from "../../src/packet/cloak.ts";
import { fromHex, toHex } from "../../src/packet/text.ts";

// e3x/cloaking.md: nonce, then ChaCha20 of the packet; outputs of telehash-c and lob-enc (shared/vectors/peers/cloak.json)
const known = [
  { packet: "0000", nonces: ["c1d0eb5ace0af45f"], cloaked: "c1d0eb5ace0af45f19e5" },
  {
    packet: "0000",
    nonces: ["bb63c4f47be9c8fe", "b5cef444d3b9cf7c", "e87bd3330c7739e8"],
    cloaked: "e87bd3330c7739e89d9deb8abda57f9c5fca472ae5c1906b650a",
  },
  {
    packet: "00011a03ad83c255d97a6b2118441e6c262e65ed83d5078bff000000b7ebc7bb134ae097bb87993774d6",
    nonces: ["cfe36dbdd668d016"],
    cloaked: "cfe36dbdd668d016a9a7d59ceec2122ff709f1258c4586904600b4fa0bed993a15d778906090850a31d8bf5903a9e6db76d2",
  },
];

const scripted = (texts: string[]) => {
  const left = [...texts];
  return () => fromHex(left.shift()!);
};

for (const { packet, nonces, cloaked } of known) {
  test(`${packet.length / 2} bytes, ${nonces.length} rounds: as the public peers`, (t) => {
    t.is(toHex(cloak(fromHex(packet), scripted(nonces), nonces.length)), cloaked);
    const result = decloak(fromHex(cloaked));
    t.is(toHex(result.packet), packet);
    t.deepEqual(result.nonces.map(toHex), [...nonces].reverse());
  });
}

test("every vector of the public peers", (t) => {
  const { vectors } = JSON.parse(readFileSync(new URL("../vectors/data/peers/cloak.json", import.meta.url), "utf8"));
  t.true(vectors.length > 0);
  for (const { packet, cloaked, nonces_innermost_first: nonces } of vectors) {
    t.is(toHex(cloak(fromHex(packet), scripted(nonces), nonces.length)), cloaked);
    t.is(toHex(decloak(fromHex(cloaked)).packet), packet);
  }
});

test("a nonce never begins with zero: it would look like a packet that is not cloaked", (t) => {
  const random = scripted(["0011223344556677", "0011223344556677", "1111223344556677"]);
  const cloaked = cloak(fromHex("0000"), random, 1);
  t.is(toHex(cloaked.subarray(0, 8)), "1111223344556677");
  t.true(isCloaked(cloaked));
});

test("a packet that is not cloaked stays as it is", (t) => {
  t.deepEqual(decloak(fromHex("0000")), { packet: fromHex("0000"), nonces: [] });
  t.is(decloak(new Uint8Array(0)).packet.length, 0);
});

test("bytes that end under a nonce", (t) => {
  t.throws(() => decloak(fromHex("01")), { code: "PACKET_TOO_SHORT" } as object);
  t.throws(() => decloak(fromHex("0102030405060708")), { code: "PACKET_TOO_SHORT" } as object);
});

test("work on hostile bytes is bounded: 64 rounds are taken off, not more", (t) => {
  const random = () => fromHex("0102030405060708");
  t.is(decloak(cloak(fromHex("0000"), random, 64)).nonces.length, 64);
  t.throws(() => decloak(cloak(fromHex("0000"), random, 65)), { code: "PACKET_TOO_LARGE" } as object);
});
