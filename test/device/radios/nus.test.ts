import test from "ava";
import { hosts } from "../../sim/helpers.ts";
import { Bench, radioModule } from "./helpers.ts";

for (const { name, make } of hosts) {
  test(`a stream both ways, in notifications of the MTU's size: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot(
      "nus",
      "",
      "print(radio.mtu,radio.stream);setTimeout(function(){send('a'.repeat(64));send('b'.repeat(10))},100)",
    );
    await bench.link(0, true, 53);
    await bench.frame(60, "hello");
    await bench.to(300);
    t.deepEqual(bench.log(), ["64 true", "open", "data hello", "drain", "drain"]);
    t.deepEqual(bench.sent, ["a".repeat(50), "a".repeat(14), "b".repeat(10)]);
    await bench.close();
  });

  test(`it opens after a second where the central says nothing, and closes: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("nus", "", "send('x')");
    await bench.link(0, true);
    await bench.to(999);
    t.deepEqual(bench.log(), []);
    await bench.to(1100);
    t.deepEqual(bench.log(), ["open", "drain"]);
    t.deepEqual(bench.sent, ["x"]);
    await bench.link(1200, false);
    // gone again before the second is over
    await bench.link(1300, true);
    await bench.link(1400, false);
    await bench.to(4000);
    t.deepEqual(bench.log(), ["close", "close"]);
    await bench.close();
  });

  test(`the console is moved away, and nothing printed or of flow control comes among the frames: ${name}`, async (t) => {
    const bench = new Bench(make());
    // the program is busy while 600 bytes come: more than three eighths of the queue
    await bench.boot(
      "nus",
      "",
      "setTimeout(function(){const end=getTime()+0.2;while(getTime()<end);print(E.getConsole());send('after')},100)",
    );
    await bench.link(0, true);
    await bench.frame(60, "first");
    for (let i = 0; i < 30; i++) await bench.frame(110 + i, String.fromCharCode(65 + i).repeat(20));
    await bench.to(600);
    const log = bench.log();
    t.deepEqual(log.slice(0, 3), ["open", "data first", "Serial1"]);
    // what waited has come together
    const data = log
      .filter((line) => line.startsWith("data"))
      .slice(1)
      .map((line) => line.slice(5));
    t.is(data.join(""), Array.from({ length: 30 }, (_, i) => String.fromCharCode(65 + i).repeat(20)).join(""));
    t.true(data.length < 30 && data.every((part) => part.length <= 64));
    t.deepEqual(bench.sent, ["after"]);
    await bench.close();
  });
}

for (const { name, make } of hosts.slice(0, 1)) {
  test(`a console that is not forced away comes back with a connection: its text is among the bytes: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("nus", "", "E.setConsole('Serial1',{force:false});setTimeout(function(){print('oops')},100)");
    await bench.link(0, true);
    await bench.to(200);
    await bench.frame(210, "lost");
    t.deepEqual(bench.sent, ["oops\r\n"]);
    t.deepEqual(bench.log(), ["oops", "console: 4 bytes"]);
    await bench.close();
  });

  test(`a write that does not fit stops the program until it does: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot(
      "nus",
      "",
      "setTimeout(function(){Bluetooth.write('x'.repeat(400));print(Math.round(getTime()*1000))},100)",
    );
    await bench.link(0, true);
    await bench.to(1000);
    t.deepEqual(bench.log(), ["205", "open"], "272 bytes had to go, 20 every 7.5 ms");
    t.is(bench.sent.join("").length, 400);
    await bench.close();
  });
}

test("it is small", async (t) => {
  t.true((await radioModule("nus")).length <= 480);
});
