// Who hears every frame between a device and a gateway and has the secrets of both: takes all apart, and finds what may
// never be there twice.
import {
  CurveJob,
  Joiner,
  Self,
  decompress,
  finish,
  generate,
  isHandshake,
  lob,
  messageBody,
  stampOf,
  toHex,
  token,
} from "../../src/index.ts";
import type { Json, KeyPair, Random } from "../../src/index.ts";
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
  json: Json;
  body: Uint8Array;
}

export class Observer {
  /** What should not have been. */
  readonly faults: string[] = [];
  readonly seen: Seen[] = [];
  /** What was checked, in numbers. */
  readonly counts = { handshakes: 0, messages: 0, packets: 0, sessions: 0, channels: 0 };
  readonly #selves: Partial<Record<Side, Self>> = {};
  // packets of before the device's identity is known
  #waiting: [from: Side, outer: Uint8Array][] | undefined = [];
  readonly #joiners = { device: new Joiner(70000), gateway: new Joiner(70000) };
  readonly #secrets = new Map<string, Uint8Array>();
  // KEYs of each, the latest first
  readonly #keys: Record<Side, Uint8Array[]> = { device: [], gateway: [] };
  readonly #shared = new Map<string, Uint8Array>();
  // by both KEYs: which one it is, and the packets that opened channels
  readonly #sessions = new Map<string, { index: number; opened: Record<Side, Map<number, string>> }>();
  readonly #packets = new Set<string>();
  readonly #ivs = new Set<string>();
  // `at`
  readonly #highest = { device: { handshake: 0, message: 0 }, gateway: { handshake: 0, message: 0 } };

  /** @param pair the gateway's identity */
  constructor(pair: KeyPair) {
    this.#selves.gateway = new Self({ "1a": pair }, () => new Uint8Array(20), 5000);
  }

  /** The device's identity, by the file that it keeps it in, once there is one. */
  know(file: Uint8Array): void {
    if (!this.#waiting) return;
    // eight bytes of check before it
    this.#selves.device = new Self(
      { "1a": { key: file.slice(8, 29), secret: file.slice(29) } },
      () => new Uint8Array(20),
      5000,
    );
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const [from, outer] of waiting) this.#packet(from, outer);
  }

  /** The device's identity; undefined where it is not known yet. */
  get device(): Self | undefined {
    return this.#selves.device;
  }

  /** A source of entropy for the gateway whose ephemeral keys are known here, also when they are wiped there. */
  overhear(random: Random): Random {
    return (n) => {
      const bytes = random(n);
      if (n === 20) this.#secrets.set(toHex(generate(() => bytes)["1a"].key), bytes.slice());
      return bytes;
    };
  }

  /** A packet that was under way is not finished: a side was restarted, or reached the other anew. */
  cut(side: Side): void {
    this.#joiners[side].reset();
  }

  add(from: Side, frame: Uint8Array): void {
    this.#joiners[from].add(frame, (outer) => {
      this.#packet(from, Uint8Array.from(outer));
    });
  }

  #packet(from: Side, outer: Uint8Array): void {
    if (this.#waiting) {
      this.#waiting.push([from, outer]);
      return;
    }
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
    const inner = lob.decode(this.#selves[other[from]]!.decrypt(outer));
    const kind = isHandshake(inner) ? "handshake" : "message";
    const at = stampOf(inner);
    const highest = this.#highest[from];
    if (at <= highest[kind]) this.faults.push(`${from}: ${kind} ${at} after ${highest[kind]}`);
    highest[kind] = at;
    this.counts[`${kind}s`]++;
    this.seen.push({ from, outer, kind, json: { at }, body: inner.body });
  }

  #channel(from: Side, outer: Uint8Array): void {
    const body = outer.subarray(2);
    const to = other[from];
    // to whom by its token; from whom by the MAC
    const remote = this.#keys[to].find((key) => toHex(token(key)) === toHex(body.subarray(0, 16)));
    const found =
      remote &&
      this.#keys[from]
        .slice(0, 3)
        .map((own) => ({ own, key: this.#key(from, own, remote) }))
        .find(({ key }) => authentic(body, 16, key));
    if (!found) {
      this.faults.push(`${from}: a channel packet of nobody`);
      return;
    }
    const { own, key } = found;
    this.#iv(key, body.subarray(16, 20), from);
    const name = [from === "device" ? own : remote, from === "device" ? remote : own].map(toHex).join();
    const session = this.#sessions.get(name) ?? {
      index: this.counts.sessions++,
      opened: { device: new Map<number, string>(), gateway: new Map<number, string>() },
    };
    this.#sessions.set(name, session);
    const payload = open(body, 16, key);
    const packet = payload[0] ? decompress(payload) : lob.decode(payload);
    const { ack: _ack, miss: _miss, ...json } = packet.json!;
    const id = json["c"] as number;
    this.counts.packets++;
    if (json["type"] !== undefined) {
      const opened = session.opened[from];
      const opening = JSON.stringify(json) + toHex(packet.body);
      const before = opened.get(id);
      // that of a reliable channel is sent again where it was lost
      if (before !== undefined && !(json["seq"] === 1 && before === opening))
        this.faults.push(`${from}: session ${session.index}, channel ${id} twice`);
      if (before === undefined && id <= Math.max(0, ...opened.keys()))
        this.faults.push(`${from}: session ${session.index}, channel ${id} after a higher one`);
      if (before === undefined) this.counts.channels++;
      opened.set(id, opening);
    }
    this.seen.push({ from, outer, kind: "channel", session: session.index, json: packet.json!, body: packet.body });
  }

  /** The key of channel packets from one KEY to another. */
  #key(from: Side, own: Uint8Array, remote: Uint8Array): Uint8Array {
    const [mine, theirs] = from === "gateway" ? [own, remote] : [remote, own];
    const name = toHex(mine) + toHex(theirs);
    const shared = this.#shared.get(name) ?? finish(new CurveJob(this.#secrets.get(toHex(mine))!, theirs));
    this.#shared.set(name, shared);
    return channelKey(shared, own, remote);
  }
}
