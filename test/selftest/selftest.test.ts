import { createCipheriv, createHash } from "node:crypto";
import test from "ava";
import { loadBoard, loadBoards } from "../../tools/build/index.ts";
import { crc32 } from "../../tools/flash/index.ts";
import { checksOf, selftest, type Row, type Selftest } from "../../tools/selftest/index.ts";
import { serveThumb } from "../../sim/hosts/thumb.ts";
import { FakeBoard, type FakeOptions } from "../flash/fake-board.ts";

const puck = loadBoard("puckjs");
const SPEED = 20;

// twenty times as fast as a board needs it
const timers = { setTimeout: (run: () => void, ms: number) => setTimeout(run, ms / SPEED), clearTimeout };
const now = (): number => performance.now() * SPEED;

const ecb = (data: Uint8Array, key: Uint8Array): ArrayBuffer =>
  Uint8Array.from(createCipheriv("aes-128-ecb", key, null).update(data)).buffer;

/** What a Puck.js has, with the lexer of a release in which it is mended: this one is V8's. */
function parts(version = "2v30"): {
  globals: Record<string, unknown>;
  modules: Record<string, unknown>;
  created: unknown[];
} {
  let skew = 0;
  let random = 1;
  let memory: Uint8Array = new Uint8Array(0);
  const created: unknown[] = [];
  const globals = {
    process: {
      env: { BOARD: "PUCKJS", VERSION: version },
      memory: () => ({ free: 2500, total: 2630, blocksize: 13, stackFree: 5000 }),
    },
    E: {
      CRC32: (text: string) => crc32(Buffer.from(text, "latin1")),
      hwRand: () => random++,
      getAddressOf: (data: string | Uint8Array) => {
        if (typeof data !== "string") memory = data;
        return 4096;
      },
      nativeCall: () => (what: number, _: number, n: number) => Number(serveThumb(puck, what, memory, n).split(" ")[0]),
    },
    getTime: () => now() / 1000 + skew,
    getSerial: () => "9b4c5f1d-8a1c-1a2b",
    // at once, by a clock that says that the time has passed
    setTimeout: (run: (value: unknown) => void, ms: number, value: unknown) => {
      skew += ms / 1000;
      run(value);
      skew -= ms / 1000;
    },
    NRF: {
      getSecurityStatus: () => ({ connected: true }),
      setServices: () => undefined,
      getAdvertisingData: () => new Uint8Array(21),
    },
    Bluetooth: {},
    Serial1: {},
    SPI1: {},
    Modules: { addCached: () => undefined },
  };
  const modules = {
    crypto: {
      SHA256: (text: string) => Uint8Array.from(createHash("sha256").update(text).digest()).buffer,
      AES: {
        encrypt: (data: Uint8Array, key: Uint8Array, { mode }: { mode: string }) =>
          mode === "ECB" ? ecb(data, key) : ecb(new Uint8Array(16), key),
      },
    },
    "selftest.js": { x: 42 },
    "e3x-mote": {
      create: (options: unknown) => {
        memory = new Uint8Array(352);
        globals.E.nativeCall()(2, 4096, 0);
        return created.push(options);
      },
    },
  };
  return { globals, modules, created };
}

const run = (fake: FakeBoard, board = puck): Promise<Selftest> =>
  selftest(fake, { board, boards: loadBoards(), port: "/dev/board", timers, now });

const verdicts = (rows: Row[]): Record<string, string> =>
  Object.fromEntries(rows.map(({ check, verdict }) => [check, verdict]));

const failed = (rows: Row[]): string[] => rows.filter(({ verdict }) => verdict === "FAIL").map(({ check }) => check);

test("a Puck.js that is as it is told: every check passes, and nothing is left on it", async (t) => {
  const { globals, modules, created } = parts();
  const fake = new FakeBoard({ globals, modules });
  for (const name of ["e3x-mote", "mote.id", ".bootcde"]) fake.files.set(name, name);
  const { rows, id, board } = await selftest(fake, { boards: loadBoards(), port: "/dev/board", timers, now });
  t.is(board.name, "puckjs");
  t.deepEqual(
    rows.filter(({ verdict }) => verdict !== "pass"),
    [],
  );
  t.deepEqual(
    rows.map(({ check }) => check),
    checksOf(puck).map(({ name }) => name),
  );
  t.is(created.length, 2);
  t.deepEqual(
    [...fake.files.entries()],
    [
      ["e3x-mote", "e3x-mote"],
      ["mote.id", "mote.id"],
      [".bootcde", ".bootcde"],
    ],
  );
  t.is(fake.lines.at(-1), "load()");
  t.false(JSON.stringify({ rows, id }).includes("9b4c5f1d"), "the serial number is not told");
  // a line fits the smallest input buffer of a board
  for (const line of fake.lines) t.true(line.length < 490, `${line.length}: ${line}`);
  for (const { check, why, expected } of rows) t.true(why !== "" && expected !== "", check);
});

test("each check sees what it is for", async (t) => {
  const faults: [check: string | string[], break_: (it: ReturnType<typeof parts>) => unknown, options?: FakeOptions][] =
    [
      [
        ["process.env.VERSION", "lexer: string after a skipped block"],
        ({ globals: { process: p } }) => {
          (p as { env: { VERSION: string } }).env.VERSION = "2v18";
        },
      ],
      [
        "variables",
        ({ globals: { process: p } }) =>
          Object.assign(p as object, { memory: () => ({ free: 2500, total: 2630, blocksize: 14, stackFree: 5000 }) }),
      ],
      [
        ["variables free after reset()", "variables free with the runtime"],
        ({ globals: { process: p } }) =>
          Object.assign(p as object, { memory: () => ({ free: 500, total: 2630, blocksize: 13, stackFree: 5000 }) }),
      ],
      [
        ["C stack free", "C stack free at a native call"],
        ({ globals: { process: p } }) =>
          Object.assign(p as object, { memory: () => ({ free: 2500, total: 2630, blocksize: 13, stackFree: 300 }) }),
      ],
      [
        [
          "352 bytes in one piece",
          "Storage: a file's address",
          "native code: SHA-256",
          "native code: AES-CTR",
          "native code: public key",
        ],
        ({ globals: { E } }) => Object.assign(E as object, { getAddressOf: () => 0 }),
      ],
      [
        ["native code: SHA-256", "native code: AES-CTR", "native code: public key"],
        ({ globals: { E } }) => Object.assign(E as object, { nativeCall: () => () => 0 }),
      ],
      [["E.hwRand", "E.hwRand after reset()"], ({ globals: { E } }) => Object.assign(E as object, { hwRand: () => 4 })],
      [
        "SHA-256 and AES-ECB of the firmware",
        ({ modules: { crypto } }) => Object.assign(crypto as object, { SHA256: () => new ArrayBuffer(32) }),
      ],
      [
        ['require("crypto")', "SHA-256 and AES-ECB of the firmware", "AES, mode CTR: the iv"],
        ({ modules: { crypto } }) => Object.assign(crypto as object, { AES: undefined }),
      ],
      ["getTime()", ({ globals }) => Object.assign(globals, { getTime: () => now() / 2000 })],
      ["setTimeout", ({ globals }) => Object.assign(globals, { setTimeout: () => undefined })],
      [
        "Storage: write, read back",
        () => undefined,
        { flaw: (name, data) => (name === "selftest.data" ? data.replace("a", "b") : data) },
      ],
      [
        "native code in Storage",
        () => undefined,
        { flaw: (name, data) => (name === "selftest.code" ? data.replace(/.$/s, "x") : data) },
      ],
      ["Storage, bytes in all", () => undefined, { room: 30000 }],
      ["Storage: code from a file", ({ modules }) => Object.assign(modules, { "selftest.js": { x: 0 } })],
      [
        ["NRF.getSecurityStatus()", "radio ble", "radio advertising"],
        ({ globals }) => Object.assign(globals, { NRF: undefined }),
      ],
      [
        "radio advertising",
        ({ globals: { NRF } }) => Object.assign(NRF as object, { getAdvertisingData: () => new Uint8Array(40) }),
      ],
      ["radio nus", ({ globals }) => Object.assign(globals, { Bluetooth: undefined })],
      ["radio serial", ({ globals }) => Object.assign(globals, { Serial1: undefined })],
      [["radio sx127x", "radio nrf24"], ({ globals }) => Object.assign(globals, { SPI1: undefined })],
    ];
  await Promise.all(
    faults.map(async ([checks, break_, options]) => {
      const it = parts();
      break_(it);
      const fake = new FakeBoard({ ...it, ...options });
      fake.files.set("e3x-mote", "e3x-mote");
      // a time that is half wrong has a timer that is, too
      const expected = checks === "getTime()" ? ["getTime()", "setTimeout"] : [checks].flat();
      t.deepEqual(failed((await run(fake)).rows).sort(), expected.sort(), String(checks));
      t.false(
        [...fake.files.keys()].some((name) => name.startsWith("selftest.")),
        `${String(checks)}: files are left`,
      );
    }),
  );
});

test("a fault of 2v29 that is not there: only a later release may have it mended", async (t) => {
  const { globals, modules } = parts("2v29.278");
  const { rows } = await run(new FakeBoard({ globals, modules }));
  t.deepEqual(failed(rows), ["lexer: string after a skipped block"]);
  t.is(rows.find(({ check }) => check.startsWith("lexer"))!.said, "mended");
  t.is(verdicts(rows)["variables free with the runtime"], "skipped");
});

test("a firmware that does not tell the free C stack fails no check for that", async (t) => {
  const it = parts();
  Object.assign(it.globals["process"] as object, { memory: () => ({ free: 2500, total: 2630, blocksize: 13 }) });
  const fake = new FakeBoard(it);
  fake.files.set("e3x-mote", "e3x-mote");
  const { rows } = await run(fake);
  t.deepEqual(failed(rows), []);
  t.deepEqual(
    rows.filter(({ said }) => said === "the firmware does not tell").map(({ check }) => check),
    ["C stack free", "C stack free at a native call"],
  );
});

test("no native code is run on a board that calls itself otherwise", async (t) => {
  const { globals, modules } = parts();
  const { rows } = await run(new FakeBoard({ globals, modules }), loadBoard("mdbt42q"));
  t.is(verdicts(rows)["process.env.BOARD"], "FAIL");
  t.is(verdicts(rows)["native code: SHA-256"], "skipped");
});

test("a board that stops answering: the rest is skipped, and what there is is told", async (t) => {
  const { globals, modules } = parts();
  let dead = false;
  const fake = new FakeBoard({
    globals,
    modules,
    line: (line) => {
      dead ||= line.includes("mst(0,");
      return dead ? "" : line;
    },
  });
  const { rows } = await run(fake);
  const at = rows.findIndex(({ check }) => check === "native code: public key");
  t.like(rows[at], { verdict: "FAIL", said: "no answer" });
  t.deepEqual(
    rows.slice(at + 1).map(({ verdict, said }) => `${verdict}: ${said}`),
    Array(2).fill('skipped: the board does not answer since "native code: public key"'),
  );
  t.true(rows.slice(0, at).every(({ verdict }) => verdict === "pass"));
});

test("a board that resets in the middle: what follows is checked", async (t) => {
  const { globals, modules } = parts();
  let lost = 2;
  const fake = new FakeBoard({ globals, modules, line: (line) => (line.includes("mst(2,") && lost-- > 0 ? "" : line) });
  const { rows } = await run(fake);
  t.is(verdicts(rows)["native code: SHA-256"], "FAIL");
  t.is(verdicts(rows)["native code: public key"], "pass");
});

test("no answer, something else that answers, a board that nobody knows: said, and nothing is done", async (t) => {
  const fails = async (options: FakeOptions): Promise<{ code: string; message: string }> => {
    const fake = new FakeBoard(options);
    const error = (await t.throwsAsync(
      selftest(fake, { boards: loadBoards(), port: "/dev/board", timers, now }),
    )) as Error & { code: string };
    t.false(fake.lines.includes("reset()"));
    return error;
  };
  const silent = await fails({ line: () => "" });
  t.is(silent.code, "NO_ANSWER");
  t.regex(silent.message, /no answer on \/dev\/board; .*reset the board/);
  t.regex((await fails({ line: () => 'print("login: ")' })).message, /"login: ?>"; check that it is the right port/);
  const other = await fails({ board: "TOASTER" });
  t.is(other.code, "OTHER_BOARD");
  t.regex(other.message, /^the board calls itself TOASTER, .*; give --board/);
});
