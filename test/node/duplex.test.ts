import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import test from "ava";
import { stream, streams } from "../../src/channel/stream.ts";
import type { Stream } from "../../src/channel/stream.ts";
import { duplex } from "../../src/node/duplex.ts";
import { data, text } from "../channel/pair.ts";
import { loopback } from "../endpoint/loopback.ts";
import type { Loopback } from "../endpoint/loopback.ts";

/** Both ends of a stream as Node's; and as they are. */
async function both(
  world: Loopback,
): Promise<{ near: ReturnType<typeof duplex>; far: ReturnType<typeof duplex>; from: Stream; to: Stream }> {
  let to: Stream | undefined;
  let far: ReturnType<typeof duplex> | undefined;
  streams(world.b.endpoint, (one) => {
    to = one;
    far = duplex(one);
  });
  const from = stream(world.ab);
  const near = duplex(from);
  await world.when(() => to !== undefined);
  return { near, far: far!, from, to: to! };
}

const closing = (one: ReturnType<typeof duplex>): Promise<string> =>
  new Promise((resolve) => {
    let why = "";
    one.on("error", (error) => {
      why = error.message;
    });
    one.on("close", () => resolve(why));
  });

test("what is piped in comes out, both ways, and is closed when both have ended and have all", async (t) => {
  const world = loopback({ pipe: { mtu: 256 }, window: 8 });
  const { near, far } = await both(world);
  const closed = [closing(near), closing(far)];
  const [got, back]: [Buffer[], Buffer[]] = [[], []];
  const sink = (into: Buffer[]): Writable =>
    new Writable({ write: (bytes: Buffer, _, done) => (into.push(bytes), setImmediate(done)) });
  const pieces = Array.from({ length: 20 }, (_, i) => data(5000, i));
  await world.when(
    Promise.all([
      pipeline(Readable.from(pieces), near, { end: true } as never).catch(() => t.fail()),
      pipeline(far, sink(got)),
      pipeline(Readable.from(pieces.slice(3)), far).catch(() => t.fail()),
      pipeline(near, sink(back)),
    ]),
  );
  t.true(Buffer.concat(got).equals(Buffer.concat(pieces)));
  t.true(Buffer.concat(back).equals(Buffer.concat(pieces.slice(3))));
  t.deepEqual(await world.when(Promise.all(closed)), ["", ""]);
  t.true(near.destroyed && far.destroyed);
});

test("it can be iterated; one way may end long before the other", async (t) => {
  const world = loopback();
  const { near, far } = await both(world);
  near.end("question");
  const asked = await world.when(
    (async () => {
      const parts: Buffer[] = [];
      for await (const part of far.iterator({ destroyOnReturn: false })) parts.push(part as Buffer);
      return text(Buffer.concat(parts));
    })(),
  );
  t.is(asked, "question");
  near.setEncoding("utf8");
  far.write("ans");
  far.end("wer");
  const answer = await world.when(
    (async () => {
      let all = "";
      for await (const part of near) all += part as string;
      return all;
    })(),
  );
  t.is(answer, "answer");
  await world.when(() => near.closed && far.closed);
});

test("who reads slowly holds the writer", async (t) => {
  const world = loopback({ pipe: { mtu: 256 }, window: 4 });
  const { near, far } = await both(world);
  let taken = 0;
  const write = (): void => {
    while (near.write(data(1000)) && taken < 1000) taken++;
  };
  near.on("drain", write);
  write();
  let before = -1;
  while (taken !== before) {
    before = taken;
    world.pass(2);
    await world.when(Promise.resolve());
  }
  // what both buffers hold, which depends on the version of Node.js, and what is under way
  const held = (near.writableHighWaterMark + far.readableHighWaterMark) / 1000;
  t.true(taken < held + 20, `${taken} of 1,000 were taken`);
  let read = 0;
  far.on("data", (bytes: Buffer) => {
    read += bytes.length;
  });
  await world.when(() => read > taken * 1000);
  near.destroy();
  await world.when(closing(far));
});

test("destroying one fails the other, with the message; JSON values have no place in it", async (t) => {
  const world = loopback();
  const one = await both(world);
  const ends = [closing(one.near), closing(one.far)];
  one.near.destroy(new Error("no more"));
  t.deepEqual(await world.when(Promise.all(ends)), ["no more", "no more"]);

  const two = await both(world);
  const others = [closing(two.near), closing(two.far)];
  two.far.destroy();
  t.deepEqual(await world.when(Promise.all(others)), ["closed", ""]);

  const three = await both(world);
  const last = [closing(three.near), closing(three.far)];
  three.far.resume();
  three.from.write({ a: 1 }, "json");
  t.deepEqual(await world.when(Promise.all(last)), ["not bytes", "not bytes"]);
});

test("what fails when all is written, but has not arrived, is told still", async (t) => {
  let deaf = false;
  const world = loopback({ pipe: { mtu: 256 } }, (frame) => (deaf ? [] : [frame]));
  const { near, far } = await both(world);
  near.resume();
  far.end();
  await world.when(() => near.readableEnded);
  deaf = true;
  const why = closing(near);
  near.end("lost");
  await world.when(() => near.writableFinished);
  await world.when(Promise.resolve());
  t.false(near.closed);
  world.ab.renew();
  t.is(await world.when(why), "reset");
  far.destroy();
});

test("writing after the end, and after the other has failed, is an error and no exception", async (t) => {
  const world = loopback();
  const { near, far, to } = await both(world);
  const why = closing(near);
  far.on("error", () => {});
  to.channel.fail("full");
  near.write("x");
  t.is(await world.when(why), "full");
  const late = new Promise((resolve) => {
    near.write("x", resolve);
  });
  t.true((await world.when(late)) instanceof Error);
});
