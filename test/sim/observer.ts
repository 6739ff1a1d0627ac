// Who hears every frame between a device and a gateway and has the secrets of both: takes all apart, and finds what may
// never be there twice.
import { Joiner, Self, finish, CurveJob, generate, isHandshake, lob, messageBody, stampOf, toHex, token } from "../../src/index.ts";
import type { KeyPair, Random } from "../../src/index.ts";
import { decompress } from "../../src/channel/compression.ts";
import { authentic, channelKey, open } from "../../src/cipher/seal.ts";

export type Side = "device" | "gateway";

const other = { device: "gateway", gateway: "device" } as const;

/** A packet on the air. */
export interface Seen {
  from: Side;
  outer: Uint8Array;
  kind: "handshake" | "message" | "channel";
  /** Which session, counted from 0; of channel packets. */
  session?: number;
  json?: { [key: string]: unknown };
}

export class Observer {
  /** What should not have been. */
  readonly faults: string[] = [];
  readonly seen: Seen[] = [];
  /** What was checked, in numbers. */
  readonly counts = { handshakes: 0, messages: 0, packets: 0, sessions: 0, channels: 0 };
  readonly #selves: Partial<Record<Side, Self>> = {};
  readonly #joiners = { device: new Joiner(70000), gateway: new Joiner(70000) };
  readonly #secrets = new Map<string, Uint8Array>();
  // KEYs of each, the latest first
  readonly #keys: Record<Side, Uint8Array[]> = { device: [], gateway: [] };
  readonly #sessions = new Map<string, { index: number; keys: Record<Side, Uint8Array>; ids: Record<Side, Map<number, string>> }>();
  readonly #packets = new Set<string>();
  readonly #ivs = new Set<string>();
  // `at` of handshakes and the packet that had it; the highest `at` of messages
  readonly #handshakes = new Map<string, string>();
  readonly #highest = { device: { handshake: 0, message: 0 }, gateway: { handshake: 0, message: 0 } };

  /** @param pair the gateway's identity */
  constructor(pair: KeyPair) {
    this.#selves.gateway = new Self({ "1a": pair }, () => new Uint8Array(20), 5000);
  }

  /** The device's identity, once it has one. */
  know(pair: KeyPair): void {
    this.#selves.device ??= new Self({ "1a": pair }, () => new Uint8Array(20), 5000);
  }

  /** A source of entropy for the gateway whose ephemeral keys are known here. */
  overhear(random: Random): Random {
    return (n) => {
      const bytes = random(n);
      if (n === 20) this.#secrets.set(toHex(generate(() => bytes)["1a"].key), bytes);
      return bytes;
    };
  }

  /** A packet that was under way is not finished: a side was restarted, or reached the other anew. */
  cut(side: Side): void {
    this.#joiners[side].reset();
  }

  add(from: Side, frame: Uint8Array): void {
    this.#joiners[from].add(frame, (outer) => { this.#packet(from, Uint8Array.from(outer)); });
  }

  #packet(from: Side, outer: Uint8Array): void {
    const whole = toHex(outer);
    // what is sent again as it was tells nothing new
    if (this.#packets.has(whole)) return;
    this.#packets.add(whole);
    if (outer[1] === 0) this.#channel(from, outer);
    else this.#message(from, outer);
  }

  #iv(key: Uint8Array, iv: Uint8Array, from: Side): void {
    const pair = toHex(key) + toHex(iv);
    if (this.#ivs.has(pair)) this.faults.push(`${from}: KEY and IV twice`);
    this.#ivs.add(pair);
  }

  #message(from: Side, outer: Uint8Array): void {
    const body = messageBody(outer);
    const key = body.slice(0, 21);
    this.#iv(key, body.subarray(21, 25), from);
    const keys = this.#keys[from];
    if (!keys[0] || toHex(keys[0]) !== toHex(key)) {
      if (keys.some((old) => toHex(old) === toHex(key))) this.faults.push(`${from}: an old KEY again`);
      keys.unshift(key);
    }
    const reader = this.#selves[other[from]];
    if (!reader) throw new Error("the device's identity is not known");
    const inner = lob.decode(reader.decrypt(outer));
    const kind = isHandshake(inner) ? "handshake" : "message";
    const at = stampOf({ ...inner, ...(kind === "handshake" && { head: new Uint8Array(0) }) });
    const highest = this.#highest[from];
    if (at <= highest[kind]) this.faults.push(`${from}: ${kind} ${at} after ${highest[kind]}`);
    highest[kind] = at;
    this.counts[`${kind}s`]++;
    if (kind === "handshake") {
      const said = `${from} ${at}`;
      if (this.#handshakes.has(said)) this.faults.push(`${from}: handshake ${at} twice`);
      this.#handshakes.set(said, toHex(outer));
    }
    this.seen.push({ from, outer, kind, json: { at } });
  }

  #channel(from: Side, outer: Uint8Array): void {
    const body = outer.subarray(2);
    const to = other[from];
    // to whom by its token; from whom by the MAC
    const remote = this.#keys[to].find((key) => toHex(token(key)) === toHex(body.subarray(0, 16)));
    const found = remote && this.#keys[from].slice(0, 3).map((own) => ({ own, key: this.#key(from, own, remote) })).find(({ key }) => authentic(body, 16, key));
    if (!found) {
      this.faults.push(`${from}: a channel packet of nobody`);
      return;
    }
    const { own, key } = found;
    this.#iv(key, body.subarray(16, 20), from);
    const name = [from === "device" ? own : remote, from === "device" ? remote : own].map(toHex).join();
    const session = this.#sessions.get(name) ?? {
      index: this.counts.sessions++, keys: { [from]: own, [to]: remote } as Record<Side, Uint8Array>, ids: { device: new Map(), gateway: new Map() },
    };
    this.#sessions.set(name, session);
    const { json, body: content } = decompress(open(body, 16, key));
    this.counts.packets++;
    const { c, type, seq, ack: _ack, miss: _miss, ...more } = json as { c: number; type?: string; seq?: number; ack: unknown; miss: unknown };
    if (type !== undefined) {
      const ids = session.ids[from];
      const opening = JSON.stringify([type, seq, more, toHex(content)]);
      const before = ids.get(c);
      // the first packet of a reliable one may have been lost
      if (before !== undefined && !(seq === 1 && before === opening)) this.faults.push(`${from}: session ${session.index}, channel ${c} twice`);
      if (before === undefined) {
        if (c <= Math.max(0, ...ids.keys())) this.faults.push(`${from}: session ${session.index}, channel ${c} after a higher one`);
        this.counts.channels++;
      }
      ids.set(c, opening);
    }
    this.seen.push({ from, outer, kind: "channel", session: session.index, json: json! });
  }

  /** The key of channel packets from one KEY to another. */
  #key(from: Side, own: Uint8Array, remote: Uint8Array): Uint8Array {
    const [mine, theirs] = from === "gateway" ? [own, remote] : [remote, own];
    const shared = finish(new CurveJob(this.#secrets.get(toHex(mine))!, theirs));
    return channelKey(shared, own, remote);
  }
}
