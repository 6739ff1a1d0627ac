import test from "ava";
import { hosts } from "../../sim/helpers.ts";
import { Bench, radioModule } from "./helpers.ts";

const call = "{host:'10.0.0.1',port:42424}";

for (const { name, make } of hosts) {
  test(`bytes both ways, one frame at a time: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot(
      "tcp",
      call,
      "print(radio.mtu,radio.stream);setTimeout(function(){send('\\0\\xff,');print(radio.write(new Uint8Array(1)));send('two')},1100)",
      { segment: 3 },
    );
    await bench.link(0, true);
    await bench.to(1000);
    t.deepEqual(bench.log(), ["256 true"], "the Wi-Fi was not there at boot");
    await bench.to(1200);
    t.deepEqual(bench.sent, ["\0\xff,", "two"]);
    t.deepEqual(bench.log(), ["open", "drain", "false", "drain", "drain"]);
    await bench.frame(1300, "world");
    t.deepEqual(bench.log(), ["data wor", "data ld"]);
    await bench.close();
  });

  test(`it connects again, after longer and longer: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("tcp", call, "setInterval(function(){},1000);", { refused: 8 });
    await bench.link(0, true);
    const times: number[] = [];
    for (let time = 0; time < 400_000; time += 1000) {
      await bench.to(time);
      for (const line of bench.log()) if (line === "close") times.push(time / 1000);
    }
    // the first try is before there is a Wi-Fi
    t.deepEqual(times, [2, 4, 8, 16, 32, 64, 128, 192]);
    await bench.close();
  });

  test(`the Wi-Fi goes and comes: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot(
      "tcp",
      call,
      "setTimeout(send,35000,'late');setTimeout(send,50000,'more');setTimeout(send,50001,'again')",
    );
    await bench.link(0, true);
    await bench.to(5000);
    t.deepEqual(bench.log(), ["open", "drain"]);
    // nobody tells; what is written, or the look at the socket after 30 s, shows it
    await bench.link(10_000, false);
    await bench.link(20_000, true);
    await bench.to(29_999);
    t.deepEqual(bench.log(), []);
    await bench.to(34_000);
    t.deepEqual(bench.log(), ["close", "open", "drain"]);
    await bench.to(36_000);
    t.deepEqual(bench.log(), ["drain"]);
    await bench.link(40_000, false);
    await bench.link(41_000, true);
    await bench.to(55_000);
    t.deepEqual(bench.log(), ["close", "open", "drain", "drain"]);
    t.is(bench.sent.join(), "late,moreagain");
    await bench.close();
  });

  test(`the gateway closes: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("tcp", call);
    await bench.link(0, true);
    await bench.to(5000);
    bench.log();
    await bench.link(6000, true);
    t.deepEqual(bench.log(), ["close"]);
    await bench.to(7500);
    t.deepEqual(bench.log(), ["open", "drain"]);
    await bench.close();
  });
}

test("the module is small", async (t) => {
  t.true((await radioModule("tcp")).length <= 480);
});
