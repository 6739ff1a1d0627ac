import test from "ava";
import { Advertisements, Endpoint, Pipe } from "../../../src/index.ts";
import { emptyOutput, sfc32 } from "../../../sim/index.ts";
import type { Node } from "../../../sim/index.ts";
import { hosts } from "../../sim/helpers.ts";
import { Bench, radioModule } from "./helpers.ts";
import { BoardWithGateway } from "./board-with-gateway.ts";

const bytes = (frame: string): number[] => [...Buffer.from(frame, "latin1")];

for (const { name, make } of hosts) {
  test(`a packet goes round so often, then the next: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot(
      "advertising",
      "{repeat:3}",
      `
      print(radio.mtu, radio.oneWay);
      const chunk = function (n) { return String.fromCharCode(n) + "x".repeat(n); };
      setTimeout(function () { send(chunk(23)); send(chunk(23)); send(chunk(5) + "\\0"); send(chunk(23)); send("\\0"); }, 100);
    `,
    );
    await bench.to(1100);
    const first = bench.sent.map(bytes);
    // AD structure, company, mark, id, index, last
    const id = first[0]![5]!;
    t.deepEqual(
      first.slice(0, 3).map((one) => one.slice(0, 8)),
      [
        [30, 0xff, 0x90, 5, 0xe3, id, 0, 2],
        [30, 0xff, 0x90, 5, 0xe3, id, 1, 2],
        [12, 0xff, 0x90, 5, 0xe3, id, 2, 2],
      ],
    );
    t.true(first.every((one) => one.length <= 31 && one.length === one[0]! + 1));
    t.deepEqual(bench.log(), ["24 true", "drain"]);
    await bench.to(3000);
    const all = bench.sent.map(bytes);
    for (const index of [0, 1, 2]) t.true(all.filter((one) => one[5] === id && one[6] === index).length >= 3);
    const second = all.filter((one) => one[5] === ((id + 1) & 255));
    t.deepEqual([...new Set(second.map((one) => one.slice(6, 8).join()))], ["0,0"]);
    t.true(second.length >= 3);
    // then it is quiet
    t.deepEqual(bench.log(), ["drain"]);
    const times = bench.frames.map((frame) => frame.time);
    t.true(times.every((time, i) => i === 0 || time - times[i - 1]! >= 100 || bench.sent[i] !== bench.sent[i - 1]));
    t.true(times.at(-1)! < 1600);
    await bench.close();
  });
}

// the interpreter with the board's own heap is the one that counts
for (const { name, make } of hosts.filter((host) => !host.name.includes("free"))) {
  test(`of a bundle's messages all arrive where 30 % of the advertisements are lost: ${name}`, async (t) => {
    const texts = Array.from({ length: 20 }, (_, i) => `${i} ${"reading ".repeat(i % 7)}`);
    const both = new BoardWithGateway({
      host: make(),
      board: "puckjs",
      native: true,
      kind: "advertising",
      call: "",
      gateway: { mtu: 24 },
      medium: { frameSize: 31, loss: 0.3, duplication: 0.05 },
      at: texts.map((text, i) => [5000 + 15_000 * i, text]),
    });
    // nobody but this gateway hears what is meant for the usual one: it has its key
    const next = sfc32([1, 2, 3, 4]);
    const heard: string[] = [];
    const drops: string[] = [];
    const gateway = new Endpoint({
      pairs: { "1a": both.pair },
      random: (n) => Uint8Array.from({ length: n }, () => next()),
      events: {
        message: (_, data) => heard.push(Buffer.from(data).toString()),
        drop: (code) => drops.push(code),
      },
    });
    const pipe = new Pipe({ mtu: 24, limit: 2000 });
    const advertisements = new Advertisements();
    const scanner: Node = {
      frame: (time, payload, from) => {
        advertisements.receive(from, payload, time / 1000, (outer) => gateway.packet(pipe, outer));
        return emptyOutput(time);
      },
      run: (time) => emptyOutput(time),
    };
    await both.start();
    await both.simulator.addNode("scanner", scanner);
    await both.simulator.runUntil(4000);
    const identity = (await both.storage())["mote.id"]!;
    gateway.link(identity.slice(8, 29));
    t.true(await both.until(() => heard.length === texts.length, 320_000), `${heard.length} of ${texts.length}`);
    t.deepEqual(heard, texts);
    t.deepEqual(drops, []);
    t.is(pipe.queue.length, 0, "nothing is answered");
    t.log(`${texts.length} messages in ${both.frames.length} advertisements`);
    await both.close();
  });
}

test("it is small", async (t) => {
  t.true((await radioModule("advertising")).length <= 580);
});
