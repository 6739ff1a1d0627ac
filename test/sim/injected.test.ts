// Somebody who has recorded all that was on the air puts it there again, changed or not, and what they made up, while a
// device and its gateway talk: nothing of it is taken, answered or passes for something else.
import test from "ava";
import { Exchange, Joiner, Pipe, Self, cloak, generate, lob, split, stamp, toHex } from "../../src/index.ts";
import type { Packet } from "../../src/index.ts";
import { emptyOutput } from "../../sim/index.ts";
import type { Node, Output, SimEvent } from "../../sim/index.ts";
import type { Seen } from "./observer.ts";
import { Pair } from "./pair.ts";
import { randomOf } from "../../sim/random.ts";

const config = { packets: 60, pace: 0, filling: "x".repeat(30), pings: true };

/** What is put on the air, and the codes of which one is to be counted. */
interface Forged {
  what: string;
  outer: Uint8Array;
  codes: string[];
}

function flip(outer: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(outer);
  changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
}

// what a packet of another form may be refused as, before anything is decrypted
const FORM = [
  "PACKET_TOO_SHORT",
  "PACKET_LENGTH",
  "PACKET_HEAD",
  "CSID",
  "TOKEN",
  "MAC",
  "UNKNOWN_SENDER",
  "KEY_PREFIX",
  "KEY_RANGE",
  "KEY_OFF_CURVE",
  "KEY_LENGTH",
];

/** The session that goes on: which one, and for one of its sides the token by which it is addressed and the other's KEY. */
interface Live {
  session: number;
  token: Uint8Array;
  key: Uint8Array;
}

const begins = (bytes: Uint8Array, start: number, with_: Uint8Array): boolean =>
  toHex(bytes.subarray(start, start + with_.length)) === toHex(with_);

/** All that can be made of a packet that was recorded, for the side that it was for. */
function* changes({ kind, outer, session }: Seen, live: Live, any: (n: number) => number): Generator<Forged> {
  const channel = kind === "channel";
  // of an earlier session, with a KEY that the other side still has
  const ours = begins(outer, 2, live.token);
  const changed = channel ? [ours ? "MAC" : "TOKEN"] : FORM;
  const again = channel
    ? session === live.session
      ? ["REPLAY"]
      : changed
    : // an answer to a handshake of an earlier exchange has an `at` that is not the other's to choose
      kind === "handshake"
      ? ["STALE", "AT_PARITY"]
      : [begins(outer, 3, live.key) ? "STALE" : "INVALIDATED"];
  yield { what: "again", outer, codes: again };
  const length = 1 + any(outer.length - 1);
  yield {
    what: `cut to ${length}`,
    outer: outer.slice(0, length),
    codes: channel && length < 26 ? ["PACKET_TOO_SHORT"] : changed,
  };
  // up to the IV, and from there on
  const start = channel ? 18 : 24;
  const body = start * 8 + any((outer.length - start) * 8);
  yield { what: `bit ${body}`, outer: flip(outer, body), codes: changed };
  const head = any(start * 8);
  yield { what: `bit ${head}`, outer: flip(outer, head), codes: channel && head >= 16 ? ["TOKEN"] : FORM };
}

/** Everything that an object holds, as text; without what only saves work, and what only counts. */
function everything(value: unknown): string {
  const left = ["_met", "_owner", "_keeper", "_options", "_now", "options", "identity", "self"];
  const known = new Set<unknown>();
  return JSON.stringify(value, function (this: unknown, key: string, item: unknown) {
    if (left.includes(key) || typeof item === "function") return undefined;
    if (item instanceof Uint8Array) return toHex(item);
    if (item instanceof Map) return [...(item as Map<unknown, unknown>)];
    if (typeof item === "object" && item !== null) {
      if (known.has(item)) return "again";
      known.add(item);
    }
    return item;
  });
}

/** Two that talk: with sessions before the one that goes on, since the device and the gateway were restarted. */
class Talk extends Pair {
  readonly came: string[] = [];
  ended = 0;
  /** The joined packets of a direction are at an end: somebody else's may stand here. */
  gap?: (at: "device" | "gateway") => void;
  /** All frames of the two, with their times. */
  readonly trace: string[] = [];
  readonly #joiners = { device: new Joiner(70000), gateway: new Joiner(70000) };

  constructor() {
    super({
      app: "chatter",
      config,
      observe: (event: SimEvent) => {
        if (event.kind === "sent" && event.to !== "other")
          this.trace.push(`${event.time} ${event.from} ${toHex(event.bytes)}`);
        if (event.kind !== "arrived" || event.from === "other" || event.to === "other") return;
        const at = event.to as "device" | "gateway";
        this.#joiners[at].add(event.bytes, () => {
          this.simulator.schedule(event.time, () => this.gap?.(at));
        });
      },
    });
    this.gateway.handle("log", (channel, _open, link) => {
      channel.on = (event, data) => {
        if (event !== "packet") return;
        const { json, body } = data as Packet;
        this.came.push(Buffer.from(body).toString());
        if (!json!["end"]) return;
        this.ended++;
        channel.send({ end: true });
        const order = link.channel({ type: "order", seq: 1 }, Uint8Array.from(Buffer.from("order 0")), () => undefined);
        order.send({ end: true }, Uint8Array.from(Buffer.from("order 1")));
        link.send("well done");
      };
    });
    this.gateway.handle("ping", (channel) => {
      channel.on = (event) => {
        if (event === "packet") channel.send({ end: true });
      };
    });
  }

  /** Up to the session that goes on. */
  async begin(): Promise<void> {
    await this.start();
    await this.until(() => this.ended >= 1, 100);
    await this.pass(3);
    await this.restart("device");
    await this.until(() => this.ended >= 2, 100);
    await this.pass(1);
    await this.restart("gateway");
    await this.until(() => this.ended >= 3, 100);
    await this.pass(6);
  }

  /** The session that goes on, as the other of a side knows it. */
  live(side: "device" | "gateway"): Live {
    const { session, outer } = this.observer.seen.findLast(({ from, kind }) => from !== side && kind === "channel")!;
    const said = this.observer.seen.findLast(({ from, kind }) => from !== side && kind !== "channel")!;
    return { session: session!, token: outer.slice(2, 18), key: said.outer.slice(3, 24) };
  }
}

const random = randomOf(1, "injected");
const any = (n: number): number => ((random(1)[0]! << 16) | (random(1)[0]! << 8) | random(1)[0]!) % n;

test.serial(
  "a gateway takes nothing that was recorded, changed or made up, and all goes on as if it had not been there",
  async (t) => {
    const control = new Talk();
    await control.begin();
    await control.pass(60);
    await control.close();

    const talk = new Talk();
    await talk.begin();
    const { gateway, observer } = talk;
    const [link] = gateway.links;
    const { endpoint } = gateway;
    const live = talk.live("gateway");
    const { key, token } = live;
    const stranger = generate(random)["1a"];
    /** A stranger to the gateway, or a thief of the device's name. */
    const made = (claim: Uint8Array): Exchange => {
      const exchange = new Exchange(new Self({ "1a": stranger }, random), gateway.key);
      exchange.self.identity().attached = lob.encode({ "1a": true }, claim);
      return exchange;
    };
    const forgeries = (): Forged[] => {
      const fake = new Exchange(new Self({ "1a": stranger }, random), gateway.key);
      fake.remote = key;
      const sealed = fake.send(lob.encode({ c: 1, type: "log", seq: 1 }));
      sealed.set(token, 2);
      const noise = Uint8Array.from([0, 0, ...token, ...random(8 + any(300))]);
      const wrong = Uint8Array.from(noise);
      wrong.set(random(16), 2);
      return [
        { what: "noise behind the token", outer: noise, codes: ["MAC"] },
        { what: "noise", outer: wrong, codes: ["TOKEN"] },
        { what: "another's session behind the token", outer: sealed, codes: ["MAC"] },
        { what: "a stranger's handshake", outer: made(stranger.key).handshake(), codes: ["UNKNOWN_SENDER"] },
        { what: "a thief's handshake", outer: made(link!.exchange.key).handshake(), codes: ["MAC"] },
        {
          what: "a handshake with the device's KEY",
          outer: Uint8Array.from([0, 1, 0x1a, ...key, ...random(80)]),
          codes: ["MAC"],
        },
        {
          what: "a stranger's message",
          outer: made(stranger.key).encrypt(stamp(1e9, 0, random(16))),
          codes: ["UNKNOWN_SENDER"],
        },
      ];
    };
    const pipes: Pipe[] = [];
    const counts: Record<string, number> = {};
    const recorded = { before: observer.seen.length, next: 0 };
    const inject = ({ what, outer, codes }: Forged, name: string, pipe: Pipe): void => {
      const before = everything([link, gateway.messages, talk.came]);
      const at = link!.pipe;
      const { session } = link!.channels;
      const drops = { ...endpoint.drops };
      for (const frame of split(outer, 20)) endpoint.receive(pipe, frame, talk.simulator.time / 1000);
      const dropped = Object.entries(endpoint.drops).flatMap(([code, n]) =>
        Array.from({ length: n - (drops[code as never] ?? 0) }, () => code),
      );
      const told = `${name}, ${what}`;
      if (dropped.length !== 1 || !codes.includes(dropped[0]!))
        t.fail(`${told}: ${dropped.join()} and not ${codes.join()}`);
      if (everything([link, gateway.messages, talk.came]) !== before) t.fail(`${told}: changed something`);
      if (pipe.wrap) t.fail(`${told}: answers are cloaked`);
      if (link!.pipe !== at || link!.channels.session !== session || gateway.links.length !== 1)
        t.fail(`${told}: changed the link`);
      counts[dropped[0]!] = (counts[dropped[0]!] ?? 0) + 1;
    };
    const other = (): Pipe => {
      pipes.push(new Pipe({ mtu: 20, limit: 2000 }));
      return pipes.at(-1)!;
    };
    talk.gap = (at) => {
      if (at !== "gateway") return;
      const { seen } = observer;
      for (let i = 0; i < 4; i++) {
        const one = seen[recorded.next++ % seen.length]!;
        if (one.from === "device") {
          for (const forged of changes(one, live, any)) {
            inject(forged, one.kind, link!.pipe!);
            inject(forged, one.kind, other());
            // anybody can cloak
            if (forged.what === "again")
              inject(
                { ...forged, what: "again, cloaked", outer: cloak(forged.outer, random, 1 + any(3)) },
                one.kind,
                any(2) ? link!.pipe! : other(),
              );
          }
        } else {
          // what it said itself
          const codes = one.kind === "channel" ? ["TOKEN"] : [...FORM, "INVALIDATED"];
          inject({ what: "thrown back", outer: one.outer, codes }, one.kind, link!.pipe!);
          inject({ what: "thrown back", outer: one.outer, codes }, one.kind, other());
        }
        // frames in another order make no packet, or a wrong one
        const before = everything([link, gateway.messages, talk.came]);
        const frames = split(one.outer, 20).sort(() => any(3) - 1);
        const pipe = other();
        for (const frame of frames) endpoint.receive(pipe, frame, talk.simulator.time / 1000);
        if (everything([link, gateway.messages, talk.came]) !== before)
          t.fail(`${one.kind} in another order: changed something`);
      }
      for (const forged of forgeries()) inject(forged, "made up", any(2) ? link!.pipe! : other());
    };
    await talk.pass(60);
    delete talk.gap;
    t.true(
      recorded.next > recorded.before && observer.seen.length > recorded.before + 200,
      `${recorded.next} of ${observer.seen.length} packets were injected`,
    );
    t.true(
      pipes.every((pipe) => pipe.queue.length === 0 && pipe.frame() === undefined),
      "nothing went to where it came from",
    );
    t.deepEqual(talk.trace, control.trace, "every frame was as without it");
    t.deepEqual(observer.faults, []);
    t.true(
      talk.ended > 10 && new Set(talk.came.filter((text) => text)).size === talk.came.filter((text) => text).length,
      "once each",
    );
    t.log(
      `${Object.values(counts).reduce((sum, n) => sum + n)} packets injected: ${Object.entries(counts)
        .map(([code, n]) => `${code} ${n}`)
        .join(", ")}`,
    );
    for (const code of ["REPLAY", "STALE", "TOKEN", "MAC", "PACKET_TOO_SHORT", "INVALIDATED", "UNKNOWN_SENDER"])
      t.true(counts[code]! > 10, code);
    await talk.close();
  },
);

/** Who writes frames to the device when told to. */
class Injector implements Node {
  frames: Uint8Array[] = [];

  frame(time: number): Output {
    return emptyOutput(time);
  }

  run(time: number): Output {
    const { frames } = this;
    this.frames = [];
    return { ...emptyOutput(time), frames, times: frames.map(() => time), to: frames.map(() => "device") };
  }
}

test.serial("a device takes nothing that was recorded, changed or made up", async (t) => {
  const talk = new Talk();
  const injector = new Injector();
  await talk.begin();
  await talk.simulator.addNode("other", injector);
  const { observer, gateway } = talk;
  const live = talk.live("device");
  const before = {
    handshakes: observer.counts.handshakes,
    logs: talk.logs.length,
    ended: talk.ended,
    drops: talk.drops.length,
  };
  const identity = (await talk.host.storage())["mote.id"];
  const stranger = generate(random)["1a"];
  const recorded = { before: observer.seen.length, next: 0 };
  // codes of which one was to be counted, for each that was injected
  const expected: Forged[] = [];
  const inject = (forged: Forged): void => {
    injector.frames.push(...split(forged.outer, 20));
    expected.push(forged);
  };
  talk.gap = async (at) => {
    if (at !== "device") return;
    const { seen } = observer;
    // all from the first on, the latest, and what is rare
    const rare = seen.filter(({ from, kind }) => from === "gateway" && kind !== "channel");
    const one = [seen[recorded.next]!, seen[seen.length - 1 - any(30)]!, rare[any(rare.length)]!][recorded.next++ % 3]!;
    if (one.from === "gateway") for (const forged of changes(one, live, any)) inject(forged);
    else
      inject({
        what: "thrown back",
        outer: one.outer,
        codes: one.kind === "channel" ? ["TOKEN"] : [...FORM, "INVALIDATED"],
      });
    const noise = Uint8Array.from([0, 0, ...live.token, ...random(8 + any(200))]);
    inject({ what: "noise behind the token", outer: noise, codes: ["MAC"] });
    const thief = new Exchange(new Self({ "1a": stranger }, random), observer.device!.key);
    thief.self.identity().attached = lob.encode({ "1a": true }, gateway.key);
    inject({ what: "a thief's handshake", outer: thief.handshake(), codes: ["MAC"] });
    await talk.simulator.poke("other");
  };
  await talk.pass(60);
  delete talk.gap;
  await talk.pass(2);
  // each was refused, once
  const dropped = talk.drops.slice(before.drops);
  t.is(dropped.length, expected.length);
  const counts: Record<string, number> = {};
  const open = [...expected];
  dropped.forEach((code) => {
    counts[code] = (counts[code] ?? 0) + 1;
    // what takes curve work is judged a little later
    const found = open.slice(0, 12).findIndex(({ codes }) => codes.includes(code));
    if (found < 0)
      t.fail(
        `${code} where these are open: ${open
          .slice(0, 12)
          .map(({ what, codes }) => `${what} (${codes.join()})`)
          .join("; ")}`,
      );
    open.splice(found, 1);
  });
  t.log(
    `${expected.length} packets injected: ${Object.entries(counts)
      .map(([code, n]) => `${code} ${n}`)
      .join(", ")}`,
  );
  for (const code of ["REPLAY", "TOKEN", "STALE", "MAC"]) t.true(counts[code]! > 10, code);
  t.is(observer.counts.handshakes, before.handshakes, "nobody had to shake hands");
  t.deepEqual(talk.live("device"), live);
  t.deepEqual(observer.faults, []);
  t.true(talk.ended > before.ended + 5, "transfers went on");
  t.is(new Set(talk.came.filter((text) => text)).size, talk.came.filter((text) => text).length, "once each");
  t.deepEqual([...new Set(talk.logs.slice(before.logs))].sort(), [
    "answer ",
    "closed well",
    "message well done",
    "order right",
  ]);
  t.deepEqual((await talk.host.storage())["mote.id"], identity);
  await talk.close();
});
