// Restarts of a device, its Storage kept, and of a gateway, with the state that it saved. Nobody helps: the device's
// application opens a channel when the link is up, and another when that is over. Somebody who has the secrets of both sees
// to it that no KEY and IV, no `at` and no channel id is ever used twice.
import test from "ava";
import type { ExecutionContext } from "ava";
import { Exchange, Self, generate, lob, split, toBase32 } from "../../src/index.ts";
import { Observer } from "./observer.ts";
import type { Side } from "./observer.ts";
import { Pair } from "./pair.ts";
import { randomOf } from "../../sim/random.ts";
import type { PairOptions } from "./pair.ts";

type Who = Side | "both";

const chatty = { packets: 5, pace: 250, filling: "", pings: true };
const busy = { packets: 40, pace: 0, filling: "x".repeat(60), pings: false };

/** A pair whose gateway checks what comes, and answers. */
class CheckingPair extends Pair {
  /** Packets of reliable channels that came, and channels that came to their end. */
  came = 0;
  ended = 0;
  pings = 0;
  /** What came twice, or not in its order. */
  readonly wrong: string[] = [];
  restarts = 0;
  // by boot, the last packet
  readonly #serials = new Map<string, number>();

  constructor(config: object, more: Partial<PairOptions> = {}) {
    super({ app: "chatter", config, ...more });
    this.gateway.handle("log", (channel, _open, link) => {
      let count = -1;
      channel.on = (event, data) => {
        if (event !== "packet") return;
        const { json, body } = data as lob.Packet;
        if (++count) this.#came(Buffer.from(body).toString());
        else if (body.length) this.wrong.push("the first packet is not the first");
        if (!json!["end"]) {
          if (count === 2) channel.send(undefined, Uint8Array.from(Buffer.from("two")));
          return;
        }
        this.ended++;
        channel.send({ end: true });
        const order = link.channel({ type: "order", seq: 1 }, Uint8Array.from(Buffer.from("order 0")), () => undefined);
        order.send({ end: true }, Uint8Array.from(Buffer.from("order 1")));
      };
    });
    this.gateway.handle("ping", (channel) => {
      channel.on = (event) => {
        if (event !== "packet") return;
        this.pings++;
        channel.send({ end: true });
      };
    });
  }

  #came(text: string): void {
    const [boot, number] = text.split(" ") as [string, string];
    const last = this.#serials.get(boot) ?? -1;
    if (Number(number) <= last) this.wrong.push(`${text} after ${last}`);
    this.#serials.set(boot, Number(number));
    this.came++;
  }

  /** Restarts one side or both; the radio may have gone with it. */
  async again(who: Who, away = 0): Promise<void> {
    if (away) await this.radio(false);
    for (const side of ["gateway", "device"] as const) {
      if (who !== side && who !== "both") continue;
      this.restarts++;
      await this.restart(side);
    }
    if (!away) return;
    await this.pass(away);
    await this.radio(true);
  }

  /** Whether both hear each other again, by themselves, within so many virtual seconds. */
  async goesOn(seconds: number): Promise<boolean> {
    const { ended } = this;
    const heard = this.logs.length;
    return this.until(() => this.ended > ended + 1 && this.logs.indexOf("order right", heard) >= 0, seconds);
  }

  /** That nothing was there that may not be. */
  check(t: ExecutionContext, what: string): void {
    t.deepEqual(this.observer.faults, [], what);
    t.deepEqual(this.wrong, [], what);
    t.deepEqual(
      this.logs.filter((line) => line.startsWith("Uncaught") || line === "order wrong"),
      [],
      what,
    );
    t.is(this.gateway.links.length, 1, what);
  }
}

/** Plays restarts in random order, at random times; some when all is well again, some not. */
async function play(t: ExecutionContext, count: number, options: Partial<PairOptions>): Promise<void> {
  const pair = new CheckingPair(chatty, options);
  await pair.start();
  t.true(await pair.goesOn(100));
  const key = toBase32(pair.gateway.links[0]!.exchange.key);
  const random = randomOf(options.seed ?? 1, "restarts");
  const any = (n: number): number => ((random(1)[0]! << 8) | random(1)[0]!) % n;
  let well = 0;
  while (pair.restarts < count) {
    const who = (["device", "gateway", "device", "gateway", "both"] as const)[any(5)]!;
    await pair.again(who, any(4) ? 0 : any(5000) / 1000);
    if (any(5) > 1) await pair.pass(any(3000) / 1000);
    else {
      const from = pair.logs.length;
      t.true(
        await pair.goesOn(200),
        `after ${pair.restarts} restarts, the last of ${who}: ${pair.logs.slice(from).slice(-20).join("; ")}`,
      );
      well++;
    }
  }
  t.true(await pair.goesOn(200), "at the end");
  pair.check(t, "at the end");
  t.is(toBase32(pair.gateway.links[0]!.exchange.key), key, "the same device");
  const { sessions, channels, handshakes, messages, packets } = pair.observer.counts;
  t.log(
    `${pair.restarts} restarts in ${Math.round(pair.simulator.time / 1000)} s, waited ${well} times until all was well: ${sessions} sessions, ${channels} channels, ${handshakes} handshakes, ${messages} messages, ${packets} channel packets; ${pair.came} packets came in order, ${pair.pings} pings`,
  );
  t.true(
    sessions > count / 4 &&
      channels > count &&
      handshakes > count &&
      pair.came > count &&
      pair.pings > count / 4 &&
      messages > count / 4,
  );
  await pair.close();
}

const restarts = process.env["LONG"] === "1" ? 1000 : 200;

test.serial(`${restarts} restarts in random order`, (t) => play(t, restarts, { seed: 1 }));

test.serial(`${restarts / 2} restarts in random order, while frames get lost, repeated and late`, (t) =>
  play(t, restarts / 2, { seed: 2, medium: { loss: 0.02, duplication: 0.01, reordering: 0.01, holdback: 100 } }),
);

for (const first of [true, false]) {
  test.serial(`a restart after each frame of ${first ? "the first handshake" : "a later handshake"}`, async (t) => {
    for (const who of ["device", "gateway", "both"] as const) {
      let whole = false;
      let n = 1;
      for (; !whole; n++) {
        let frames = 0;
        let armed = first;
        const pair = new CheckingPair(chatty, {
          observe: (event) => {
            if (event.kind === "sent" && armed) frames++;
          },
        });
        let reached: boolean;
        if (first) reached = await pair.start(() => frames >= n);
        else {
          await pair.start();
          await pair.goesOn(100);
          armed = true;
          await pair.again("device");
          reached = await pair.until(() => frames >= n, 100);
        }
        whole = pair.logs.filter((line) => line === "up").length > (first ? 0 : 1);
        await pair.again(who);
        await pair.learn();
        t.true(reached && (await pair.goesOn(100)), `${who} after ${n} frames: ${pair.logs.join("; ")}`);
        pair.check(t, `${who} after ${n} frames`);
        await pair.close();
      }
      // a handshake and its answer are some eight frames each
      t.true(n > 12 && n < 40, `${n} frames`);
    }
  });
}

test.serial("restarts in the middle of a transfer", async (t) => {
  const pair = new CheckingPair(busy);
  await pair.start();
  const random = randomOf(3, "transfer");
  for (let i = 0; i < 60; i++) {
    const who = (["device", "gateway", "both"] as const)[i % 3]!;
    const enough = pair.came + (random(1)[0]! % 50);
    t.true(await pair.until(() => pair.came > enough, 100), `${i}, ${who}: ${pair.logs.slice(-5).join("; ")}`);
    await pair.again(who);
  }
  t.true(await pair.goesOn(100));
  pair.check(t, "at the end");
  // some were cut off
  t.true(pair.ended < 60 && pair.came > 800, `${pair.ended} whole transfers, ${pair.came} packets`);
  await pair.close();
});

test.serial("a gateway that lost its state goes on, by its clock", async (t) => {
  const pair: CheckingPair = new CheckingPair(chatty, {
    gateway: { epoch: () => 1_790_000_000 + pair.simulator.time / 1000 },
  });
  await pair.start();
  t.true(await pair.goesOn(100));
  for (let i = 0; i < 20; i++) {
    // with all that it knew, but not its identity; in the middle of what goes on, or both
    pair.observer.cut("gateway");
    pair.gateway.restart(true);
    await pair.simulator.poke("gateway");
    if (i % 3 === 2) await pair.again("device");
    const from = pair.logs.length;
    t.true(await pair.goesOn(100), `${i}: ${pair.logs.slice(from).join("; ")}`);
    await pair.pass(i / 7);
  }
  pair.check(t, "at the end");
  await pair.close();
});

test.serial("what is never to be twice is found where it is", (t) => {
  const random = randomOf(4, "observer");
  const gateway = generate(random)["1a"];
  const device = generate(random)["1a"];
  const file = Uint8Array.from([...new Uint8Array(8), ...device.key, ...device.secret]);
  const find = (
    say: (air: (from: Side, outer: Uint8Array) => void, make: () => [Exchange, Exchange], fixed: () => void) => void,
  ): string[] => {
    const observer = new Observer(gateway);
    observer.know(file);
    let constant = false;
    const source = (n: number): Uint8Array => (constant ? new Uint8Array(n).fill(7) : random(n));
    const make = (): [Exchange, Exchange] => [
      new Exchange(new Self({ "1a": device }, source), gateway.key),
      new Exchange(new Self({ "1a": gateway }, observer.overhear(random)), device.key),
    ];
    say(
      (from, outer) => {
        for (const frame of split(outer, 20)) observer.add(from, frame);
      },
      make,
      () => {
        constant = true;
      },
    );
    return observer.faults;
  };
  const link = (air: (from: Side, outer: Uint8Array) => void, [a, b]: [Exchange, Exchange]): void => {
    const one = a.handshake();
    air("device", one);
    const two = b.handshake(b.sync(one).at);
    air("gateway", two);
    a.sync(two);
  };
  t.deepEqual(
    find((air, make) => {
      const pair = make();
      link(air, pair);
      air("device", pair[0].send(lob.encode({ c: 1, type: "x" })));
      air("device", pair[0].send(lob.encode({ c: 3, type: "x", seq: 1 })));
      air("device", pair[0].send(lob.encode({ c: 3, type: "x", seq: 1 })));
      air("gateway", pair[1].send(lob.encode({ c: 2, type: "x" })));
    }),
    [],
  );
  t.deepEqual(
    find((air, make) => {
      const pair = make();
      link(air, pair);
      for (let i = 0; i < 2; i++) air("device", pair[0].send(lob.encode({ c: 3, type: "x" })));
      air("device", pair[0].send(lob.encode({ c: 1, type: "x" })));
    }),
    ["device: session 0, channel 3 twice", "device: session 0, channel 1 after a higher one"],
  );
  t.deepEqual(
    find((air, make) => {
      link(air, make());
      link(air, make());
    }),
    ["device: handshake 1 after 1", "gateway: handshake 1 after 1"].map((text) =>
      text.replaceAll("1", String(orderFirst(device.key, gateway.key))),
    ),
  );
  t.deepEqual(
    find((air, make, fixed) => {
      fixed();
      air("device", make()[0].encrypt(lob.encode({ at: 1 })));
      air("device", make()[0].encrypt(lob.encode({ at: 3 })));
    }).filter((fault) => fault.includes("IV")),
    ["device: KEY and IV twice"],
  );
  t.deepEqual(
    find((air, make) => {
      const pair = make();
      link(air, pair);
      air("device", make()[0].encrypt(lob.encode({ at: 9 })));
      air("device", pair[0].encrypt(lob.encode({ at: 11 })));
    }),
    ["device: an old KEY again"],
  );
});

/** The first `at` that a device chooses. */
function orderFirst(own: Uint8Array, other: Uint8Array): number {
  return Buffer.compare(own, other) > 0 ? 1 : 2;
}
