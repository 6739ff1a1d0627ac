import test from "ava";
import { hosts } from "../../sim/helpers.ts";
import { Bench, radioModule } from "./helpers.ts";

const call = (options = ""): string => `{spi:SPI1,cs:D4,ce:D5,irq:D6,rx:"mote1",tx:"gate1"${options && `,${options}`}}`;
const modem = (line: string): boolean => line.startsWith("nrf24");

for (const { name, make } of hosts) {
  test(`frames of 1 to 32 bytes, both ways: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("nrf24", call(), "print(radio.mtu);radio.on('data',function(d){send(E.toString(d))})");
    await bench.link(0, true);
    const frames = Array.from({ length: 32 }, (_, i) =>
      String.fromCharCode(...Array.from({ length: i + 1 }, (_, j) => (i * 41 + j * 7) & 255)),
    );
    for (const [i, frame] of frames.entries()) await bench.frame(200 + i * 5, frame);
    await bench.to(1000);
    t.deepEqual(bench.sent, frames);
    t.deepEqual(bench.log(), ["32", "open", ...frames.map(() => "drain")]);
    await bench.close();
  });

  test(`rates and channels, as the other side is set: ${name}`, async (t) => {
    for (const [options, other, heard] of [
      ["rate:250", { rate: 250 }, true],
      ["rate:2000,channel:100", { rate: 2000, channel: 100 }, true],
      ["rate:250", {}, false],
      ["channel:3", {}, false],
      ["tx:'gate2'", {}, false],
    ] as const) {
      const bench = new Bench(make());
      await bench.boot("nrf24", call(options), "send('hello')", { trace: true, ...other });
      await bench.link(0, true);
      await bench.to(500);
      t.deepEqual(bench.sent, heard ? ["hello"] : [], options);
      t.deepEqual(
        bench.log().filter(modem),
        heard ? ["nrf24 sent 5 bytes, 1"] : ["nrf24 gave up 5 bytes, 16"],
        options,
      );
      await bench.close();
    }
  });

  test(`lost transmissions are made good: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("nrf24", call(), "for (let i = 0; i < 9; i++) send('frame ' + i)", { lossy: 2, trace: true });
    await bench.link(0, true);
    for (let i = 0; i < 5; i++) await bench.frame(300, `answer ${i}`);
    await bench.to(1000);
    t.deepEqual(
      bench.sent,
      Array.from({ length: 9 }, (_, i) => `frame ${i}`),
    );
    const logs = bench.log().filter((line) => !line.startsWith("spi"));
    t.deepEqual(
      logs.filter((line) => line.startsWith("data")),
      Array.from({ length: 5 }, (_, i) => `data answer ${i}`),
    );
    t.deepEqual(logs.filter(modem), [
      "nrf24 sent 7 bytes, 1",
      ...Array.from({ length: 8 }, () => "nrf24 sent 7 bytes, 2"),
    ]);
    await bench.close();
  });

  test(`the other side goes and comes: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("nrf24", call(), "send('one');send('two');setTimeout(send,300,'three')", { trace: true });
    await bench.link(250, true);
    await bench.frame(260, "back");
    await bench.to(1000);
    t.deepEqual(bench.sent, ["three"]);
    t.deepEqual(
      bench.log().filter((line) => !line.startsWith("spi")),
      [
        "open",
        "nrf24 gave up 3 bytes, 16",
        "drain",
        "nrf24 gave up 3 bytes, 16",
        "drain",
        "data back",
        "nrf24 sent 5 bytes, 1",
        "drain",
      ],
    );
    await bench.close();
  });

  test(`a module that lost its settings gets them back: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("nrf24", call(), "setTimeout(send,300,'after')", { brownout: 200 });
    await bench.link(0, true);
    await bench.frame(250, "into nothing");
    await bench.to(310);
    t.deepEqual(bench.sent, ["after"]);
    await bench.frame(310, "heard");
    await bench.to(1000);
    t.deepEqual(bench.log(), ["open", "drain", "data heard"]);
    await bench.close();
  });
}

test("the registers are set as the product specification says", async (t) => {
  const bench = new Bench(hosts[0]!.make());
  await bench.boot("nrf24", call(), "send('hi')", { trace: true });
  await bench.link(0, true);
  await bench.frame(200, "yo");
  await bench.to(400);
  const spi = bench
    .log()
    .filter((line) => line.startsWith("spi"))
    .map((line) => (JSON.parse(line.slice(4)) as number[]).map((byte) => byte.toString(16).padStart(2, "0")).join(" "));
  t.deepEqual(spi, [
    // FEATURE: dynamic lengths, DYNPD: of pipes 0 and 1; SETUP_RETR, RF_CH, RF_SETUP: 1 Mbit/s, 0 dBm
    "3d 04",
    "3c 03",
    "24 5f",
    "25 4c",
    "26 06",
    // RX_ADDR_P0 and TX_ADDR: the other side; RX_ADDR_P1: own
    "2a 67 61 74 65 31",
    "30 67 61 74 65 31",
    "2b 6d 6f 74 65 31",
    // EN_RXADDR: pipe 1; CONFIG: receiver; FLUSH_TX, TX_DS and MAX_RT cleared
    "22 02",
    "20 0f",
    "e1",
    "27 30",
    // CONFIG looked at; EN_RXADDR: pipe 0 too; CONFIG: transmitter; payload
    "00 00",
    "22 03",
    "20 0e",
    "a0 68 69",
    // RX_DR cleared, TX_DS seen; receiver; FIFO_STATUS
    "27 40",
    "22 02",
    "20 0f",
    "e1",
    "27 30",
    "17 00",
    // RX_DR cleared; FIFO_STATUS, length, payload, FIFO_STATUS
    "27 40",
    "17 00",
    "60 00",
    "61 00 00",
    "17 00",
  ]);
  await bench.close();
});

test("the module is small", async (t) => {
  t.true((await radioModule("nrf24")).length <= 900);
});
