// Options are the caller's: two pipes, or two endpoints, that are given the same object have nothing else in common.
import test from "ava";
import { Endpoint, Pipe, cloak, generate } from "../../src/index.ts";
import { randomOf } from "../../sim/random.ts";

const OPTIONS = Object.freeze({ mtu: 20, limit: 4096 });

/** An endpoint, and one link by a pipe for each of others that are linked to it. */
function star(count: number): {
  center: Endpoint;
  pipes: Pipe[];
  others: { endpoint: Endpoint; pipe: Pipe; got: string[] }[];
  run(seconds: number): void;
} {
  const make = (name: string): Endpoint =>
    new Endpoint({
      pairs: generate(randomOf(1, name)),
      random: randomOf(1, `${name}/random`),
      events: {},
      accept: () => true,
    });
  const center = make("center");
  const pipes = Array.from({ length: count }, () => new Pipe(OPTIONS));
  const others = pipes.map((_, i) => {
    const other = { endpoint: make(`other ${i}`), pipe: new Pipe(OPTIONS), got: [] as string[] };
    other.endpoint.handle("say", (channel) => {
      channel.on = (event, data) => {
        if (event === "packet") other.got.push(Buffer.from((data as { body: Uint8Array }).body).toString());
      };
    });
    return other;
  });
  let now = 0;
  const run = (seconds: number): void => {
    for (const end = now + seconds; now < end; now += 0.05) {
      center.poll(now);
      others.forEach(({ endpoint, pipe }, i) => {
        endpoint.poll(now);
        for (let frame = pipes[i]!.frame(now); frame; frame = pipes[i]!.frame(now)) endpoint.receive(pipe, frame, now);
        for (let frame = pipe.frame(now); frame; frame = pipe.frame(now)) center.receive(pipes[i]!, frame, now);
        endpoint.poll(now);
      });
      center.poll(now);
    }
  };
  others.forEach(({ endpoint }, i) => {
    center.link(endpoint.identity.key).connect(pipes[i]!);
  });
  run(2);
  return { center, pipes, others, run };
}

test("channels go to each device of a gateway whose pipes were given one object", (t) => {
  const { center, others, run } = star(3);
  t.true(center.links.every(({ up }) => up));
  center.links.forEach((link, i) => {
    link.channel({ type: "say", seq: 1 }, Buffer.from(`hello ${i}`), () => undefined);
  });
  run(3);
  t.deepEqual(
    others.map(({ got }) => got),
    [["hello 0"], ["hello 1"], ["hello 2"]],
  );
});

test("one side that cloaks does not make another's packets cloaked", (t) => {
  const { pipes, others, run } = star(2);
  t.deepEqual(
    pipes.map(({ wrap }) => wrap),
    [undefined, undefined],
  );
  others[0]!.pipe.wrap = (packet) => cloak(packet, randomOf(1, "cloak"), 1);
  for (const { endpoint } of others) endpoint.links[0]!.send("hello");
  run(1);
  t.not(pipes[0]!.wrap, undefined);
  t.is(pipes[1]!.wrap, undefined);
});

test("the size of frames changes for one pipe only", (t) => {
  const [one, two] = [new Pipe(OPTIONS), new Pipe(OPTIONS)];
  one.mtu = 50;
  for (const pipe of [one, two]) pipe.send(new Uint8Array(100).fill(1));
  t.deepEqual([one.frame()!.length, two.frame()!.length], [50, 20]);
});
