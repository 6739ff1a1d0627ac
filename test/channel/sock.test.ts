import test from "ava";
import fc from "fast-check";
import type { Packet } from "../../src/index.ts";
import { sock, socks } from "../../src/channel/sock.ts";
import type { Address, Sock, SockOn } from "../../src/channel/sock.ts";
import type { Json } from "../../src/packet/lob.ts";
import { codeOf, hex } from "../helpers/core.ts";
import { alive, data, log, lossy, packed, pair, radios, raw } from "./pair.ts";
import type { Pair } from "./pair.ts";

const dst: Address = { ip: "192.0.2.1", port: 80 };
const NONE = new Uint8Array(0);

interface Heard {
  on: SockOn;
  events: string[];
}

/** Notes what happens as text: "open JSON", "data HEX JSON", ...; the JSON without the channel's own keys. */
const heard = (): Heard => {
  const events: string[] = [];
  return {
    events,
    on: (event, what, _sock, json) => {
      const { c: _c, seq: _seq, ack: _ack, miss: _miss, type: _type, end: _end, ...rest } = json ?? {};
      const said = what instanceof Uint8Array ? hex(what) : (what as string | undefined);
      events.push([event, said, Object.keys(rest).length > 0 && JSON.stringify(rest)].filter((part) => part).join(" "));
    },
  };
};

/** Has b take what a asks for. */
function taken(world: Pair): { socks: Sock[]; opens: Json[]; ears: Heard } {
  const made = { socks: [] as Sock[], opens: [] as Json[], ears: heard() };
  socks(world.b.endpoint, (one, open: Packet, from) => {
    if (from !== world.ba) throw new Error("from another");
    made.socks.push(one);
    made.opens.push(open.json!);
    one.on = made.ears.on;
  });
  return made;
}

test("what is asked for is said as sock.md has it", (t) => {
  const world = pair();
  const { opens } = taken(world);
  sock(world.ab, { sock: "connect", dst });
  sock(world.ab, { sock: "connect", dst, src: { ip: "198.51.100.7", port: 5678 } }, undefined, true);
  sock(world.ab, { sock: "bind", src: { port: 0 } });
  sock(world.ab, { sock: "accept", dst, src: { ip: "198.51.100.7", port: 5678 } });
  world.pass(1);
  t.deepEqual(
    opens
      .sort((one, other) => (one["c"] as number) - (other["c"] as number))
      .map(({ c: _c, ack: _ack, miss: _miss, ...rest }) => rest),
    [
      { seq: 1, type: "sock", sock: "connect", dst },
      { type: "sock", sock: "connect", dst, src: { ip: "198.51.100.7", port: 5678 } },
      { seq: 1, type: "sock", sock: "bind", src: { port: 0 } },
      { seq: 1, type: "sock", sock: "accept", dst, src: { ip: "198.51.100.7", port: 5678 } },
    ],
  );
});

test("bytes both ways, whatever is lost; each way ends by itself", (t) => {
  const pieces = fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 6 });
  fc.assert(
    fc.property(
      pieces,
      pieces,
      radios,
      fc.integer(),
      fc.constantFrom(2, 64),
      (forth, back, [mtu, loss], seed, window) => {
        const world = pair({ pipe: { mtu }, window }, lossy(seed, loss, 0.05));
        const bytes: [number[], number[]] = [[], []];
        const events: [string[], string[]] = [[], []];
        const on =
          (side: 0 | 1): SockOn =>
          (event, what) => {
            if (event === "data") bytes[side].push(...(what as Uint8Array));
            else if (event !== "drain") events[side].push(what === undefined ? event : `${event} ${what as string}`);
          };
        socks(world.b.endpoint, (one) => {
          one.on = on(1);
          one.write(NONE);
          back.forEach((length, i) => one.write(data(length, i + 50)));
          one.end();
        });
        const from = sock(world.ab, { sock: "connect", dst }, on(0));
        forth.forEach((length, i) => from.write(data(length, i)));
        from.end();
        world.until(() => events[0].length === 3 && events[1].length === 2, 3000);
        t.deepEqual(
          bytes[1],
          forth.flatMap((length, i) => [...data(length, i)]),
        );
        t.deepEqual(
          bytes[0],
          back.flatMap((length, i) => [...data(length, i + 50)]),
        );
        t.deepEqual(events, [
          ["open", "end", "close"],
          ["end", "close"],
        ]);
      },
    ),
    { numRuns: 30 },
  );
});

test("the first packet of the other says that it is taken, with a bind's address, and with data or without", (t) => {
  const world = pair();
  const { socks: others } = taken(world);
  const ears = heard();
  sock(world.ab, { sock: "bind", src: { port: 0 } }, ears.on);
  world.pass(5);
  t.deepEqual(ears.events, [], "an acknowledgement says nothing");
  others[0]!.write(NONE, { dst });
  world.pass(1);
  t.deepEqual(ears.events, [`open ${JSON.stringify({ dst })}`]);

  const at = heard();
  sock(world.ab, { sock: "connect", dst }, at.on);
  world.pass(1);
  others[1]!.write(data(3));
  world.pass(1);
  t.deepEqual(at.events, ["open", `data ${hex(data(3))}`]);
});

test("datagrams keep their bounds, and have addresses where a bind has", (t) => {
  const world = pair({ pipe: { mtu: 256 } });
  const { socks: others, ears } = taken(world);
  const mine = heard();
  const from = sock(world.ab, { sock: "bind" }, mine.on, true);
  world.pass(0.5);
  others[0]!.write(NONE, { dst });
  const other = { ip: "203.0.113.9", port: 53 };
  t.true(from.write(data(1300), { dst: other }));
  from.write(data(2), { dst });
  others[0]!.write(data(1200), { src: other });
  world.pass(0.5);
  t.deepEqual(mine.events, [
    `open ${JSON.stringify({ dst })}`,
    `data ${hex(data(1200))} ${JSON.stringify({ src: other })}`,
  ]);
  t.deepEqual(ears.events, [
    `data ${hex(data(1300))} ${JSON.stringify({ dst: other })}`,
    `data ${hex(data(2))} ${JSON.stringify({ dst })}`,
  ]);
  t.is(
    codeOf(() => {
      for (let i = 0; i < 100; i++) from.write(data(9), { dst });
    }),
    "BUSY",
  );
  world.pass(0.5);
  from.end();
  world.pass(0.5);
  t.is(ears.events[ears.events.length - 1], "end");
  others[0]!.end();
  world.pass(0.5);
  t.deepEqual([mine.events.slice(-2), ears.events.slice(-1)], [["end", "close"], ["close"]]);
});

test("an opening packet may carry the first bytes; pause holds all back until it is connected", (t) => {
  const world = pair();
  const ears = heard();
  let other: Sock | undefined;
  socks(world.b.endpoint, (one) => {
    one.on = ears.on;
    one.channel.pause();
    other = one;
  });
  const channel = world.ab.channel({ type: "sock", seq: 1, sock: "connect", dst }, data(5), () => {});
  channel.send({}, data(6));
  world.pass(20);
  t.deepEqual(ears.events, []);
  other!.write(NONE);
  other!.channel.resume();
  world.pass(2);
  t.deepEqual(ears.events, [
    `data ${hex(data(5))} ${JSON.stringify({ sock: "connect", dst })}`,
    `data ${hex(data(6))}`,
  ]);
});

test("what has no room waits, and drain goes on", (t) => {
  const world = pair({ window: 3 });
  const { socks: others, ears } = taken(world);
  const mine = heard();
  const from = sock(world.ab, { sock: "connect", dst }, mine.on);
  world.pass(1);
  others[0]!.channel.pause();
  let count = 0;
  while (from.write(data(40, count)) && count < 50) count++;
  t.true(count < 5);
  world.pass(10);
  t.deepEqual([mine.events, ears.events], [[], []]);
  others[0]!.channel.resume();
  world.until(() => mine.events.includes("drain"));
  t.is(ears.events.length, count + 1);
});

test("nobody takes it, or a reason is given: it is over", (t) => {
  const world = pair();
  const ears = heard();
  socks(world.b.endpoint, (one, open) => {
    if (open.json!["sock"] === "bind") return;
    one.on = () => {};
    one.channel.fail("refused");
  });
  for (const udp of [false, true]) {
    sock(world.ab, { sock: "bind" }, ears.on, udp);
    sock(world.ab, { sock: "connect", dst }, ears.on, udp);
  }
  world.pass(3);
  t.deepEqual(ears.events.sort(), ["close refused", "close refused", "close unknown type", "close unknown type"]);
  world.pass(12);
  t.deepEqual([alive(world.ab), alive(world.ba)], [0, 0]);
});

test("opening packets of any content are passed on as they are", (t) => {
  const world = pair();
  const { opens, ears } = taken(world);
  const heads: Json[] = [{}, { sock: 5 }, { sock: "connect", dst: "x" }, { sock: "accept", dst: null, src: [1] }];
  for (const head of heads) world.ab.channel({ type: "sock", seq: 1, ...head }, undefined, () => {});
  world.ab.channel({ type: "sock", seq: 1, end: true }, packed(), log([]));
  world.pass(2);
  t.is(opens.length, 5);
  t.deepEqual(
    ears.events.filter((event) => !event.startsWith("data")),
    ["end"],
  );
  const { events } = raw(world.b, "sock");
  sock(world.ab, { sock: "connect", dst });
  world.pass(2);
  t.deepEqual(events, [`packet ${JSON.stringify({ sock: "connect", dst })}`]);
});
