import test from "ava";
import { hosts } from "../../sim/helpers.ts";
import { Bench, radioModule } from "./helpers.ts";

const wiring = "spi:SPI1,cs:D4,dio0:D5,rst:D6";
const call = (options = ""): string => `{${wiring}${options && `,${options}`}}`;

// What the modem says of itself, worked out by the simulator from its registers. Times by hand from the formula of the
// datasheet (4.1.1.7): the first is (8 + 7 * 5 + 12.25) symbols of 1.024 ms.
const settings: [options: string, other: { [name: string]: number }, length: number, air: string][] = [
  ["", {}, 20, "868100 kHz SF7 125 kHz 4/5 14 dBm sync 18 CRC 20 bytes 56576 us"],
  ["", {}, 250, "868100 kHz SF7 125 kHz 4/5 14 dBm sync 18 CRC 250 bytes 389376 us"],
  [
    "frequency:869.525,spreading:12,coding:8,power:17,sync:0x34",
    { frequency: 869.525, spreading: 12, coding: 8, sync: 0x34 },
    51,
    "869525 kHz SF12 125 kHz 4/8 17 dBm sync 52 CRC 51 bytes 3547136 us",
  ],
  [
    "bandwidth:250,spreading:9,power:2",
    { bandwidth: 250, spreading: 9 },
    52,
    "868100 kHz SF9 250 kHz 4/5 2 dBm sync 18 CRC 52 bytes 164352 us",
  ],
  [
    "frequency:433.175,bandwidth:500,spreading:11",
    { frequency: 433.175, bandwidth: 500, spreading: 11 },
    10,
    "433175 kHz SF11 500 kHz 4/5 14 dBm sync 18 CRC 10 bytes 123904 us",
  ],
];

for (const { name, make } of hosts) {
  test(`settings reach the modem, frames the other side: ${name}`, async (t) => {
    for (const [options, other, length, air] of settings) {
      const bench = new Bench(make());
      const frame = "x".repeat(length);
      await bench.boot("sx127x", call(options), `send("${frame}");`, { trace: true, ...other });
      await bench.to(10_000);
      t.deepEqual(bench.sent, [frame], options);
      t.deepEqual(
        bench.log().filter((line) => !line.startsWith("spi")),
        ["open", `lora ${air}`, "drain"],
        options,
      );
      // what comes is received with the same settings
      await bench.frame(10_000, "answer");
      await bench.to(20_000);
      t.deepEqual(
        bench.log().filter((line) => !line.startsWith("spi")),
        ["data answer", "drain"],
        options,
      );
      await bench.close();
    }
  });

  test(`half duplex, one frame at a time: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot(
      "sx127x",
      call(),
      "send('one');send('two');setTimeout(function(){print('busy',radio.write(new Uint8Array(1)))},30)",
    );
    await bench.to(20);
    t.deepEqual(bench.log(), ["open"]);
    // 30.976 ms on the air each
    await bench.frame(35, "deaf");
    await bench.to(60);
    t.deepEqual(bench.log(), ["busy false", "drain"]);
    await bench.to(200);
    t.deepEqual(bench.frames, [
      { time: 50, text: "one" },
      { time: 81, text: "two" },
    ]);
    t.deepEqual(bench.log(), ["drain"], "what came while it sent is lost");
    await bench.frame(200, "first");
    await bench.frame(201, "second");
    await bench.to(300);
    t.deepEqual(bench.log(), ["data first", "drain", "data second", "drain"]);
    await bench.close();
  });

  test(`it does not begin to send while it receives: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("sx127x", call(), "setTimeout(function(){send('mine')},110)");
    await bench.frame(100, "theirs, which takes 66.8 ms");
    await bench.to(300);
    t.deepEqual(
      bench.log().filter((line) => line !== "drain"),
      ["open", "data theirs, which takes 66.8 ms"],
    );
    t.deepEqual(bench.frames, [{ time: 166 + 31, text: "mine" }]);
    await bench.close();
  });

  test(`frames with errors are dropped: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("sx127x", call(), "", { corrupt: 2 });
    for (let i = 1; i < 5; i++) await bench.frame(100 * i, `frame ${i}`);
    await bench.to(600);
    t.deepEqual(
      bench.log().filter((line) => line !== "drain"),
      ["open", "data frame 1", "data frame 3"],
    );
    await bench.close();
  });

  test(`a module that lost its settings gets them back: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("sx127x", call(), "setTimeout(function(){send('after')},200)", { brownout: 100 });
    await bench.frame(150, "into nothing");
    await bench.to(300);
    t.deepEqual(bench.sent, ["after"]);
    await bench.frame(300, "heard");
    await bench.to(400);
    t.deepEqual(bench.log(), ["open", "drain", "data heard", "drain"]);
    await bench.close();
  });

  test(`a frame of 255 bytes, each value, both ways: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("sx127x", call("mtu:255"), "print(radio.mtu);radio.on('data',function(d){radio.write(d)})");
    const all = String.fromCharCode(...Array.from({ length: 255 }, (_, i) => i));
    await bench.frame(100, all);
    await bench.to(2000);
    t.deepEqual(bench.sent, [all]);
    t.deepEqual(bench.log(), ["255", "open", "drain", "drain"]);
    await bench.close();
  });
}

test("the registers are set as the datasheet says", async (t) => {
  const bench = new Bench(hosts[0]!.make());
  await bench.boot("sx127x", call(), "send('hi')", { trace: true });
  await bench.frame(200, "yo");
  await bench.to(300);
  const spi = bench
    .log()
    .filter((line) => line.startsWith("spi"))
    .map((line) => (JSON.parse(line.slice(4)) as number[]).map((byte) => byte.toString(16).padStart(2, "0")).join(" "));
  t.deepEqual(spi, [
    // sleep, then LoRa
    "81 80",
    "81 80",
    // RegFrf 868.1 MHz, RegPaConfig 14 dBm, RegPaRamp, RegOcp, RegLna, FIFO pointers
    "86 d9 06 66 8c 09 2b 23 00 00 00",
    // RegModemConfig1 and 2: 125 kHz, 4/5, explicit header, SF7, CRC; RegModemConfig3: AGC
    "9d 72 74",
    "a6 04",
    // errata 2.3, RegSyncWord
    "af 40 00 43",
    "b9 12",
    // DIO0 is RxDone; receive
    "c0 00",
    "81 85",
    // RegOpMode and RegModemStat looked at; standby, DIO0 is TxDone, FIFO, RegPayloadLength, transmit
    "01 00",
    "18 00",
    "81 81",
    "c0 40",
    "8d 00",
    "80 68 69",
    "a2 02",
    "81 83",
    // TxDone: RegIrqFlags read and cleared; receive
    "10 00 00 00 00",
    "92 08",
    "c0 00",
    "81 85",
    // RxDone and ValidHeader: cleared, FIFO read from RegFifoRxCurrentAddr
    "10 00 00 00 00",
    "92 50",
    "8d 00",
    "00 00 00",
  ]);
  await bench.close();
});

test("the module is small", async (t) => {
  t.true((await radioModule("sx127x")).length <= 920);
});
