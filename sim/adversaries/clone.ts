// A clone: has stolen a device's identity, not its numbers, and starts later. Nothing tells it from the original: whose
// handshake has the higher `at` has the link (e3x/handshake.md). It tries numbers that grow until one is answered, and the
// gateway then refuses what the device says (INVALIDATED), and its handshakes (STALE), until their numbers are higher. Both
// are seen in turn, as one whose session is new each time: "linked" in the gateway's log; stats.taken.
//
// What E3X promises even so, and what is looked for here:
// - what the device had sent before stays closed, messages and channels: their keys are gone, or the gateway's;
//   (what was sent to the device as messages does not: their key follows from the identity)
// - as long as the device's session lives, a message under another KEY is refused, whatever its `at`;
// - there is one link for one identity.

import {
  CurveJob,
  Endpoint,
  Exchange,
  KEY_LENGTH,
  Pipe,
  Self,
  finish,
  lob,
  messageKey,
  stamp,
  toHex,
} from "../../src/index.ts";
import type { Link } from "../../src/index.ts";
import { CHANNEL_OVERHEAD, SEAL_LENGTH, TOKEN_LENGTH, authentic, channelKey, open } from "../../src/cipher/seal.ts";
import type { Position } from "../media/propagation.ts";
import type { AdversaryOf } from "../scenario.ts";
import { emptyOutput } from "../types.ts";
import type { Node, Output } from "../types.ts";
import { Actor, plain } from "./actor.ts";
import type { Heard } from "./actor.ts";
import type { Shared, Stolen } from "./view.ts";

/** Packets of the device that it has recorded when it gets the identity. */
const RECORDED = 1000;

/** ms from one of its handshakes or messages to the next, and from the first message, which goes without a handshake. */
const PACE = 10000;
const PROBE = 5000;

/** By how much the `at` of its next handshake is higher than that of the last, which nobody has answered. */
const STEP = 8;

/** `at` of what it says without a handshake: above all that the device has said. */
const HIGH = 0x7fffffff;

export class Clone extends Actor {
  override readonly node: Node;
  readonly #of: string;
  readonly #at: number;
  #stolen: Stolen | undefined;
  #endpoint: Endpoint | undefined;
  #link: Link | undefined;
  #pipe!: Pipe;
  #due = 0;
  #recorded: { outer: Uint8Array; heard: Heard }[] = [];
  /** KEYs that were heard last: of the device, and of its gateway. */
  #keys: { [from: string]: Uint8Array } = {};
  readonly #shared = new Map<string, Uint8Array | undefined>();
  /** What the gateway must not take, and the endpoint that it was said to. */
  #probe: { content: Uint8Array; to: Endpoint } | undefined;
  #sent = new Set<string>();
  #known = 0;

  constructor(options: AdversaryOf & { kind: "clone" }, view: Shared, position: Position | undefined) {
    super(options, view, position, "both");
    this.#of = options.of;
    this.#at = options.at * 1000;
    Object.assign(this.stats, { readable: 0, sent: 0, taken: 0 });
    this.node = {
      run: (time) => this.#run(time),
      frame: (time, bytes, from) => {
        if (from === this.#stolen?.gateway && this.#endpoint) this.#endpoint.receive(this.#pipe, bytes, time / 1000);
        return this.#run(time);
      },
      link: (time, from, up) => {
        if (up && from === this.#stolen?.gateway) this.#pipe?.restart();
        return this.#run(time);
      },
    };
  }

  protected override packet(outer: Uint8Array, _frames: readonly Uint8Array[], heard: Heard): void {
    const { from, to } = heard;
    if (from !== this.#of && to !== this.#of) return;
    const one = { outer: plain(outer), heard };
    if (this.#stolen) this.#read(one);
    else {
      this.#recorded.push(one);
      if (this.#recorded.length > RECORDED) this.#recorded.shift();
    }
  }

  protected override finish(): void {
    const { gateways } = this.view;
    const stolen = this.#stolen;
    if (!stolen) return;
    const { gateway, accepted = gateway.messages } = gateways[stolen.gateway]!;
    const own = gateway.links.filter(({ exchange }) => toHex(exchange.key) === toHex(stolen.pair.key));
    if (own.length > 1) this.breach(this.time, `${stolen.gateway} has more than one link with one identity`);
    const probe = this.#probe;
    if (!probe) return;
    const found = accepted.find(({ content }) => Buffer.compare(content, probe.content) === 0);
    if (found && gateway.endpoint === probe.to)
      this.breach(found.time, `${stolen.gateway} has accepted a message under a KEY that no handshake has brought`);
  }

  #run(time: number): Output | Promise<Output> {
    if (this.stopped) return emptyOutput(time);
    if (this.#endpoint) return this.#act(time);
    if (time < this.#at) return emptyOutput(time, this.#at);
    const stolen = this.view.identity?.(this.#of);
    return stolen instanceof Promise ? stolen.then((one) => this.#begin(time, one)) : this.#begin(time, stolen);
  }

  #begin(time: number, stolen: Stolen | undefined): Output {
    // the device has none yet
    if (!stolen) return emptyOutput(time, time + 1000);
    this.#stolen = stolen;
    const { gateway } = this.view.gateways[stolen.gateway]!;
    const random = (n: number): Uint8Array => this.bytes(n);
    for (const one of this.#recorded) this.#read(one);
    this.#recorded = [];
    const [medium] = this.media;
    const mtu = Math.min(this.view.simulator.medium(medium).frameSize, 256);
    this.#pipe = new Pipe({ mtu, limit: 70000 });
    const pairs = { "1a": stolen.pair };
    this.#endpoint = new Endpoint({
      pairs,
      random,
      events: {
        up: () => {
          this.stats["taken"]!++;
        },
      },
    });
    this.#link = this.#endpoint.link(gateway.key);
    this.since = time;
    this.#due = time + PROBE;
    if (gateway.links.some(({ up, exchange }) => up && toHex(exchange.key) === toHex(stolen.pair.key))) {
      const content = this.#content();
      this.#probe = { content, to: gateway.endpoint };
      this.#pipe.send(new Exchange(new Self(pairs, random), gateway.key).encrypt(stamp(HIGH, 0, content)));
    }
    return this.#act(time);
  }

  #act(time: number): Output {
    const endpoint = this.#endpoint!;
    const link = this.#link!;
    if (time >= this.#due) {
      if (link.up) link.send(this.#content());
      else {
        link.exchange.out = Math.max(1, link.exchange.out) * STEP;
        link.connect(this.#pipe);
      }
      this.#due = time + PACE;
    }
    const output = { ...emptyOutput(time), to: [] as string[] };
    const wake = endpoint.drain(time / 1000, {
      write: (_pipe, frame) => {
        output.frames.push(frame);
        output.times.push(time);
        output.to.push(this.#stolen!.gateway);
        this.stats["said"]!++;
      },
    });
    output.next = Math.min(this.#due, wake ? Math.max(time + 1, Math.ceil(wake.at * 1000)) : Infinity);
    return output;
  }

  #content(): Uint8Array {
    const content = Uint8Array.from(Buffer.from(`clone ${this.name} ${++this.stats["sent"]!}`));
    this.contents.push(content);
    return content;
  }

  /** Tries to read what the device has sent, and the packets of channels of both, by all that follows from its identity. */
  #read({ outer, heard: { from, end } }: { outer: Uint8Array; heard: Heard }): void {
    const { pair, gateway: name } = this.#stolen!;
    const gateway = this.view.gateways[name]!.gateway.key;
    let packet;
    try {
      packet = lob.decode(outer);
    } catch {
      return;
    }
    const body = Uint8Array.from(packet.body);
    if (packet.head.length === 1 && body.length >= KEY_LENGTH + SEAL_LENGTH) {
      const key = body.slice(0, KEY_LENGTH);
      this.#keys[from] = key;
      for (const other of [key, gateway]) {
        const shared = this.#ecdh(pair.secret, other);
        if (!shared || !this.#opens(open(body, KEY_LENGTH, messageKey(shared)))) continue;
        if (from === this.#of) this.breach(end, `it reads a message that ${this.#of} has sent`);
        else this.stats["readable"]!++;
      }
    } else if (!packet.head.length && body.length >= CHANNEL_OVERHEAD) {
      const own = this.#keys[this.#of];
      const its = this.#keys[name];
      if (!own || !its) return;
      for (const other of [own, its, gateway]) {
        const shared = this.#ecdh(pair.secret, other);
        if (!shared) continue;
        const opened = [channelKey(shared, own, its), channelKey(shared, its, own)].some((key) =>
          authentic(body, TOKEN_LENGTH, key),
        );
        if (opened) this.breach(end, `it reads a channel between ${this.#of} and ${name}`);
      }
    }
  }

  #opens(inner: Uint8Array): boolean {
    const { sent } = this.view;
    for (; this.#known < sent.length; this.#known++) this.#sent.add(toHex(sent[this.#known]!));
    try {
      return this.#sent.has(toHex(lob.decode(inner).body));
    } catch {
      return false;
    }
  }

  #ecdh(secret: Uint8Array, key: Uint8Array): Uint8Array | undefined {
    const name = toHex(key);
    if (!this.#shared.has(name)) {
      let shared: Uint8Array | undefined;
      try {
        shared = finish(new CurveJob(secret, key));
      } catch {
        // no point of the curve
      }
      this.#shared.set(name, shared);
    }
    return this.#shared.get(name);
  }
}
