// Radios next to a medium that does the time on the air: radioOptions.onAir.

import test from "ava";
import { hosts } from "../../sim/helpers.ts";
import { Bench } from "./helpers.ts";

for (const { name, make } of hosts.filter((host) => !host.name.includes("free"))) {
  test(`ble: indications go at once, and are confirmed as before; notifications have as much room: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("ble", "", "setTimeout(function(){send('one');send('two')},100)", { onAir: true, interval: 20 });
    await bench.link(0, true);
    await bench.to(300);
    t.deepEqual(bench.sent, ["one", "two"]);
    const [one, two] = bench.frames.map(({ time }) => time);
    t.true(one! >= 100 && one! < 110, `${one}`);
    t.true(two! - one! >= 40, "two intervals to the confirmation");
    const update = `NRF.updateServices({a:{b:{value:"1",notify:true}}})`;
    await bench.boot(
      "ble",
      "",
      `NRF.setServices({a:{b:{maxLen:20,notify:true}}});setTimeout(function(){for(let i=0;i<9;i++)${update}},100);setTimeout(function(){${update}},125)`,
      { onAir: true, interval: 20 },
    );
    await bench.link(0, true);
    await bench.to(110);
    t.is(bench.sent.length, 2 + 3, "of nine notifications three had room");
    await bench.to(300);
    t.is(bench.sent.length, 2 + 3 + 1, "an interval later there is room again");
    await bench.close();
  });

  test(`nus: a notification at once, the next an interval later: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot(
      "nus",
      "",
      "setTimeout(function(){Bluetooth.write('x'.repeat(45))},1000);setTimeout(function(){Bluetooth.write('y')},1050)",
      { onAir: true, interval: 20 },
    );
    await bench.link(0, true);
    await bench.to(900);
    const before = bench.sent.length;
    await bench.to(2000);
    t.deepEqual(
      bench.sent.slice(before).map((text) => text.length),
      [20, 20, 5, 1],
    );
    const times = bench.frames.slice(before).map(({ time }) => time);
    t.true(times[0]! >= 1000 && times[0]! < 1010, times.join());
    t.deepEqual(
      times.map((time) => time - times[0]!),
      [0, 20, 40, 60],
    );
    await bench.close();
  });

  test(`serial: bytes go and come at once: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("serial", "{port:Serial1,baud:9600}", "setTimeout(function(){send('x'.repeat(64))},100)", {
      onAir: true,
    });
    await bench.frame(200, "a".repeat(40));
    t.deepEqual(
      bench.frames.map(({ text }) => text.length),
      [64],
    );
    t.true(bench.frames[0]!.time >= 100 && bench.frames[0]!.time < 110, `${bench.frames[0]!.time}`);
    t.is(
      bench
        .log()
        .filter((line) => line.startsWith("data "))
        .map((line) => line.slice(5))
        .join(""),
      "a".repeat(40),
    );
    await bench.close();
  });

  test(`advertising: the medium adds the delay: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("advertising", "{repeat:3}", "NRF.setAdvertising([[1,2,3]],{interval:150})", { onAir: true });
    await bench.to(1000);
    const times = bench.frames.map(({ time }) => time);
    t.is(times.length, 7);
    t.true(
      times.every((time, i) => i === 0 || time - times[i - 1]! === 150),
      times.join(),
    );
    await bench.close();
  });

  test(`tcp: segments go one after the other without a pause: ${name}`, async (t) => {
    const bench = new Bench(make());
    const text = (onAir: boolean): Promise<void> =>
      bench.boot(
        "tcp",
        "{host:'10.0.0.1',port:42424}",
        "setTimeout(function(){require('net').connect({host:'10.0.0.1',port:42424},function(){}).write('z'.repeat(100))},100)",
        { segment: 10, onAir },
      );
    const spread: number[] = [];
    for (const onAir of [false, true]) {
      const before = bench.frames.length;
      await text(onAir);
      await bench.link(0, true);
      await bench.to(1000);
      const times = bench.frames
        .slice(before)
        .filter((frame) => frame.text === "z".repeat(10))
        .map(({ time }) => time);
      t.is(times.length, 10);
      spread.push(times.at(-1)! - times[0]!);
    }
    t.true(spread[0]! >= 18 && spread[1]! === 0, spread.join());
    await bench.close();
  });
}
