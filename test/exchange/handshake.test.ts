/**
 * `at` of handshakes, as text of JSON: what each leads to, of an exchange and of a link, on the host and on a device. The
 * handshakes are made with OpenSSL. e3x/handshake.md, Sequencing with `at`
 */
import test from "ava";
import type { ExecutionContext } from "ava";
import fc from "fast-check";
import { InterpreterHost, VmHost, findInterpreter } from "../../sim/index.ts";
import type { DeviceHost } from "../../sim/index.ts";
import { coreEntry, loadBoard, measureBoard } from "../../tools/build/index.ts";
import * as library from "../../src/index.ts";
import { Exchange, Self, generate, lob } from "../../src/index.ts";
import { bytes, codeOf, hex, seeded } from "../helpers/core.ts";
import { deviceTarget } from "../vectors/device-target.ts";
import { EVEN, ODD, handshake, sync } from "../vectors/negative-cases.ts";
import type { Operation, Target } from "../vectors/target.ts";
import { hostTargetOf } from "../vectors/targets.ts";

const KEY = "02731001cb6e5be8c76cf095edf107002ad475f650";
const refused = (code: string, state = "in 0, out 0, KEY none"): string => `!${code}; ${state}`;
const taken = (at: number): string => `accepted, answer ${at}, new session; in ${at}, out ${at}, KEY ${KEY}`;

/** Of a first handshake: who we are, `at`, and what comes of it. */
const first: [we: typeof ODD, at: string | undefined, result: string][] = [
  // the smallest and the largest that are handled
  [EVEN, "1", taken(1)],
  [ODD, "2", taken(2)],
  [EVEN, "9007199254740991", taken(9007199254740991)],
  [ODD, "9007199254740990", taken(9007199254740990)],
  // beyond 2^53 - 1 numbers are rounded as they are read: 2^53 + 1 is 2^53 then
  ...[
    "9007199254740992",
    "9007199254740993",
    "9007199254740994",
    "9007199254740996",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551614",
    "18446744073709551615",
    "1e16",
    "1e400",
    "1E+308",
  ].flatMap((at): [typeof ODD, string, string][] => [
    [ODD, at, refused("AT")],
    [EVEN, at, refused("AT")],
  ]),
  // no positive integers, or none at all
  ...[
    "0",
    "-0",
    "0.0",
    "0e5",
    "-1",
    "-2",
    "-1000",
    "-9007199254740992",
    "1e-400",
    "0.5",
    "1000.5",
    "1001.25",
    "4294967296.5",
    "-1e400",
    '"1000"',
    '""',
    '"1e3"',
    "true",
    "false",
    "null",
    "[1000]",
    "[]",
    "{}",
    '{"at":1000}',
    undefined,
  ].flatMap((at): [typeof ODD, string | undefined, string][] => [
    [ODD, at, refused("AT")],
    [EVEN, at, refused("AT")],
  ]),
  // other ways to write an integer
  [ODD, "1e3", taken(1000)],
  [ODD, "1000.0", taken(1000)],
  [ODD, "1000e0", taken(1000)],
  [ODD, "10000e-1", taken(1000)],
  [EVEN, "10010e-1", taken(1001)],
  // integers that do not fit in 32 bits
  [ODD, "4294967294", taken(4294967294)],
  [EVEN, "4294967295", taken(4294967295)],
  [ODD, "4294967296", taken(4294967296)],
  [EVEN, "4294967297", taken(4294967297)],
  [EVEN, "1427400000001", taken(1427400000001)],
  [ODD, "4503599627370496", taken(4503599627370496)],
  [EVEN, "4503599627370497", taken(4503599627370497)],
  // the last bit is the sender's, also where it is beyond 32 bits
  ...["1001", "1", "4294967297", "9007199254740991"].map((at): [typeof ODD, string, string] => [
    ODD,
    at,
    refused("AT_PARITY"),
  ]),
  ...["1000", "2", "4294967296", "9007199254740990"].map((at): [typeof ODD, string, string] => [
    EVEN,
    at,
    refused("AT_PARITY"),
  ]),
];

/** Of one that has sent `out`, and gets handshakes one after the other, each with `at` and one of two KEYs. */
const OTHER = "03b89844b4d3a52364ad6fa95a3608e9f4394be0b3";
const later: [we: typeof ODD, out: number, handshakes: [string, number?][], result: string][] = [
  // confirmed with our own `at`, whatever its parity
  [ODD, 1001, [["1001"]], `accepted, no answer, new session; in 1001, out 1001, KEY ${KEY}`],
  [EVEN, 1000, [["1000"]], `accepted, no answer, new session; in 1000, out 1000, KEY ${KEY}`],
  // but not with one of our parity that we did not send
  [ODD, 1001, [["1003"]], refused("AT_PARITY", "in 0, out 1001, KEY none")],
  [EVEN, 1000, [["998"], ["1002"]], `!AT_PARITY; ${refused("AT_PARITY", "in 0, out 1000, KEY none")}`],
  // lower ones do not replace anything
  [
    ODD,
    0,
    [["1000"], ["998", 1], ["2"], ["1000", 1], ["1000"]],
    `accepted, answer 1000, new session; !STALE; !STALE; !STALE; !STALE; in 1000, out 1000, KEY ${KEY}`,
  ],
  // a higher one does, and a keepalive does not renew
  [
    ODD,
    0,
    [["1000"], ["1002"], ["1004", 1], ["1006"]],
    `accepted, answer 1000, new session; accepted, answer 1002, same session; accepted, answer 1004, new session; accepted, answer 1006, new session; in 1006, out 1006, KEY ${KEY}`,
  ],
  [
    ODD,
    0,
    [["1000"], ["1002", 1], ["1000"], ["1002"]],
    `accepted, answer 1000, new session; accepted, answer 1002, new session; !STALE; !STALE; in 1002, out 1002, KEY ${OTHER}`,
  ],
  // both began: ours is higher, then theirs
  [
    ODD,
    2001,
    [["1000"], ["2001"]],
    `not accepted, answer 2001, same session; accepted, no answer, new session; in 2001, out 2001, KEY ${KEY}`,
  ],
  [ODD, 1001, [["2000"]], `accepted, answer 2000, new session; in 2000, out 2000, KEY ${KEY}`],
  // a session is never replaced by what is refused
  [
    EVEN,
    0,
    [["1001"], ["1002", 1], ["9007199254740993", 1], ["1e400", 1], ['"1003"', 1], ["1003.5", 1], ["-1003", 1]],
    `accepted, answer 1001, new session; !AT_PARITY; !AT; !AT; !AT; !AT; !AT; in 1001, out 1001, KEY ${KEY}`,
  ],
  // the last that there is
  [
    EVEN,
    0,
    [["1001"], ["9007199254740991", 1], ["9007199254740992"], ["9007199254740989"]],
    `accepted, answer 1001, new session; accepted, answer 9007199254740991, new session; !AT; !STALE; in 9007199254740991, out 9007199254740991, KEY ${OTHER}`,
  ],
];

interface Asked {
  name: string;
  operation: Operation;
  expected: string;
}

const asked: Asked[] = [
  ...first.flatMap(([we, at, expected]) =>
    sync(we, 0, [at]).map((operation) => ({ name: `${we === ODD ? "ODD" : "EVEN"} gets ${at}`, operation, expected })),
  ),
  ...later.flatMap(([we, out, list, expected]) =>
    sync(we, out, ...list).map((operation) => ({
      name: `${we === ODD ? "ODD" : "EVEN"} said ${out}, gets ${list.join(" and ")}`,
      operation,
      expected,
    })),
  ),
];

async function answers(t: ExecutionContext, target: Target, list: Asked[]): Promise<void> {
  const results = await target.run(list.map(({ operation }) => operation));
  await target.close?.();
  list.forEach(({ name, operation, expected }, i) => t.is(results[i], expected, `${operation[0]}: ${name}`));
}

const device = async (host: DeviceHost, native: boolean): Promise<Target> => {
  const board = loadBoard("puckjs");
  const { files } = await measureBoard(board, { entry: coreEntry, channels: true, native });
  return deviceTarget({ name: "puckjs", host, board, bundle: files["e3x-mote.js"]!, codeOf: library.errorCode });
};

test("`at` of handshakes, in an exchange and in an endpoint's link", (t) =>
  answers(t, hostTargetOf("host", library), asked));

test("`at` of handshakes, in the core of a device", async (t) => answers(t, await device(new VmHost(), true), asked));

test("`at` of handshakes, in the core of a device, in the interpreter", async (t) => {
  if (!findInterpreter()) t.pass("skipped: no espruino-linux");
  else await answers(t, await device(new InterpreterHost({ heap: "free" }), true), asked);
});

test("`at` of more than 64 bits is refused too", async (t) => {
  // not asked of the interpreter: there 2^64 + 1000 is read as 1000
  const list = [
    "18446744073709551616",
    "18446744073709552616",
    "18446744073709551617",
    "36893488147419104232",
    "1".repeat(100),
  ].flatMap((at) =>
    [ODD, EVEN].flatMap((we) =>
      sync(we, 0, [at]).map((operation) => ({ name: at, operation, expected: refused("AT") })),
    ),
  );
  await answers(t, hostTargetOf("host", library), list);
  await answers(t, await device(new VmHost(), true), list);
});

test("what no number of JSON is makes no handshake at all", (t) => {
  for (const at of [
    "01000",
    "+1000",
    "1000.",
    ".5",
    "0x3e8",
    "1_000",
    "1000n",
    "NaN",
    "Infinity",
    "'1000'",
    "1000,",
    "undefined",
  ]) {
    const self = new Self({ "1a": { key: bytes(ODD.key), secret: bytes(ODD.secret) } }, seeded("numbers"));
    t.is(
      codeOf(() => new Exchange(self, bytes(EVEN.key)).sync(bytes(handshake(ODD, at)))),
      "HANDSHAKE",
      at,
    );
  }
});

test("of several `at` in one HEAD the last counts, as in all of JSON", (t) => {
  const self = new Self({ "1a": { key: bytes(ODD.key), secret: bytes(ODD.secret) } }, seeded("twice"));
  const x = new Exchange(self, bytes(EVEN.key));
  t.is(x.sync(bytes(handshake(ODD, '1,"at":1000'))).at, 1000);
  t.is(
    codeOf(() => x.sync(bytes(handshake(ODD, '1002,"at":"x"')))),
    "AT",
  );
  t.is(x.in, 1000);
});

test("types: link where none is said, the deprecated key, and no other make an exchange", (t) => {
  const b = new Self(generate(seeded("b")), seeded("b"));
  const a = new Self(generate(seeded("a")), seeded("a"));
  const types: [unknown, string | undefined][] = [
    [undefined, undefined],
    ["link", undefined],
    ["key", undefined],
    ["jwt", "HANDSHAKE"],
    ["uri", "HANDSHAKE"],
    ["tx", "HANDSHAKE"],
    ["Link", "HANDSHAKE"],
    ["LINK", "HANDSHAKE"],
    ["", "HANDSHAKE"],
    ["link ", "HANDSHAKE"],
    [0, "HANDSHAKE"],
    [1, "HANDSHAKE"],
    [true, "HANDSHAKE"],
    [["link"], "HANDSHAKE"],
    [{}, "HANDSHAKE"],
  ];
  for (const [type, code] of types) {
    const ab = new Exchange(a, b.key);
    const ba = new Exchange(b, a.key);
    const outer = ab.encrypt(lob.encode({ type, at: 1000 + ab.order }));
    t.is(
      codeOf(() => ba.sync(outer)),
      code,
      JSON.stringify(type),
    );
    t.is(ba.in, code ? 0 : 1000 + ab.order);
  }
});

test("two exchanges, whatever is lost, late or repeated: no session goes back, and one handshake more puts them in sync", (t) => {
  const step = fc.tuple(
    fc.constantFrom("new", "new key", "deliver", "deliver", "deliver", "lose", "again", "late"),
    fc.nat(1),
    fc.nat(20),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(), (steps, seed) => {
      const selves = [
        new Self(generate(seeded("a")), seeded(`a ${seed}`)),
        new Self(generate(seeded("b")), seeded(`b ${seed}`)),
      ];
      const make = (i: number, before?: Exchange): Exchange =>
        new Exchange(selves[i]!, selves[1 - i]!.key, before?.out, before?.in);
      const ends = [make(0), make(1)];
      const air: Uint8Array[][] = [[], []];
      const ever: Uint8Array[][] = [[], []];
      const say = (i: number, at?: number): void => {
        const outer = ends[i]!.handshake(at);
        air[1 - i]!.push(outer);
        ever[1 - i]!.push(outer);
      };
      const take = (i: number, outer: Uint8Array | undefined): void => {
        if (!outer) return;
        const x = ends[i]!;
        const before = [x.in, x.remote && hex(x.remote)];
        const code = codeOf(() => {
          const { at, accepted, answer, renewed } = x.sync(outer);
          if (accepted !== x.in > (before[0] as number) || renewed !== (before[1] !== (x.remote && hex(x.remote))))
            throw new Error("it says something else than it did");
          if (answer) say(i, at);
        });
        if (code && JSON.stringify([x.in, x.remote && hex(x.remote)]) !== JSON.stringify(before))
          throw new Error(`${code}, and it changed`);
        if (x.in < (before[0] as number)) throw new Error("it went back");
      };
      for (const [what, i, n] of steps) {
        if (what === "new") say(i);
        if (what === "new key") {
          // keys are gone, its numbers are not
          const old = ends[i]!;
          old.invalidate();
          ends[i] = make(i, old);
        }
        if (what === "deliver") take(i, air[i]!.shift());
        if (what === "lose") air[i]!.shift();
        if (what === "again" && ever[i]!.length) take(i, ever[i]![n % ever[i]!.length]);
        if (what === "late" && air[i]!.length) air[i]!.push(air[i]!.shift()!);
      }
      air[0] = [];
      air[1] = [];
      say(seed % 2);
      for (let rounds = 0; air[0].length + air[1].length; rounds++) {
        if (rounds > 6) throw new Error("they do not settle");
        for (const i of [0, 1]) take(i, air[i]!.shift());
      }
      const [a, b] = ends as [Exchange, Exchange];
      if (a.in !== a.out || b.in !== b.out || a.in !== b.in)
        throw new Error(`not in sync: ${[a.in, a.out, b.in, b.out].join()}`);
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        if (hex(to.receive(from.send(lob.encode({ c: 1 }, bytes("aa")))).body) !== "aa")
          throw new Error("another packet");
      }
    }),
    { seed: 8, numRuns: 150 },
  );
  t.pass();
});
