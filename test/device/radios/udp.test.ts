import test from "ava";
import { hosts } from "../../sim/helpers.ts";
import { Bench, radioModule } from "./helpers.ts";

const call = "{host:'10.0.0.1',port:42424}";

for (const { name, make } of hosts) {
  test(`a frame is a datagram: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("udp", call, "print(radio.mtu);send('early');setTimeout(send,100,'\\0\\xff,')");
    await bench.link(0, true);
    await bench.frame(200, "\0\xff");
    await bench.to(300);
    t.deepEqual(bench.sent, ["early", "\0\xff,"]);
    t.deepEqual(bench.log(), ["250", "open", "data \0\xff"]);
    await bench.close();
  });

  test(`the Wi-Fi goes and comes: ${name}`, async (t) => {
    const bench = new Bench(make());
    // at boot it is not there yet
    await bench.boot("udp", call, "send('first');setTimeout(send,20000,'second');setTimeout(send,20100,'third')");
    await bench.link(3000, true);
    await bench.to(6000);
    t.deepEqual(bench.log(), ["open", "close", "open"]);
    t.deepEqual(bench.frames, [{ time: 5001, text: "first" }]);
    await bench.link(10_000, false);
    await bench.link(12_000, true);
    await bench.frame(13_000, "nobody hears it");
    await bench.to(30_000);
    t.deepEqual(bench.log(), ["close", "open"]);
    t.deepEqual(bench.frames.slice(1), [
      { time: 25_000, text: "second" },
      { time: 25_000, text: "third" },
    ]);
    await bench.frame(31_000, "heard");
    t.deepEqual(bench.log(), ["data heard"]);
    await bench.close();
  });

  test(`a socket that ends is made anew, once: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot(
      "udp",
      call,
      "setTimeout(send,1000,'one');setTimeout(send,2000,'two');setTimeout(send,2010,'three')",
      { broken: 2 },
    );
    await bench.link(0, true);
    await bench.to(10_000);
    // what the network lost is lost
    t.deepEqual(bench.sent, ["one", "three"]);
    t.deepEqual(bench.log(), ["open", "close", "open"]);
    // an empty datagram ends the socket of the firmware
    await bench.frame(10_000, "");
    await bench.to(20_000);
    t.deepEqual(bench.log(), ["close", "open"]);
    await bench.close();
  });
}

test("the module is small", async (t) => {
  t.true((await radioModule("udp")).length <= 400);
});
