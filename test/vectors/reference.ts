/** Messages of CS1a by node:crypto (OpenSSL), from the text of e3x/cs/1a.md: shares no code with ours. */
import { ECDH, createCipheriv, createECDH, createHash, createHmac } from "node:crypto";

const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

/** x of the product of a secret and a key, 20 bytes. Throws where the key is no point. */
export function sharedReference(secret: string, key: string): string {
  const ecdh = createECDH("secp160r1");
  ecdh.setPrivateKey(bytes(secret));
  return ecdh.computeSecret(bytes(key)).toString("hex").padStart(40, "0");
}

/** The compressed public key of a secret. */
export function publicReference(secret: string): string {
  const ecdh = createECDH("secp160r1");
  ecdh.setPrivateKey(bytes(secret));
  return (ECDH.convertKey(ecdh.getPublicKey(), "secp160r1", undefined, undefined, "compressed") as Buffer).toString(
    "hex",
  );
}

const fold = (data: Buffer, times: number): Buffer => {
  for (; times; times--)
    data = Buffer.from(data.subarray(0, data.length / 2).map((byte, i) => byte ^ data[i + data.length / 2]!));
  return data;
};

interface Pair {
  secret: string;
  key: string;
}

interface Parts {
  sender: Pair;
  recipient: Pair;
  iv: string;
  inner: string;
}

function sealed(key: string, shared: string, { sender, recipient, iv, inner }: Parts): string {
  const aes = createCipheriv(
    "aes-128-ctr",
    fold(createHash("sha256").update(bytes(shared)).digest(), 1),
    bytes(iv.padEnd(32, "0")),
  );
  const data = Buffer.concat([bytes(key), bytes(iv), aes.update(bytes(inner))]);
  const hmac = createHmac("sha256", bytes(sharedReference(sender.secret, recipient.key) + iv))
    .update(data)
    .digest();
  return data.subarray(21).toString("hex") + fold(hmac, 3).toString("hex");
}

/** OUTER message with an ephemeral secret that is known. */
export function sealReference(parts: Parts & { ephemeral: string }): string {
  const key = publicReference(parts.ephemeral);
  return `00011a${key}${sealed(key, sharedReference(parts.ephemeral, parts.recipient.key), parts)}`;
}

/** What follows KEY in a message, where the recipient's secret is known and the ephemeral one is not. */
export function sealForReference(parts: Parts & { key: string }): string {
  return sealed(parts.key, sharedReference(parts.recipient.secret, parts.key), parts);
}
