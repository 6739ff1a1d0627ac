import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { folder, mote } from "./mote.ts";

const app = fileURLToPath(new URL("../../examples/scenarios/app.ts", import.meta.url));

const scenario = {
  title: "Six sensors",
  duration: 90,
  media: { air: { kind: "ideal", frameSize: 64, latency: 5 } },
  devices: [{ name: "sensor", count: 6, traffic: { every: 10 } }],
  faults: [
    { at: 20, what: "reboot", device: "sensor-2" },
    { at: 30, what: "radio", device: "sensor-5", for: 50 },
  ],
  expect: [
    { what: "linked", atLeast: 1 },
    { what: "delivered", within: 5, atLeast: 0.5 },
  ],
};
const failing = {
  ...scenario,
  expect: [
    { what: "linked", atLeast: 1 },
    { what: "delivered", within: 5, devices: ["sensor-5"], atLeast: 0.9 },
  ],
};

test("one that holds: code 0, a summary of 80 columns, and its files", (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "six.json"), JSON.stringify(scenario));
  const run = mote(
    [
      "sim",
      "scenario",
      "six.json",
      "--capture",
      "out/c.jsonl",
      "--pcap",
      "out/c.pcapng",
      "--keys",
      "out/c.keys",
      "--report",
      "out/c.html",
    ],
    { cwd },
  );
  t.is(run.code, 0, run.err);
  t.is(run.err, "");
  t.regex(run.out, /^Six sensors\nseed 1, 0:01:30 of virtual time in /);
  t.regex(run.out, /\nair +ideal +\d+ /);
  t.regex(run.out, /\nsensor +native +6 of 6 +\d+ of \d+ /);
  t.regex(run.out, /\nheld +linked at least 100 %: 100 %\nheld +delivered within 5 s at least 50 %: [\d.]+ %\n/);
  t.notRegex(run.out, /To repeat it|\x1b/);
  for (const line of run.out.split("\n")) t.true(line.length <= 80, line);
  t.is(readFileSync(join(cwd, "out/c.pcapng")).readUInt32LE(0), 0x0a0d0d0a);
  t.regex(readFileSync(join(cwd, "out/c.keys"), "utf8"), /^E3X_MESSAGE [0-9a-f]{42} /m);
  t.regex(readFileSync(join(cwd, "out/c.html"), "utf8"), /^<!doctype html>[^]*Six sensors/);

  // the same of the capture alone, with the keys in it
  const secret = mote(["sim", "pcap", "out/c.jsonl", "-o", "secret.pcapng", "--keys", "out/c.keys"], { cwd });
  t.regex(secret.out, /who has it can read it/);
  const [plain, keys, with_] = ["out/c.pcapng", "out/c.keys", "secret.pcapng"].map((file) =>
    readFileSync(join(cwd, file)),
  ) as [Buffer, Buffer, Buffer];
  t.true(with_.includes(keys) && !plain.includes(keys.subarray(0, 60)));
  t.true(with_.includes(plain.subarray(-200)));
  t.is(mote(["sim", "report", "out/c.jsonl", "-o", "again.html"], { cwd }).code, 0);
  t.regex(readFileSync(join(cwd, "again.html"), "utf8"), /^<!doctype html>/);
});

test("one that does not hold: code 1, and the command that it prints fails the same way; shrink leaves what is needed", (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "it's six.json"), JSON.stringify(failing));
  const run = mote(["sim", "scenario", "it's six.json", "--seed", "5"], { cwd });
  t.is(run.code, 1);
  t.regex(run.out, /\nheld +linked/);
  t.regex(run.out, /\nnot held +sensor-5: delivered/);
  const command = run.out.trimEnd().split("\n").at(-1)!;
  t.is(command, "mote sim scenario 'it'\\''s six.json' --seed 5");
  const again = JSON.parse(mote(["sim", "scenario", "it's six.json", "--seed", "5", "--json"], { cwd }).out);
  t.deepEqual([again.held, again.seed, again.command], [false, 5, command]);
  for (const { text, held, got } of again.verdicts)
    t.true(run.out.includes(`\n${held ? "held      " : "not held  "}${text}: ${got}\n`));

  const shrunk = mote(["sim", "shrink", "it's six.json", "-o", "small.json"], { cwd });
  t.is(shrunk.code, 0, shrunk.err);
  t.regex(
    shrunk.out,
    /^1 device, 1 fault, \d+ s, where there were 6 devices, 2 faults, 90 s: small\.json\nIt fails the same way:\nmote sim scenario small\.json --seed 1\n$/,
  );
  t.regex(shrunk.err, /mote: \d+ runs: /);
  const small = JSON.parse(readFileSync(join(cwd, "small.json"), "utf8"));
  t.deepEqual(small.faults, [failing.faults[1]]);
  const last = mote(["sim", "scenario", "small.json", "--seed", "1", "--quiet"], { cwd });
  t.is(last.code, 1);
  t.is(last.out, "It does not hold. To repeat it:\nmote sim scenario small.json --seed 1\n");
});

test("a check is a function: the small scenario is a module that takes it from the original", (t) => {
  const cwd = folder(t);
  const check = "({ devices }) => (devices.some(({ boots }) => boots > 1) ? 'one has restarted' : undefined)";
  writeFileSync(
    join(cwd, "six.mjs"),
    `export default { ...${JSON.stringify(scenario)}, expect: [{ what: "linked", atLeast: 1 }, { what: "check", check: ${check} }] };\n`,
  );
  const refused = mote(["sim", "shrink", "six.mjs", "-o", "small.json"], { cwd });
  t.is(refused.code, 2);
  t.regex(refused.err, /six\.mjs has checks, which are functions and cannot be in JSON; give -o a file of \.mjs/);
  const run = mote(["sim", "shrink", "six.mjs"], { cwd });
  t.is(run.code, 0, run.err);
  t.regex(
    readFileSync(join(cwd, "six.small.mjs"), "utf8"),
    /import original from "\.\/six\.mjs";[^]*original\.expect\[1\]/,
  );
  const last = mote(["sim", "scenario", "six.small.mjs"], { cwd });
  t.is(last.code, 1);
  t.regex(last.out, /\nnot held +check: one has restarted\n/);
});

test("what is wrong with the command line, or the file, is code 2; what holds cannot be shrunk", (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "six.json"), JSON.stringify(scenario));
  writeFileSync(join(cwd, "wrong.json"), JSON.stringify({ ...scenario, duration: 0 }));
  const cases: [string[], number, RegExp][] = [
    [["scenario", "wrong.json"], 2, /^mote: wrong\.json: \/duration must be > 0; correct it\n$/],
    [["shrink", "six.json"], 1, /six\.json: all that is expected holds, with seed 1/],
    [["report", "six.json", "-o", "x.html"], 1, /six\.json: capture line 1: /],
  ];
  for (const [args, code, message] of cases) {
    const run = mote(["sim", ...args], { cwd });
    t.is(run.code, code, args.join(" "));
    t.regex(run.err, message);
  }
});

test("one device's side of a capture, against a new build: the field that is another", (t) => {
  const cwd = folder(t);
  const pucks = {
    duration: 40,
    media: { air: { kind: "ble", central: "gateway" } },
    devices: [{ name: "puck", count: 2, board: "puckjs", app: "app.ts" }],
    expect: [{ what: "linked", atLeast: 1 }],
  };
  writeFileSync(join(cwd, "app.ts"), readFileSync(app));
  writeFileSync(join(cwd, "pucks.json"), JSON.stringify(pucks));
  const run = mote(["sim", "scenario", "pucks.json", "-c", "c.jsonl", "-q"], { cwd });
  t.is(run.code, 0, run.err + run.out);
  const one = JSON.parse(mote(["replay", "c.jsonl", "-a", "app.ts", "--device", "puck-2", "--json"], { cwd }).out);
  const commands = readFileSync(join(cwd, "c.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line.includes('"device":"puck-2"') && line.includes('"out":'));
  t.deepEqual([one.agreed, one.commands], [true, commands.length]);

  writeFileSync(join(cwd, "new.ts"), readFileSync(app, "utf8").replace("let n = 0;", "let n = 1;"));
  const changed = mote(["replay", "c.jsonl", "-a", "new.ts", "--device", "puck-2"], { cwd });
  t.is(changed.code, 1);
  t.regex(changed.out, /the bundle of puck-2 is not the one/);
  t.regex(
    changed.out,
    /differs at .*, puck-2, frame 1 \(capture line \d+\)\n {2}field: {4}ciphertext of a message, byte \d+ of \d+\n {2}expected: .*\n {2}got: /,
  );

  const nobody = mote(["replay", "c.jsonl", "-a", "app.ts", "--device", "puck-3"], { cwd });
  t.is(nobody.code, 2);
  t.regex(nobody.err, /there is no device puck-3 in c\.jsonl; there are puck-1, puck-2/);
});
