import test from "ava";
import { hosts } from "../../sim/helpers.ts";
import { Bench, radioModule } from "./helpers.ts";

const zeros = (n: number): string => "\0".repeat(n);

for (const { name, make } of hosts) {
  test(`one frame until it is confirmed, then the next: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot(
      "ble",
      "",
      "print(radio.mtu);setTimeout(function(){send('early')},10);setTimeout(function(){send('one');send('two');send('three')},100)",
    );
    await bench.link(0, true);
    await bench.to(90);
    // the central has subscribed after 50 ms: what waited goes out
    t.deepEqual(bench.log(), ["20", "open", "drain"]);
    t.deepEqual(bench.sent, ["early"]);
    await bench.to(200);
    t.deepEqual(bench.sent.slice(1), ["one", "two", "three"]);
    const times = bench.frames.map((frame) => frame.time);
    t.true(
      times.every((time, i) => i === 0 || time - times[i - 1]! >= 15),
      times.join(),
    );
    t.deepEqual(bench.log(), ["drain", "drain", "drain"]);
    await bench.close();
  });

  test(`on a slow link a frame is offered until it is taken, and none is lost: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("ble", "", "setTimeout(function(){for(let i=0;i<5;i++)send('frame '+i)},100)", { interval: 200 });
    await bench.link(0, true);
    await bench.to(3000);
    t.deepEqual(
      bench.sent,
      [0, 1, 2, 3, 4].map((i) => `frame ${i}`),
    );
    await bench.close();
  });

  test(`the longest write of a connection is the size of a frame: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("ble", "", "setInterval(function(){print(radio.mtu)},100)", { mtu: 131 });
    await bench.link(0, true, 247);
    await bench.frame(60, "ab");
    await bench.to(110);
    await bench.frame(120, zeros(128));
    await bench.frame(130, "cd");
    await bench.to(210);
    // longer than the link's MTU: the stack does not take it
    await bench.frame(220, zeros(129));
    await bench.link(230, false);
    await bench.to(310);
    await bench.link(320, true);
    await bench.to(410);
    t.deepEqual(bench.log(), [
      "open",
      "data ab",
      "20",
      `data ${zeros(128)}`,
      "data cd",
      "128",
      "write of 129 bytes refused",
      "close",
      "20",
      "open",
      "20",
    ]);
    await bench.close();
  });

  test(`the console stays on Bluetooth: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("ble", "", "setInterval(function(){print(E.getConsole())},100)");
    await bench.to(110);
    await bench.link(120, true);
    await bench.frame(130, "frame");
    await bench.to(210);
    t.deepEqual(bench.log(), ["Serial1", "open", "data frame", "Bluetooth"]);
    t.deepEqual(bench.sent, []);
    await bench.close();
  });
}

for (const { name, make } of hosts.slice(0, 1)) {
  // Espruino tells of subscriptions on the nRF52, on the ESP32 it does not
  test(`a write alone opens it: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("ble", "", "", {});
    await bench.link(0, true);
    await bench.frame(5, "x");
    t.deepEqual(bench.log(), ["open", "data x"]);
    await bench.close();
  });

  test(`what Espruino does with updates that come too fast: ${name}`, async (t) => {
    const bench = new Bench(make());
    const update = (what: string): string => `NRF.updateServices({a:{b:{value:"1",${what}:true}}})`;
    const services = `NRF.setServices({a:{b:{maxLen:20,indicate:true,notify:true}}});const tried=function(f){try{f();return 1}catch(e){return e.message}};`;
    await bench.boot(
      "ble",
      "",
      `${services}setTimeout(function(){${update("indicate")};print(tried(function(){${update("indicate")}}))},100);
      setTimeout(function(){for(let i=0;i<9;i++)${update("notify")};print(tried(function(){NRF.updateServices({a:{b:{value:"123456789012345678901"}}})}))},200);
      setTimeout(function(){NRF.setServices({});print(tried(function(){${update("notify")}}))},300)`,
    );
    await bench.link(0, true);
    await bench.to(400);
    t.deepEqual(bench.log(), [
      "ERR 0x11 (BUSY) (:0)",
      "ERR 0xc (DATA_SIZE) (:0)",
      "BLE Connected, queueing BLE restart for later",
      "Can't update services until BLE restart",
    ]);
    t.is(bench.sent.length, 1 + 3, "of nine notifications three had room");
    await bench.close();
  });
}

test("it is small", async (t) => {
  t.true((await radioModule("ble")).length <= 720);
});
