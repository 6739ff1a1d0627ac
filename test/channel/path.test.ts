import test from "ava";
import { answer, ping } from "../../src/channel/path.ts";
import { channelModule } from "../../tools/build/bundle.ts";
import { espruinoPath, runEspruino } from "../helpers/espruino.ts";
import { linked, tick } from "../endpoint/sides.ts";

test("a ping measures the time to an answer, and both sides are done with it", (t) => {
  const { a, b, ab, ba } = linked();
  answer(b.endpoint);
  let now = 10;
  const took: unknown[] = [];
  ping(
    ab,
    () => now,
    (seconds) => took.push(seconds),
  );
  now = 10.5;
  tick(a, b, 10.5);
  t.deepEqual(took, [0.5]);
  tick(a, b, 11);
  tick(a, b, 11.5);
  t.deepEqual([ab.channels.list.length, ba.channels.list.length], [0, 0]);
  t.deepEqual(
    [...a.events, ...b.events].filter((event) => event !== "drop STALE"),
    [],
  );
});

test("without an answer it is told so, once, after 30 s; where nobody answers pings, at once", (t) => {
  const { a, b, ab } = linked();
  answer(b.endpoint);
  const took: unknown[] = [];
  ping(
    ab,
    () => 10,
    (seconds) => took.push(seconds),
  );
  tick(a, b, 10, () => []);
  for (let now = 11; now < 40; now++) tick(a, b, now, () => []);
  t.deepEqual(took, []);
  tick(a, b, 41, () => []);
  t.deepEqual(took, [undefined]);
  b.endpoint.handle("path", () => {});
  ping(
    ab,
    () => 10,
    (seconds) => took.push(seconds),
  );
  tick(a, b, 42);
  t.deepEqual(took, [undefined, undefined]);
  for (let now = 43; now < 100; now++) tick(a, b, now);
  t.is(took.length, 2);
});

(espruinoPath() ? test : test.skip)("it runs in the interpreter", async (t) => {
  const { code } = await channelModule("path");
  const printed = runEspruino(`
    (function (exports) {${code}
      let on, handler, at = 5;
      exports.ping({ channel: (open, body, o) => { print(JSON.stringify(open), body); on = o; } }, () => at++, (s) => print("took", s));
      const channel = { on: on, state: 1, timeout: 30 };
      on("packet", {}, channel);
      print(JSON.stringify([channel.on, channel.state, channel.timeout]));
      exports.answer({ handle: (type, h) => { print(type); handler = h; } });
      const other = { send: (json) => print("sent", JSON.stringify(json)), state: 0, timeout: 30 };
      handler(other);
      other.on("packet", {}, other);
      print(JSON.stringify([other.on, other.state, other.timeout]));
    })({});`);
  t.deepEqual(printed, ['{"type":"path"} undefined', "took 1", "[null,2,0]", "path", "sent {}", "[null,2,0]"]);
});
