/** How fast is the one source on V8, against OpenSSL through node:crypto and against @noble/curves? */
import { createECDH, randomBytes } from "node:crypto";
import { ecdh, weierstrass } from "@noble/curves/abstract/weierstrass.js";
import { CurveJob, Exchange, Joiner, Self, finish, generate, split } from "../src/index.ts";
import { compare } from "./measure.ts";
import type { Row } from "./measure.ts";

const random = (n: number): Uint8Array => new Uint8Array(randomBytes(n));

const noble = ecdh(
  weierstrass({
    p: 2n ** 160n - 2n ** 31n - 1n,
    n: 0x0100000000000000000001f4c8f927aed3ca752257n,
    h: 1n,
    a: 2n ** 160n - 2n ** 31n - 4n,
    b: 0x1c97befc54bd7a8b65acf89f81d4d4adc565fa45n,
    Gx: 0x4a96b5688ef573284664698968c38bb913cbfc82n,
    Gy: 0x23a628553168947d59dcc912042351377ac5fb32n,
  }),
);

export function benchHost(): Row[] {
  const mine = generate(random);
  const other = generate(random);
  const { secret } = mine["1a"];
  const { key } = other["1a"];
  const wide = new Uint8Array(21);
  wide.set(secret, 1);
  const openssl = createECDH("secp160r1");
  openssl.setPrivateKey(secret);
  if (!openssl.computeSecret(key).equals(finish(new CurveJob(secret, key))))
    throw new Error("OpenSSL computes another secret");
  if (!openssl.computeSecret(key).equals(noble.getSharedSecret(wide, key).subarray(1)))
    throw new Error("noble computes another secret");

  const inner = random(200);
  const sender = new Exchange(new Self(mine, random), key);
  const recipient = new Self(other, random);
  const outer = sender.encrypt(inner);
  const back = new Exchange(recipient, mine["1a"].key);
  const open = (self: Self, exchange: Exchange): void => {
    if (!exchange.verify(outer) || self.decrypt(outer).length !== inner.length)
      throw new Error("the message does not open");
  };
  open(recipient, back);
  // what another library's user pays for the curve work that a message takes
  const two = {
    name: "OpenSSL, 2 ECDH",
    run: () => {
      openssl.computeSecret(key);
      openssl.computeSecret(key);
    },
  };
  const packet = random(1400);
  const frames = split(packet, 20);
  const joiner = new Joiner(2048);

  return [
    compare("key generation", [
      { name: "ours", run: () => generate(random) },
      { name: "OpenSSL", run: () => createECDH("secp160r1").generateKeys() },
      { name: "@noble/curves", run: () => noble.keygen() },
    ]),
    compare("ECDH, with the check of the other key", [
      { name: "ours", run: () => finish(new CurveJob(secret, key)) },
      { name: "OpenSSL", run: () => openssl.computeSecret(key) },
      { name: "@noble/curves", run: () => noble.getSharedSecret(wide, key) },
    ]),
    compare("message of 200 bytes: encrypt, first (key, 2 ECDH)", [
      { name: "ours", run: () => new Exchange(new Self(mine, random), key).encrypt(inner) },
      two,
    ]),
    compare("message of 200 bytes: encrypt, next", [{ name: "ours", run: () => sender.encrypt(inner) }, two]),
    compare("message of 200 bytes: verify and decrypt, first (2 ECDH)", [
      {
        name: "ours",
        run: () => {
          const self = new Self(other, random);
          open(self, new Exchange(self, mine["1a"].key));
        },
      },
      two,
    ]),
    compare("message of 200 bytes: verify and decrypt, KEY met before", [
      { name: "ours", run: () => open(recipient, back) },
      two,
    ]),
    compare("chunks: split 1,400 bytes into frames of 20", [{ name: "ours", run: () => split(packet, 20) }, two]),
    compare("chunks: join them", [
      {
        name: "ours",
        run: () => {
          for (const frame of frames) joiner.add(frame, () => {});
        },
      },
      two,
    ]),
  ];
}
