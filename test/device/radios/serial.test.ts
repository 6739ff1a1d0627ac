import test from "ava";
import { hosts } from "../../sim/helpers.ts";
import { Bench, radioModule } from "./helpers.ts";

for (const { name, make } of hosts) {
  test(`bytes both ways, at the port's speed: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot(
      "serial",
      "{port:Serial1,baud:115200}",
      "print(radio.mtu,radio.blocking,radio.stream);send('hello');",
      { baud: 115200 },
    );
    await bench.frame(100, "a".repeat(40));
    await bench.to(1000);
    t.deepEqual(bench.sent, ["hello"]);
    t.is(
      bench
        .log()
        .map((line) => line.replace("data ", ""))
        .join(""),
      `64 true true${"a".repeat(40)}`,
    );
    // 64 bytes at 9,600 bit/s take 66.7 ms
    await bench.boot("serial", "{port:Serial1,baud:9600}", "send('hello');send('x'.repeat(64))");
    await bench.to(1000);
    t.deepEqual(
      bench.frames.slice(1).map((frame) => frame.time),
      [5, 71],
    );
    await bench.close();
  });

  test(`without a speed the port stays as it is set: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("serial", "(Serial1.setup(57600), {port:Serial1,mtu:32})", "print(radio.mtu);send('hello')", {
      baud: 57600,
    });
    await bench.frame(100, "world");
    await bench.to(200);
    t.deepEqual(bench.sent, ["hello"]);
    t.deepEqual(bench.log(), ["32", "data world"]);
    await bench.close();
  });

  test(`the packet begins again where no answer comes: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("serial", "{port:Serial1,baud:9600}", "send('hello')");
    await bench.frame(11_000, "answer");
    await bench.to(30_000);
    t.deepEqual(bench.log(), ["data answer"]);
    await bench.boot("serial", "{port:Serial1,baud:9600}", "send('hello');setTimeout(send,13000,'\\0')");
    await bench.to(11_999);
    t.deepEqual(bench.log(), []);
    await bench.to(24_999);
    t.deepEqual(bench.log(), ["open"]);
    // a lone zero may end a packet: if that gets lost, nobody would write any more
    await bench.to(40_000);
    t.deepEqual(bench.log(), ["open"]);
    await bench.close();
  });

  test(`the console leaves the port for good: ${name}`, async (t) => {
    const bench = new Bench(make());
    const logs = async (call: string): Promise<string[]> => {
      await bench.boot("serial", call, "print(E.getConsole())");
      await bench.frame(100, "data");
      await bench.to(200);
      return bench.log();
    };
    t.deepEqual(await logs("{port:Serial1,baud:9600}"), ["Bluetooth", "data data"]);
    // and stays where it is when the port is another one
    t.deepEqual(await logs("{port:{write(){},on(){}}}"), ["Serial1", "serial: 4 bytes went to the console"]);
    await bench.close();
  });
}

test("the module is small", async (t) => {
  t.true((await radioModule("serial")).length <= 400);
});
