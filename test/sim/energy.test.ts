// The figures against their schema and the boards that there are; energies against what a hand computes.
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import test from "ava";
import type { ExecutionContext } from "ava";
import { loadBoards } from "../../tools/build/index.ts";
import { deviceEnergy, energyFigures, energyOf } from "../../sim/energy.ts";
import { SimError } from "../../sim/errors.ts";
import type { Usage } from "../../sim/media/medium.ts";

const usage = (tx: number, rx = 0, listening = 0): Usage => ({ tx, rx, listening, sent: 1, received: 1 });
const schema = JSON.parse(readFileSync(new URL("../../sim/energy/schema.json", import.meta.url), "utf8")) as object;
const valid = new Ajv2020({ allErrors: true, strictTypes: false }).compile(schema);

const near = (t: ExecutionContext, got: number | undefined, expected: number): void => {
  t.true(got !== undefined && Math.abs(got - expected) <= Math.abs(expected) * 1e-9, `${got} is not ${expected}`);
};

test("the figures are as the schema has it", (t) => {
  t.true(valid(energyFigures()), JSON.stringify(valid.errors));
  const wrong: [string, (figures: ReturnType<typeof energyFigures>) => unknown][] = [
    [
      "a current that is none",
      (f) => {
        f.radios["sx1276"]!.rx = 0;
      },
    ],
    [
      "a power that is no number",
      (f) => {
        f.radios["sx1276"]!.tx = { high: 120 };
      },
    ],
    [
      "no source",
      (f) => {
        f.radios["sx1276"]!.source = "";
      },
    ],
    [
      "microvolts",
      (f) => {
        f.boards["puckjs"]!.volts = 3000;
      },
    ],
    [
      "a kind left out",
      (f) => {
        delete (f.usual as { lora?: unknown }).lora;
      },
    ],
    [
      "a field that is not known",
      (f) => {
        Object.assign(f.boards["pico"]!, { running: 32 });
      },
    ],
  ];
  for (const [what, change] of wrong) {
    const figures = structuredClone(energyFigures());
    change(figures);
    t.false(valid(figures), what);
  }
});

test("every board has figures or says that it has none, and names radios that there are", (t) => {
  const { boards, radios, usual } = energyFigures();
  t.deepEqual(
    Object.keys(boards).sort(),
    loadBoards()
      .map(({ name }) => name)
      .sort(),
  );
  const named = [
    ...Object.values(boards).flatMap((board) => Object.values(board?.radios ?? {})),
    ...Object.values(usual),
  ];
  for (const name of named) if (name !== null) t.truthy(radios[name], name);
  // stronger is never cheaper, and no radio takes more when it sleeps than when it is on
  for (const [name, { tx, rx, sleep }] of Object.entries(radios)) {
    const rising = Object.entries(tx)
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, mA]) => mA);
    t.deepEqual(
      rising,
      rising.toSorted((a, b) => a - b),
      name,
    );
    t.true(sleep < rx && sleep < rising[0]!, name);
  }
});

test("a LoRa module alone: by tables, between them and beyond", (t) => {
  // 1 s at 3.3 V and 87 mA; 2 s at 11.5 mA; 7 s asleep at 0.2 uA
  const energy = energyOf(undefined, "lora", usage(1000, 500, 1500), { power: 17 }, 10)!;
  near(t, energy.tx, 287.1);
  near(t, energy.rx, 75.9);
  near(t, energy.idle, 0.00462);
  near(t, energy.total, 363.00462);
  // 14 dBm, which is what it sends with if nothing is said: a quarter of the way from 29 mA to 87 mA
  near(t, energyOf(undefined, "lora", usage(1000), {}, 1)!.tx, 43.5 * 3.3);
  near(t, energyOf(undefined, "lora", usage(1000), { power: 10 }, 1)!.tx, 24.5 * 3.3);
  near(t, energyOf(undefined, "lora", usage(1000), { power: 2 }, 1)!.tx, 66);
  near(t, energyOf(undefined, "lora", usage(1000), { power: 30 }, 1)!.tx, 396);
});

test("boards: what their own idle current is, and is not, added to", (t) => {
  // a Puck.js for an hour: the chip's figures have the processor in them
  const puck = energyOf("puckjs", "ble", usage(1000, 2000, 1000), {}, 3600)!;
  near(t, puck.tx, 21.3);
  near(t, puck.rx, 58.5);
  near(t, puck.idle, 3596 * 0.003 * 3);
  near(t, puck.total, 21.3 + 58.5 + 32.364);
  // with a module on its pins it idles beside
  near(t, energyOf("puckjs", "nrf24", usage(1000), {}, 1)!.total, 11.3 * 3 + 0.003 * 3);
  near(t, energyOf("puckjs", "nrf24", usage(0, 0, 1000), { rate: 250 }, 1)!.rx, 37.8);
  // an nRF52840 of its own for 802.15.4, and none on an nRF52832
  near(t, energyOf("joltjs", "802.15.4", usage(1000), {}, 1)!.tx, 19.2);
  near(t, energyOf("puckjs", "802.15.4", usage(1000), {}, 1)!.tx, 35.4);
  near(t, energyOf("puckjs", "802.15.4", usage(1000, 1000), { radio: "cc2538" }, 2)!.total, 72 + 60);
  // a Pico: 11 mA unless it may stop
  near(t, energyOf("pico", "serial", usage(1000), {}, 100)!.total, 3630);
  near(t, energyOf("pico", "serial", usage(1000), { deepSleep: true }, 100)!.total, 6.6);
  // a network is kept
  near(t, energyOf("esp8266", "udp", usage(0), {}, 10)!.total, 2310);
  near(t, energyOf("esp8266", "serial", usage(0), {}, 10)!.total, 495);
  near(t, energyOf("esp8266", "udp", usage(1000), {}, 1)!.total, 709.5);
});

test("two radios of a device idle once", (t) => {
  const both = deviceEnergy(
    "puckjs",
    [
      { kind: "ble", usage: usage(1000) },
      { kind: "lora", usage: usage(1000), settings: { power: 13 } },
    ],
    100,
  )!;
  near(t, both.tx, 7.1 * 3 + 29 * 3.3);
  near(t, both.idle, 99 * 0.003 * 3 + 99 * 0.0002 * 3.3);
});

test("what is not known is not made up", (t) => {
  t.is(energyOf("linux", "udp", usage(1), {}, 1), undefined);
  t.is(energyOf("nosuchboard", "ble", usage(1), {}, 1), undefined);
  t.is(energyOf("pico", "ble", usage(1), {}, 1), undefined);
  t.throws(() => energyOf("puckjs", "ble", usage(1), { radio: "cc9999" }, 1), {
    instanceOf: SimError,
    code: "options",
  });
  t.deepEqual(energyOf(undefined, "ideal", usage(1000), {}, 1), { tx: 0, rx: 0, idle: 0, total: 0 });
});

// espruino.com/Puck.js: advertising every 375 ms at 0 dBm, nothing that answers, 22 uA. An event is put off by 5 ms on
// average (advDelay), and is three PDUs of 376 us with all that fits.
test("a Puck.js that advertises takes about what its maker has measured", (t) => {
  const seconds = 380;
  const { total } = energyOf("puckjs", "advertising", usage(1000 * 3 * 0.376), {}, seconds)!;
  const uA = (total / seconds / 3) * 1000;
  t.true(Math.abs(uA - 22) < 5, `${uA} uA`);
});
