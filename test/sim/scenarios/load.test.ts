import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { SimError, checkScenario, loadScenario } from "../../../sim/index.ts";
import type { Scenario } from "../../../sim/index.ts";

const small: Scenario = {
  duration: 60,
  media: { air: { kind: "ideal", frameSize: 20 } },
  devices: [{ name: "sensor", count: 2 }],
  expect: [{ what: "linked", atLeast: 1 }],
};

function files(t: ExecutionContext, all: { [name: string]: string }): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "mote-load-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return (name) => join(folder, name);
}

test("JSON, and modules of TypeScript and JavaScript, with what they import", async (t) => {
  const at = files(t, {
    "one.json": JSON.stringify({ $schema: "x", ...small }),
    "two.ts":
      'import type { Scenario } from "e3x-mote-tools/sim";\nimport { basename } from "node:path";\nimport { n } from "./sub/n.ts";\n' +
      'export default { duration: n, title: basename(import.meta.url), media: { air: { kind: "ideal", frameSize: 20 } }, devices: [{ name: "a" }],' +
      ' expect: [{ what: "check", check: (o) => (o.time ? undefined : "no time") }] } satisfies Scenario;\n',
    "sub/n.ts": "export const n: number = 7;\n",
    "three.mjs": `export default ${JSON.stringify(small)};\n`,
  });
  const one = await loadScenario(at("one.json"));
  t.deepEqual(one.scenario, small);
  t.is(one.folder, dirname(at("one.json")));
  const { scenario } = await loadScenario(at("two.ts"));
  t.is(scenario.duration, 7);
  t.is(scenario.title, "two.ts");
  t.is(typeof (scenario.expect![0] as { check: unknown }).check, "function");
  t.deepEqual((await loadScenario(at("three.mjs"))).scenario, small);
});

test("a recorded loss from a file: a trace of transmissions, or shares over time", async (t) => {
  const media = {
    air: { kind: "lora", loss: { file: "trace.txt" }, links: { "sensor-1>gateway": { file: "shares.json" } } },
  };
  const at = files(t, {
    "s.json": JSON.stringify({ ...small, media }),
    "trace.txt": "1101\n0111\n",
    "shares.json": "[[0, 0.1], [5000, 0.5]]",
  });
  const { scenario } = await loadScenario(at("s.json"));
  t.deepEqual(scenario.media["air"], {
    kind: "lora",
    loss: { trace: "11010111" },
    links: {
      "sensor-1>gateway": {
        shares: [
          [0, 0.1],
          [5000, 0.5],
        ],
      },
    },
  });
  writeFileSync(at("trace.txt"), "11x");
  await t.throwsAsync(loadScenario(at("s.json")), {
    message: /\/media\/air\/loss names trace\.txt, which has something else than 0/,
  });
});

test("files that are none", async (t) => {
  const at = files(t, {
    "a.json": "{",
    "b.ts": "export const x = 1;",
    "c.ts": "export default {;",
    "d.yaml": "",
    "e.mjs": "throw new Error('no');",
  });
  const cases: [string, RegExp][] = [
    ["a.json", /it is not JSON/],
    ["b.ts", /exports no scenario by default/],
    ["c.ts", /cannot be loaded/],
    ["d.yaml", /not \.yaml; rename it/],
    ["e.mjs", /cannot be loaded: no/],
    ["none.json", /there is no such file/],
  ];
  for (const [name, message] of cases) {
    const error = await t.throwsAsync(loadScenario(at(name)), { instanceOf: SimError, message }, name);
    t.is(error!.code, "scenario");
    t.true(error!.message.includes(name));
  }
});

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loose = { [field: string]: any };
type Change = [name: string, change: (s: Loose) => void, message: RegExp];

const changes: Change[] = [
  [
    "an unknown key",
    (s) => {
      s["seeds"] = 1;
    },
    /\/ has "seeds", which means nothing there; correct or delete it/,
  ],
  [
    "an unknown option of a medium",
    (s) => {
      s["media"].air.spreading = 7;
    },
    /\/media\/air has "spreading"/,
  ],
  [
    "a medium of no kind",
    (s) => {
      delete s["media"].air.kind;
    },
    /\/media\/air lacks "kind"; add it/,
  ],
  [
    "an unknown kind",
    (s) => {
      s["media"].air.kind = "wifi";
    },
    /\/media\/air has "kind": "wifi"; it is one of ideal/,
  ],
  [
    "what is missing",
    (s) => {
      delete s["duration"];
    },
    /\/ lacks "duration"; add it/,
  ],
  [
    "a negative duration",
    (s) => {
      s["duration"] = -1;
    },
    /\/duration must be > 0/,
  ],
  [
    "a fault of no kind",
    (s) => {
      s["faults"] = [{ at: 1, what: "fire" }];
    },
    /\/faults\/0 has "what": "fire"; it is one of reboot, power cut, flash, radio, partition, gateway restart/,
  ],
  [
    "a loss with half of its fields",
    (s) => {
      s["media"] = { air: { kind: "lora", loss: { p: 1 } } };
    },
    /\/media\/air\/loss is a share from 0 to 1, or has p and r/,
  ],
  [
    "a medium that is not there",
    (s) => {
      s["devices"][0].media = ["radio"];
    },
    /\/devices\/0\/media\/0 names a medium "radio", which is not there; there are air/,
  ],
  [
    "a gateway that is not there",
    (s) => {
      s["devices"][0].gateway = "north";
    },
    /\/devices\/0\/gateway names a gateway "north".*there are gateway/,
  ],
  [
    "a central that is not there",
    (s) => {
      s["media"].air = { kind: "ble", central: "hub" };
    },
    /\/media\/air\/central names a station "hub"/,
  ],
  [
    "two of a name",
    (s) => {
      s["devices"].push({ name: "sensor-2" });
    },
    /\/devices\/1 is called "sensor-2" like another/,
  ],
  [
    "a host without application",
    (s) => {
      s["devices"][0].host = "vm";
    },
    /\/devices\/0 has the host "vm" and no "app"/,
  ],
  [
    "an application that is not there",
    (s) => {
      Object.assign(s["devices"][0], { board: "puckjs", app: "nowhere.ts" });
    },
    /\/devices\/0\/app names nowhere\.ts, which is not beside the scenario/,
  ],
  [
    "a board that is not there",
    (s) => {
      Object.assign(s["devices"][0], { board: "puck", app: "nowhere.ts" });
    },
    /\/devices\/0\/board .*puck/,
  ],
  [
    "a fault of nobody",
    (s) => {
      s["faults"] = [{ at: 1, what: "reboot", device: "sensor-3" }];
    },
    /\/faults\/0\/device names a device or group "sensor-3"/,
  ],
  [
    "a fault after the end",
    (s) => {
      s["faults"] = [{ at: 61, what: "reboot", device: "sensor" }];
    },
    /\/faults\/0\/at is 61, after the end at 60/,
  ],
  [
    "a fault of a flash that is not there",
    (s) => {
      s["faults"] = [{ at: 1, what: "flash", device: "sensor", faults: { full: 0 } }];
    },
    /\/faults\/0 is of the flash of sensor, which is native/,
  ],
  [
    "a partition of nobody",
    (s) => {
      s["faults"] = [{ at: 1, what: "partition", groups: [["sensor"], ["west"]], for: 1 }];
    },
    /\/faults\/0\/groups names a station or group "west"/,
  ],
  [
    "an expectation of nobody",
    (s) => {
      s["expect"][0].devices = ["west"];
    },
    /\/expect\/0\/devices names a device or group "west"/,
  ],
  [
    "an expectation that cannot fail",
    (s) => {
      delete s["expect"][0].atLeast;
    },
    /\/expect\/0 would hold whatever comes; give it atLeast or atMost/,
  ],
  [
    "a check in JSON",
    (s) => {
      s["expect"] = [{ what: "check", check: "x" }];
    },
    /\/expect\/0\/check is no function; a check can only be in a module/,
  ],
  [
    "a clone of nobody",
    (s) => {
      s["adversaries"] = [{ name: "eve", kind: "clone", of: "bob", at: 1 }];
    },
    /\/adversaries\/0\/of names a device "bob"/,
  ],
];

for (const [name, change, message] of changes) {
  test(`is refused: ${name}`, (t) => {
    t.notThrows(() => checkScenario(small));
    const other = structuredClone(small) as unknown as Loose;
    change(other);
    const error = t.throws(() => checkScenario(other), { instanceOf: SimError, message });
    t.is(error!.code, "scenario");
  });
}
