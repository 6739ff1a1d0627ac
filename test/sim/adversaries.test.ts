// Each adversary against small honest networks, where it gets nothing and all goes on when it is over; and against networks
// that are broken on purpose, where it does.
import test from "ava";
import {
  CurveJob,
  Endpoint,
  Exchange,
  Joiner,
  Pipe,
  Self,
  cloak,
  finish,
  generate,
  isHandshake,
  lob,
  messageKey,
  split,
  stamp,
  toBase32,
  toHex,
} from "../../src/index.ts";
import type { KeyPair, Link } from "../../src/index.ts";
import { seal } from "../../src/cipher/seal.ts";
import { Adversaries } from "../../sim/adversaries/index.ts";
import type { Adversary } from "../../sim/adversaries/index.ts";
import { Gateway, SimError, Simulator, emptyOutput } from "../../sim/index.ts";
import type { MediumOptions, Node, Output, SimEvent, StationOptions } from "../../sim/index.ts";
import type { AdversaryOf } from "../../sim/scenario.ts";
import type { Position } from "../../sim/media/propagation.ts";
import { Pair } from "./pair.ts";
import { randomOf } from "../../sim/random.ts";

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));
const pairOf = (name: string): KeyPair => generate(randomOf(1, `identity/${name}`))["1a"];

const key = pairOf("gateway");

/** A device of the host: links, and says something every so many ms. */
class Mote implements Node {
  readonly pair: KeyPair;
  readonly #name: string;
  readonly #pipe: Pipe;
  readonly #endpoint: Endpoint;
  readonly #link: Link;
  readonly #net: Net;
  readonly #every: number;
  #due: number;
  #n = 0;

  constructor(name: string, net: Net, every: number, start: number) {
    this.#net = net;
    this.#name = name;
    this.pair = pairOf(name);
    this.#pipe = new Pipe({ mtu: net.mtu, limit: 5000 });
    this.#endpoint = new Endpoint({
      pairs: { "1a": this.pair },
      random: randomOf(1, name),
      patience: 30,
      events: {
        message: (_link, data) => {
          this.#net.received.push({
            device: this.#name,
            time: this.#net.simulator.time / 1000,
            content: Uint8Array.from(data),
          });
        },
        down: () => {
          this.again();
        },
      },
    });
    this.#link = this.#endpoint.link(key.key);
    this.#every = every;
    this.#due = start;
  }

  frame(time: number, bytes: Uint8Array, from: string): Output {
    if (from === "gateway") this.#endpoint.receive(this.#pipe, bytes, time / 1000);
    return this.run(time);
  }

  link(time: number, from: string, up: boolean): Output {
    if (from === "gateway" && up) this.#pipe.restart();
    return this.run(time);
  }

  get up(): boolean {
    return this.#link.up === true;
  }

  /** Shakes hands anew. */
  again(): void {
    this.#link.connect(this.#pipe);
  }

  /** It says nothing more by itself. */
  stop(): void {
    this.#due = Infinity;
  }

  run(time: number): Output {
    if (time >= this.#due) {
      if (!this.#link.pipe) this.again();
      const content = bytesOf(`reading ${this.#name} ${this.#n++}`);
      // as long as it is not linked that is enough that waits
      if (this.#link.up || this.#n < 4) {
        this.#net.sent.push(content);
        this.#link.send(content);
      }
      this.#due += this.#every;
    }
    this.#endpoint.poll(time / 1000);
    const output = { ...emptyOutput(time), to: [] as string[] };
    for (let frame = this.#pipe.frame(); frame; frame = this.#pipe.frame()) {
      output.frames.push(frame);
      output.times.push(time);
      output.to.push("gateway");
    }
    const next = this.#endpoint.poll(time / 1000);
    output.next = Math.min(this.#due, next === undefined ? Infinity : Math.max(time + 1, Math.ceil(next * 1000)));
    return output;
  }
}

interface NetOptions {
  media: MediumOptions;
  /** In place of the gateway. */
  gateway?: Gateway;
  motes?: number;
  every?: number;
  radio?: StationOptions["radio"];
  positions?: { [name: string]: Position };
  secrets?: Uint8Array[];
}

/** A gateway that lets nobody link but its devices, these, and adversaries. */
class Net {
  readonly simulator: Simulator;
  readonly gateway: Gateway;
  readonly adversaries: Adversaries;
  readonly sent: Uint8Array[] = [];
  readonly received: { device: string; time: number; content: Uint8Array }[] = [];
  readonly motes: Mote[] = [];
  readonly #options: NetOptions;

  constructor(options: NetOptions) {
    this.#options = options;
    const { media, gateway, positions = {}, secrets = [] } = options;
    this.simulator = new Simulator({
      seed: 1,
      media: { radio: media },
      sink: null,
      observe: (event) => {
        this.adversaries.observe(event);
      },
    });
    this.gateway = gateway ?? new Gateway({ pair: key, random: randomOf(1, "gateway"), mtu: this.mtu });
    this.adversaries = new Adversaries({
      simulator: this.simulator,
      media: { radio: media },
      gateways: { gateway: { gateway: this.gateway, pairing: "none" } },
      sent: this.sent,
      received: this.received,
      secrets: () => [key.secret, ...this.motes.map(({ pair }) => pair.secret), ...secrets],
      identity: (device) => ({ pair: pairOf(device), gateway: "gateway" }),
      position: (name) => positions[name],
    });
  }

  get mtu(): number {
    return Math.min(this.simulator.medium().frameSize, 256);
  }

  async begin(): Promise<this> {
    const { motes = 3, every = 4000, positions = {}, radio } = this.#options;
    const place = (name: string): StationOptions => (positions[name] ? { position: positions[name] } : {});
    await this.simulator.addNode("gateway", this.adversaries.expose(this.gateway, this.gateway), {
      ...place("gateway"),
      ...(radio && { radio: { gateway: true, ...radio } }),
    });
    for (let i = 0; i < motes; i++) {
      const name = `mote-${i}`;
      const mote = new Mote(name, this, every, 500 + (i * every) / motes);
      this.motes.push(mote);
      this.gateway.endpoint?.link?.(mote.pair.key);
      await this.simulator.addNode(name, this.adversaries.expose(mote), { ...place(name), ...(radio && { radio }) });
    }
    return this;
  }

  async add(options: AdversaryOf): Promise<Adversary> {
    const one = this.adversaries.add(options, options.position as Position | undefined);
    if (one.station) await this.simulator.addNode(one.name, one.node, one.station);
    return one;
  }

  pass(seconds: number): Promise<void> {
    return this.simulator.runUntil(this.simulator.time + seconds * 1000);
  }

  /** Says something to every device. */
  async say(text: string): Promise<void> {
    for (const link of this.gateway.links) {
      const content = bytesOf(`${text} ${toBase32(link.exchange.key).slice(0, 6)}`);
      this.sent.push(content);
      this.gateway.send(content, link);
    }
    await this.simulator.poke("gateway");
  }

  /** Share of what is sent in so many seconds from now on that arrives, each within two more. */
  async delivery(seconds: number): Promise<number> {
    const before = this.sent.length;
    await this.pass(seconds);
    const sent = this.sent.slice(before).map((content) => toHex(content));
    await this.pass(2);
    const came = new Set(this.gateway.messages.map(({ content }) => toHex(content)));
    return sent.filter((content) => came.has(content)).length / sent.length;
  }
}

const ideal = { kind: "ideal", frameSize: 20, latency: 5 } as const;
const physical: MediumOptions[] = [
  { kind: "802.15.4" },
  { kind: "lora", dutyCycle: 1, channels: [868.1], spreading: 7 },
  { kind: "ble", central: "gateway" },
  { kind: "nrf24" },
  { kind: "advertising" },
  { kind: "udp" },
];
const all = [ideal, ...physical];

const attacks: { options: AdversaryOf; media: MediumOptions[]; did: string }[] = [
  { options: { name: "eve", kind: "sniffer" }, media: all, did: "packets" },
  { options: { name: "eve", kind: "replayer", after: 1.3 }, media: all, did: "said" },
  { options: { name: "eve", kind: "bit-flipper", share: 0.5, bits: 2 }, media: all, did: "said" },
  { options: { name: "eve", kind: "flooder", rate: 2.7 }, media: all, did: "handshakes" },
  { options: { name: "eve", kind: "jammer", ms: 120, every: 870 }, media: all, did: "bursts" },
  { options: { name: "eve", kind: "jammer", ms: 20, reactive: true }, media: physical, did: "bursts" },
  { options: { name: "eve", kind: "clone", of: "mote-1", at: 15 }, media: all, did: "taken" },
];

for (const { options, media, did } of attacks) {
  test(`${options.kind}${"reactive" in options ? ", reactive" : ""}: gets nothing, and all goes on when it is over`, async (t) => {
    for (const medium of media) {
      const net = await new Net({ media: medium, ...(medium.kind === "lora" && { radio: {} }) }).begin();
      const eve = await net.add(options);
      await net.pass(20);
      await net.say("order");
      const meanwhile = await net.delivery(10);
      // where nobody takes anybody's time
      if (["sniffer", "flooder", "jammer"].includes(options.kind) && ["ideal", "udp"].includes(medium.kind))
        t.is(meanwhile, 1);
      t.true(eve.stats[did]! > 0, `${medium.kind}: ${JSON.stringify(eve.stats)}`);
      eve.stop();
      // who was cloned takes its place back, once its numbers are higher
      for (let i = 0; i < 6 && options.kind === "clone"; i++) {
        net.motes[1]!.again();
        await net.pass(2);
      }
      // who could not link tries again after half a minute
      await net.pass(75);
      const share = await net.delivery(30);
      t.true(share >= 0.95, `${medium.kind}: ${share}`);
      t.deepEqual(net.adversaries.breaches(), [], medium.kind);
      t.true(net.gateway.links.every(({ up }) => up) && net.gateway.links.length === 3, medium.kind);
      await net.simulator.close();
    }
  });
}

test("what an adversary does follows from the seed", async (t) => {
  const play = async (): Promise<string> => {
    const net = await new Net({ media: { kind: "802.15.4" } }).begin();
    const said: string[] = [];
    const { observe } = net.adversaries;
    net.adversaries.observe = (event) => {
      observe.call(net.adversaries, event);
      if (event.kind === "air")
        said.push(`${event.time} ${event.transmission.from} ${toHex(event.transmission.bytes)}`);
    };
    for (const { options } of attacks)
      await net.add({ ...options, name: `${options.kind}${said.length}${net.adversaries.all.size}` });
    await net.pass(30);
    return [...said, ...[...net.adversaries.all.values()].map(({ stats }) => JSON.stringify(stats))].join("\n");
  };
  const first = await play();
  t.true(first.length > 10000);
  t.is(await play(), first);
});

test("a sniffer hears from where it is", async (t) => {
  const positions: { [name: string]: Position } = { gateway: [0, 0], "mote-0": [10, 0], "mote-1": [-10, 0] };
  for (const [media, far] of [
    [{ kind: "802.15.4" }, 1000],
    [{ kind: "lora", dutyCycle: 1 }, 20000],
    [{ kind: "nrf24" }, 1000],
  ] as [MediumOptions, number][]) {
    const net = await new Net({ media, motes: 2, positions, ...(media.kind === "lora" && { radio: {} }) }).begin();
    const near = await net.add({ name: "near", kind: "sniffer", position: [0, 20] });
    const away = await net.add({ name: "away", kind: "sniffer", position: [0, far] });
    const ears = await net.add({ name: "ears", kind: "sniffer", position: [0, far], radio: { sensitivity: -200 } });
    await net.pass(15);
    t.true(near.stats["packets"]! > 5, media.kind);
    t.is(away.stats["frames"], 0, media.kind);
    t.is(ears.stats["frames"], near.stats["frames"], media.kind);
    await net.simulator.close();
  }
});

test("nobody gets between the ends of a serial line, but it may be heard", async (t) => {
  const net = await new Net({ media: { kind: "serial", baud: 115200 }, motes: 1 }).begin();
  const one = await net.add({ name: "eve", kind: "sniffer" });
  await t.throwsAsync(net.add({ name: "mallory", kind: "replayer", after: 1 }), {
    instanceOf: SimError,
    code: "options",
  });
  await t.throwsAsync(net.add({ name: "nobody", kind: "sniffer", media: ["none"] }), {
    instanceOf: SimError,
    code: "options",
  });
  await net.pass(10);
  t.true(one.stats["packets"]! > 3);
  t.deepEqual(net.adversaries.breaches(), []);
});

// ---- networks that are broken

/** Says what it is given, as it is, in frames of so many bytes. */
class Talker implements Node {
  readonly #frames: Uint8Array[];

  constructor(bytes: Uint8Array, size = 20) {
    this.#frames = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.slice(i * size, (i + 1) * size),
    );
  }

  frame(time: number): Output {
    return emptyOutput(time);
  }

  run(time: number): Output {
    return { ...emptyOutput(time), frames: this.#frames, times: this.#frames.map(() => time) };
  }
}

test("a sniffer finds what is said in clear: in a frame, across frames, in packets, cloaked, and secrets in their forms", async (t) => {
  const content = bytesOf("23.5 degrees in the cellar");
  const secret = randomOf(1, "secret")(20);
  const around = (bytes: Uint8Array): Uint8Array => Uint8Array.from([...bytesOf("the temperature: "), ...bytes, 0x2e]);
  const joined = (frames: Uint8Array[]): Uint8Array => Uint8Array.from(frames.flatMap((frame) => [...frame]));
  const cases: [string, Uint8Array, number, string | undefined][] = [
    ["one frame", around(content), 64, "a message"],
    ["across frames", around(content), 7, "a message"],
    ["a packet", joined(split(around(content), 5)), 5, "a message"],
    ["cloaked", joined(split(cloak(Uint8Array.of(0, 0, ...content), randomOf(1, "cloak"), 1), 20)), 20, "a message"],
    ["a secret", around(secret), 20, "a secret key"],
    ["in hex", around(bytesOf(toHex(secret))), 20, "a secret key"],
    ["in base32", around(bytesOf(toBase32(secret))), 20, "a secret key"],
    ["something else", around(content.toReversed()), 20, undefined],
    ["too short", around(content.slice(0, 5)), 20, undefined],
  ];
  for (const [what, bytes, size, found] of cases) {
    const net = await new Net({ media: { ...ideal, frameSize: 64 }, motes: 1, secrets: [secret] }).begin();
    await net.add({ name: "eve", kind: "sniffer" });
    await net.simulator.addNode("talker", new Talker(bytes, size));
    await net.pass(1);
    // what was sent is known only afterwards
    net.sent.push(content);
    const breaches = net.adversaries.breaches();
    t.deepEqual(
      breaches.map(({ text }) => text),
      found ? [`talker says ${found} in clear`] : [],
      what,
    );
    if (found) t.is(breaches[0]!.adversary, "eve");
    t.deepEqual(net.adversaries.breaches(), breaches, what);
  }
});

/** Takes whatever can be decrypted from whoever says so, answers all, and never forgets. */
class Naive implements Node {
  readonly key = key.key;
  readonly messages: { time: number; sender: string; at: number; content: Uint8Array }[] = [];
  readonly drops = {};
  readonly ups = 0;
  readonly links: { up: boolean; exchange: { key: Uint8Array; in: number }; pipe: string; state: number[] }[] = [];
  readonly endpoint = { kept: [] as Uint8Array[] };
  readonly #joiners = new Map<string, Joiner>();
  readonly #self = new Self({ "1a": key }, randomOf(1, "naive"));
  readonly #moves: boolean;

  constructor(moves = true) {
    this.#moves = moves;
  }

  get gateway(): Gateway {
    return this as unknown as Gateway;
  }

  frame(time: number, bytes: Uint8Array, from: string): Output {
    const output = { ...emptyOutput(time), to: [] as string[] };
    const joiner = this.#joiners.get(from) ?? new Joiner(1000);
    this.#joiners.set(from, joiner);
    joiner.add(bytes, (outer) => {
      this.endpoint.kept.push(outer);
      let inner: lob.Packet;
      try {
        inner = lob.decode(this.#self.decrypt(outer));
      } catch {
        return;
      }
      if (isHandshake(inner)) {
        const { body } = lob.decode(inner.body);
        this.links.push({ up: true, exchange: { key: body, in: 1 }, pipe: from, state: [0, 0, 0, 0] });
        output.frames.push(Uint8Array.of(2, 1, 1, 0));
        output.times.push(time);
        output.to.push(from);
        return;
      }
      const [link] = this.links;
      if (link && this.#moves) link.pipe = from;
      this.messages.push({
        time,
        sender: link ? toBase32(link.exchange.key) : "nobody",
        at: inner.head.at(-1) ?? 0,
        content: inner.body,
      });
    });
    return output;
  }

  run(time: number): Output {
    return emptyOutput(time);
  }
}

/** A network with a naive gateway and one device, which has linked before somebody comes. */
async function naive(
  options: AdversaryOf,
  gateway = new Naive(),
): Promise<{ net: Net; texts: () => string[]; gateway: Naive }> {
  const net = await new Net({ media: { ...ideal, frameSize: 200 }, gateway: gateway.gateway, motes: 0 }).begin();
  const pair = pairOf("mote-0");
  let n = 0;
  const exchange = new Exchange(new Self({ "1a": pair }, randomOf(1, "device")), key.key);
  const say = (outer: Uint8Array): void => {
    for (const frame of split(outer, 200)) net.simulator.inject("mote-0", frame, "gateway");
  };
  await net.simulator.addNode("mote-0", { frame: (time) => emptyOutput(time), run: (time) => emptyOutput(time) });
  say(exchange.handshake());
  await net.pass(1);
  await net.add(options);
  for (let i = 0; i < 20; i++) {
    net.simulator.schedule(net.simulator.time + 500 * i, () => {
      const content = bytesOf(`something ${++n}`);
      net.sent.push(content);
      say(exchange.encrypt(stamp(n, 0, content)));
    });
  }
  await net.pass(20);
  return { net, gateway, texts: () => net.adversaries.breaches().map(({ text }) => text) };
}

test("a replayer is found out where what it says again is taken, and where it draws answers to itself", async (t) => {
  const { texts } = await naive({ name: "mallory", kind: "replayer", after: 2 });
  t.true(texts().some((text) => /^gateway has accepted message 1 of \w+ twice$/.test(text)));
  t.true(texts().includes("a gateway answers to it in place of a device, for nothing new"));
  const { texts: others } = await naive({ name: "mallory", kind: "replayer", after: 2 }, new Naive(false));
  t.false(others().includes("a gateway answers to it in place of a device, for nothing new"));
});

test("a gateway that has lost its state takes old messages again: a replayer shows it", async (t) => {
  const net = await new Net({ media: ideal, motes: 1 }).begin();
  await net.add({ name: "mallory", kind: "replayer", after: 30 });
  await net.pass(20);
  t.true(net.gateway.messages.length > 3);
  // the device says nothing meanwhile
  net.motes[0]!.stop();
  net.gateway.restart(true);
  await net.pass(40);
  const texts = net.adversaries.breaches().map(({ text }) => text);
  t.true(
    texts.some((text) => text.endsWith("twice")),
    texts.join(),
  );
});

test("a device that takes a message twice is found out", async (t) => {
  const net = await new Net({ media: ideal, motes: 1 }).begin();
  const one = await net.add({ name: "mallory", kind: "replayer", after: 1 });
  await net.pass(5);
  await net.say("order");
  await net.pass(3);
  t.is(net.received.length, 1);
  t.deepEqual(one.breaches(), []);
  net.received.push({ ...net.received[0]!, time: net.received[0]!.time + 1 });
  net.received.push({ ...net.received[0]!, content: bytesOf("never sent") });
  t.deepEqual(
    one
      .breaches()
      .map(({ text }) => text)
      .sort(),
    ["mote-0 has accepted a message of 10 bytes that nobody has sent", "mote-0 has accepted a message twice"],
  );
});

test("a bit-flipper is found out where changed packets are taken", async (t) => {
  const { texts } = await naive({ name: "mallory", kind: "bit-flipper", share: 1, bits: 1 });
  t.true(texts().some((text) => text.endsWith("bytes that nobody has sent")));
});

test("a flooder is found out where it links, is answered, or fills the memory", async (t) => {
  const { texts, gateway } = await naive({ name: "mallory", kind: "flooder", rate: 20 });
  t.true(gateway.links.length > 100);
  const all = texts();
  t.true(all.includes("gateway, which lets nobody link, has linked with it"));
  t.true(all.includes("gateway, which lets nobody link, answers it"));
  // without the links only what it keeps is left
  const keeps = new Naive();
  keeps.links.push = () => 0;
  const { texts: kept } = await naive({ name: "mallory", kind: "flooder", rate: 20 }, keeps);
  t.true(
    kept().some((text) => /^gateway keeps \d+ entries after \d+ handshakes that it has refused$/.test(text)),
    kept().join(),
  );
});

test("a crash of a device is everybody's who has said something", async (t) => {
  const net = await new Net({ media: ideal, motes: 1 }).begin();
  const eve = await net.add({ name: "eve", kind: "sniffer" });
  const mallory = await net.add({ name: "mallory", kind: "bit-flipper", share: 1 });
  await net.pass(5);
  net.adversaries.observe({ kind: "log", time: 5000, at: "mote-0", text: "Uncaught Error: it is broken" });
  net.adversaries.observe({ kind: "log", time: 5000, at: "mote-0", text: "not so bad" });
  t.deepEqual(eve.breaches(), []);
  t.deepEqual(mallory.breaches(), [{ adversary: "mallory", time: 5, text: "mote-0: Uncaught Error: it is broken" }]);
});

test("a clone is found out where it reads, speaks without a handshake, or has a link of its own", async (t) => {
  // the device's ephemeral key is its identity: who has that has all
  const pair = pairOf("mote-0");
  const shared = finish(new CurveJob(pair.secret, key.key));
  const content = bytesOf("sent with a key that is kept");
  const outer = seal(
    Uint8Array.of(0, 1, 0x1a),
    pair.key,
    messageKey(shared),
    shared,
    Uint8Array.of(1, 2, 3, 4),
    stamp(1, 0, content),
  );
  const { net, texts, gateway } = await naive({ name: "mallory", kind: "clone", of: "mote-0", at: 12 });
  t.true(gateway.messages.some(({ content: came }) => toHex(came) === toHex(bytesOf("clone mallory 1"))));
  t.true(net.adversaries.cloned(bytesOf("clone mallory 1")));
  t.false(net.adversaries.cloned(content));
  t.deepEqual(texts().sort(), [
    "a gateway answers to it in place of a device, for nothing new",
    "gateway has accepted a message under a KEY that no handshake has brought",
    "gateway has more than one link with one identity",
  ]);
  net.sent.push(content);
  for (const frame of split(outer, 200)) net.simulator.inject("mote-0", frame, "gateway");
  await net.pass(1);
  t.true(texts().includes("it reads a message that mote-0 has sent"));
});

// ---- a device with the real bundle

test("a Puck.js under all of them at once: nothing is taken, and its channels go on when they are over", async (t) => {
  // what it says now and then
  const contents: Uint8Array[] = [bytesOf("reading")];
  const told: ((event: SimEvent) => void)[] = [];
  const pair = new Pair({
    app: "chatter",
    config: { packets: 5, pace: 250, filling: "", pings: true },
    observe: (event) => {
      for (const one of told) one(event);
    },
  });
  // those who come later are no concern of its
  const add = pair.observer.add.bind(pair.observer);
  pair.observer.add = (from, frame) => {
    if (["device", "gateway"].includes(from)) add(from, frame);
  };
  let ended = 0;
  const came: string[] = [];
  pair.gateway.handle("log", (channel) => {
    channel.on = (event, data) => {
      if (event !== "packet") return;
      const { json, body } = data as lob.Packet;
      if (body.length) {
        came.push(Buffer.from(body).toString());
        contents.push(Uint8Array.from(body));
      }
      if (!json!["end"]) return;
      ended++;
      channel.send({ end: true });
    };
  });
  t.true(await pair.start());
  const media: { [name: string]: MediumOptions } = { air: { kind: "ideal", frameSize: 20, latency: 5 } };
  const secrets = (): Uint8Array[] => [pair.observer.device!.identity().secret];
  const adversaries = new Adversaries({
    simulator: pair.simulator,
    media,
    gateways: { gateway: { gateway: pair.gateway, pairing: "none" } },
    sent: contents,
    secrets,
  });
  told.push((event) => {
    adversaries.observe(event);
  });
  const options: AdversaryOf[] = [
    { name: "a", kind: "sniffer" },
    { name: "b", kind: "replayer", after: 2, share: 0.3 },
    { name: "c", kind: "bit-flipper", share: 0.05 },
    { name: "d", kind: "flooder", rate: 2 },
    { name: "e", kind: "jammer", ms: 10, every: 900 },
  ];
  for (const one of options) {
    const adversary = adversaries.add(one);
    if (adversary.station) await pair.simulator.addNode(one.name, adversary.node, adversary.station);
  }
  await pair.pass(30);
  for (const one of adversaries.all.values()) {
    t.true(
      Object.values(one.stats).some((count) => count > 0),
      one.name,
    );
    one.stop();
  }
  const before = ended;
  await pair.pass(3);
  await pair.restart("device");
  t.true(await pair.until(() => ended > before, 60));
  t.deepEqual(adversaries.breaches(), []);
  t.deepEqual(
    came.filter((text, i) => came.indexOf(text) !== i),
    [],
  );
  t.is(pair.gateway.links.length, 1);
  t.deepEqual(
    pair.logs.filter((text) => text.startsWith("Uncaught")),
    [],
  );
  await pair.close();
});
