// The keys to what gateways and devices said to each other: a text that lets sim/dissector read a capture without any curve
// work. Who has it can read those packets, and no others.
//
// A line each, words behind single spaces, bytes in lower-case hex; what begins with "#" is a remark:
//
//     E3X_MESSAGE KEY RECIPIENT AES ECDH     of the messages and handshakes that begin with KEY
//     E3X_CHANNEL TOKEN SENDER RECIPIENT AES     of the channel packets that begin with TOKEN and that SENDER's side sends
//
// KEY (21 bytes) is the sender's ephemeral key, RECIPIENT the recipient's identity; AES (16 bytes) decrypts, ECDH of both
// identities (20 bytes) with the IV is what the MAC is keyed with. Of a channel SENDER and RECIPIENT are both sides'
// ephemeral keys; AES serves for the MAC too. telehash v3, e3x/cs/1a.md; src/cipher/seal.ts.

import { CurveJob, KEY_LENGTH, finish, generate, isHandshake, lob, messageKey, toHex, token } from "../src/index.ts";
import type { KeyPair, Random } from "../src/index.ts";
import { CHANNEL_OVERHEAD, SEAL_LENGTH, TOKEN_LENGTH, authentic, channelKey, open } from "../src/cipher/seal.ts";
import type { Capture } from "./capture.ts";
import { Packets } from "./pcapng/packets.ts";

/** Bytes of a secret as it is drawn. */
const SECRET_LENGTH = 20;

/** How many KEYs of one side a channel packet's sender is looked for among, the latest first. */
const SENDERS = 5;

const ecdh = (secret: Uint8Array, key: Uint8Array): Uint8Array | undefined => {
  try {
    return finish(new CurveJob(secret, key));
  } catch {
    // no point of the curve: nobody's key
    return undefined;
  }
};

/** Whether bytes may be INNER. */
function opens(inner: Uint8Array): boolean {
  try {
    return !lob.decode(inner).error;
  } catch {
    return false;
  }
}

interface Message {
  from: string;
  to: string;
  body: Uint8Array;
}

/**
 * Finds the keys of packets that go between endpoints whose secrets it has, such as a gateway's, and others. Where stations
 * have no names ("" for both) everybody's keys are tried.
 */
export class Keylog {
  /** Packets whose key was found, and those whose was not. */
  readonly counts = { found: 0, unknown: 0 };
  // identities whose secret is known, of the others only the key
  readonly #own: KeyPair[];
  readonly #others: Uint8Array[] = [];
  // secrets of ephemeral keys, by key in hex
  readonly #secrets = new Map<string, Uint8Array>();
  // ECDH of two, by secret's and other's key in hex
  readonly #shared = new Map<string, Uint8Array | undefined>();
  // KEYs of messages whose key was found, the latest first, by station
  readonly #keys = new Map<string, Uint8Array[]>();
  readonly #tokens = new Map<string, Uint8Array>();
  // keys of channel packets by token
  readonly #channels = new Map<string, Uint8Array[]>();
  // lines by KEY, or by token and KEY
  readonly #lines = new Map<string, string>();
  // by KEY a message of nobody that is known yet
  #waiting = new Map<string, Message>();

  /** @param own identities whose secrets are known: a gateway's */
  constructor(...own: readonly KeyPair[]) {
    this.#own = [...own];
  }

  /** One more identity whose secret is known. */
  own(pair: KeyPair): void {
    this.#own.push(pair);
  }

  /** A source of entropy whose ephemeral keys are known here: to be given to who has one of the identities. */
  overhear(random: Random): Random {
    return (n) => {
      const bytes = random(n);
      if (n === SECRET_LENGTH) {
        const copy = bytes.slice();
        this.#secrets.set(toHex(generate(() => copy)["1a"].key), copy);
      }
      return bytes;
    };
  }

  /** The identity of somebody else. Those who send handshakes need not be made known. */
  know(key: Uint8Array): void {
    if (this.#others.some((known) => toHex(known) === toHex(key))) return;
    this.#others.push(key);
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const message of waiting.values()) this.#message(message);
  }

  /** Takes a packet (OUTER) that went from one station to another. Never throws for what is in it. */
  add(outer: Uint8Array, from = "", to = ""): void {
    let packet;
    try {
      packet = lob.decode(outer);
    } catch {
      return;
    }
    const { head } = packet;
    const body = Uint8Array.from(packet.body);
    if (!head.length && body.length >= CHANNEL_OVERHEAD) this.#count(this.#channel(body, from));
    else if (head.length === 1 && head[0] === 0x1a && body.length >= KEY_LENGTH + SEAL_LENGTH)
      this.#count(this.#message({ from, to, body }));
  }

  /** Takes all packets of a capture that arrived. */
  read({ header, records }: Capture): void {
    const packets = new Packets(header, ({ outer, from, to }) => {
      this.add(outer, from, to);
    });
    for (const record of records) packets.add(record);
    packets.end();
  }

  /** The text so far. */
  lines(): string {
    return [...this.#lines.values()].map((line) => `${line}\n`).join("");
  }

  #count(found: boolean): void {
    this.counts[found ? "found" : "unknown"]++;
  }

  #ecdh(own: KeyPair, key: Uint8Array): Uint8Array | undefined {
    const name = toHex(own.key) + toHex(key);
    if (!this.#shared.has(name)) this.#shared.set(name, ecdh(own.secret, key));
    return this.#shared.get(name);
  }

  // Whether somebody is known who sent it: the MAC proves it.
  #message(message: Message): boolean {
    const { from, body } = message;
    const key = body.slice(0, KEY_LENGTH);
    if (this.#lines.has(toHex(key))) return true;
    const found = (recipient: Uint8Array, aes: Uint8Array, fixed: Uint8Array): true => {
      this.#lines.set(toHex(key), `E3X_MESSAGE ${toHex(key)} ${toHex(recipient)} ${toHex(aes)} ${toHex(fixed)}`);
      this.#keys.set(from, [key, ...(this.#keys.get(from) ?? [])]);
      this.#tokens.set(toHex(token(key)), key);
      return true;
    };
    const secret = this.#secrets.get(toHex(key));
    for (const own of this.#own) {
      const shared = secret ? undefined : this.#ecdh(own, key);
      const aes = shared && messageKey(shared);
      const brought = aes && this.#brought(open(body, KEY_LENGTH, aes));
      for (const other of brought ? [brought, ...this.#others] : this.#others) {
        const fixed = this.#ecdh(own, other);
        if (!fixed || !authentic(body, KEY_LENGTH, fixed)) continue;
        if (other === brought) this.know(brought);
        // the MAC is the same both ways: what one of the own sent under a KEY that was not overheard opens to nonsense
        if (aes && opens(open(body, KEY_LENGTH, aes))) return found(own.key, aes, fixed);
        const forward = secret && ecdh(secret, other);
        if (forward) return found(other, messageKey(forward), fixed);
      }
    }
    this.#waiting.set(toHex(key), message);
    return false;
  }

  // The identity that a handshake says it is of.
  #brought(inner: Uint8Array): Uint8Array | undefined {
    try {
      const handshake = lob.decode(inner);
      const { body } = isHandshake(handshake) ? lob.decode(handshake.body) : handshake;
      return isHandshake(handshake) && body.length === KEY_LENGTH ? Uint8Array.from(body) : undefined;
    } catch {
      return undefined;
    }
  }

  #channel(body: Uint8Array, from: string): boolean {
    const to = body.slice(0, TOKEN_LENGTH);
    const name = toHex(to);
    if (this.#channels.get(name)?.some((key) => authentic(body, TOKEN_LENGTH, key))) return true;
    const recipient = this.#tokens.get(name);
    if (!recipient) return false;
    for (const sender of (this.#keys.get(from) ?? []).slice(0, SENDERS)) {
      const [own, other] = this.#secrets.has(toHex(sender)) ? [sender, recipient] : [recipient, sender];
      const secret = this.#secrets.get(toHex(own));
      const shared = secret && this.#ecdh({ key: own, secret }, other);
      if (!shared) continue;
      const key = channelKey(shared, sender, recipient);
      if (!authentic(body, TOKEN_LENGTH, key)) continue;
      this.#channels.set(name, [...(this.#channels.get(name) ?? []), key]);
      this.#lines.set(name + toHex(sender), `E3X_CHANNEL ${name} ${toHex(sender)} ${toHex(recipient)} ${toHex(key)}`);
      return true;
    }
    return false;
  }
}
