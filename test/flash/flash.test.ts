import test from "ava";
import { loadBoard, loadBoards } from "../../tools/build/index.ts";
import type { BoardBuild } from "../../tools/build/index.ts";
import {
  boardIds,
  crc32,
  flash,
  planOf,
  requireBoard,
  seedFile,
  type Facts,
  type Flashed,
  type Plan,
  type Wire,
} from "../../tools/flash/index.ts";
import { FakeBoard, type FakeOptions } from "./fake-board.ts";

const board = loadBoard("puckjs");
const runtime = Array.from({ length: 1000 }, (_, i) => String.fromCharCode(i & 255)).join("");
const files = { "e3x-mote.js": runtime, "ble.js": "exports.ble=1", "app.js": "print(1)", "bundle.js": "all of it" };
const build = { files } as unknown as BoardBuild;
const text = (plan: Plan): Record<string, string> =>
  Object.fromEntries(plan.files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString("latin1")]));

// twenty times as fast as a board needs it
const timers = { setTimeout: (run: () => void, ms: number) => setTimeout(run, ms / 20), clearTimeout };

const put = (wire: Wire, plan: Plan): Promise<Flashed> =>
  flash(wire, { board, boards: loadBoards(), plan, port: "/dev/board", timers });

test("a build's files under their names in Storage, the application last, a seed where one is given", (t) => {
  const seed = seedFile((n) => new Uint8Array(n).fill(7));
  const plan = planOf(build, { seed });
  t.deepEqual(
    plan.files.map(({ name, keep }) => [name, keep]),
    [
      ["e3x-mote", false],
      ["e3x-mote/ble", false],
      [seed.name, true],
      [".bootcde", false],
    ],
  );
  t.is(text(plan)["e3x-mote"], runtime);
  t.false(planOf(build).erase);
});

test("every board takes the names that its own firmware has, and no other's", (t) => {
  const boards = loadBoards();
  const ids = boards.flatMap(boardIds);
  t.is(new Set(ids).size, ids.length);
  t.deepEqual(boardIds(loadBoard("rp2040")), ["ESPR_RP2040_PICO"]);
  for (const board of boards) {
    for (const [file, name] of Object.entries(board.espruino)) {
      // where the file does not call itself otherwise, its name is the board's
      t.true(
        name === file ||
          board.sources.some((source) => source.includes(`${file}.py`) && source.includes(`boardname: ${name},`)),
        `${board.name}: ${file}`,
      );
      t.notThrows(() => requireBoard({ board: name } as Facts, board, boards));
      for (const other of boards) {
        if (other !== board)
          t.throws(() => requireBoard({ board: name } as Facts, other, boards), {
            message: new RegExp(`give --board ${board.name},`),
          });
      }
    }
  }
});

test("everything arrives, is read back, and the board starts anew", async (t) => {
  const fake = new FakeBoard();
  const plan = planOf(build);
  const { files: done } = await put(fake, plan);
  t.deepEqual(Object.fromEntries(fake.files), text(plan));
  t.deepEqual(
    done.map(({ name, done, crc }) => [name, done, crc]),
    plan.files.map(({ name, bytes }) => [name, "written", crc32(bytes)]),
  );
  t.is(fake.lines.at(-1), "load()");
  // a line fits the smallest input buffer of a board
  for (const line of fake.lines) t.true(line.length < 440, line);
  const again = await put(fake, plan);
  t.deepEqual(
    again.files.map(({ done }) => done),
    ["same", "same", "same"],
  );
  t.is(fake.lines.filter((line) => line.includes(".erase(")).length, 3);
});

test("identity, state and seed stay, unless they are to be forgotten", async (t) => {
  const fake = new FakeBoard();
  for (const name of ["mote.id", "mote.0", "mote.seed0", "other"]) fake.files.set(name, name);
  const seed = seedFile();
  // where the runtime has gone on to the other slot
  const moved = new FakeBoard();
  moved.files.set("mote.seed1", "mine");
  t.deepEqual(
    (await put(moved, planOf(build, { seed }))).files.map(({ name, done }) => `${name} ${done}`),
    ["e3x-mote written", "e3x-mote/ble written", "mote.seed1 kept", ".bootcde written"],
  );
  t.false(moved.files.has("mote.seed0"));
  const kept = await put(fake, planOf(build, { seed }));
  t.deepEqual([fake.files.get("mote.id"), fake.files.get("mote.seed0"), kept.erased], ["mote.id", "mote.seed0", []]);
  t.is(kept.files.find(({ name }) => name === "mote.seed0")!.done, "kept");
  const { erased } = await put(fake, planOf(build, { seed, erase: true }));
  t.deepEqual(erased.sort(), ["mote.0", "mote.id", "mote.seed0"]);
  t.deepEqual(
    [...fake.files.keys()].filter((name) => /^mote\./.test(name)),
    ["mote.seed0"],
  );
  t.is(fake.files.get("mote.seed0"), Buffer.from(seed.bytes).toString("latin1"));
  t.is(fake.files.get("other"), "other");
});

test("lines that arrive garbled, cut or not at all are sent again", async (t) => {
  let n = 0;
  const fake = new FakeBoard({
    line: (line) => {
      n++;
      // another character in what is written; a cut line, whose rest is waited for; one without its first half
      if (n % 7 === 0) return line.replace(/'([A-Za-z0-9+/]{20})/, "'AAAA$1");
      if (n % 11 === 0) return "";
      return n % 5 === 0 ? line.slice(line.length / 2) : line;
    },
  });
  const plan = planOf(build);
  const { repeats } = await put(fake, plan);
  t.deepEqual(Object.fromEntries(fake.files), text(plan));
  t.true(repeats > 0);
  t.true(fake.interrupts > repeats);
});

const fails = async (
  options: FakeOptions,
  prepare: (fake: FakeBoard) => void = () => undefined,
): Promise<{ code: string; message: string; fake: FakeBoard }> => {
  const fake = new FakeBoard(options);
  prepare(fake);
  const error = await put(fake, planOf(build)).then(
    () => new Error("flashed"),
    (e: unknown) => e as Error,
  );
  return { code: (error as { code?: string }).code!, message: error.message, fake };
};

test("another board, no room, flash that does not keep: said before or when it shows, and what to do", async (t) => {
  const other = await fails({ board: "BANGLEJS2" });
  t.is(other.code, "OTHER_BOARD");
  t.regex(
    other.message,
    /^the board there is Bangle\.js 2 \(BANGLEJS2\), not Puck\.js; give --board banglejs2, or the port of a Puck\.js$/,
  );
  t.is(other.fake.files.size, 0);

  const full = await fails({ room: 1000 }, (fake) => {
    fake.files.set(".bootcde", "old");
  });
  t.is(full.code, "NO_ROOM");
  t.regex(full.message, /bytes are needed.*has \d+; erase/);
  t.is(full.fake.files.get(".bootcde"), "old", "nothing is erased when it can not fit");

  const bad = await fails({ flaw: (name, data) => (name === "e3x-mote/ble" ? data.replace("1", "0") : data) });
  t.is(bad.code, "VERIFY");
  t.regex(bad.message, /e3x-mote\/ble was written, but reads back otherwise; try again/);
});

test("what erased files hold is made room of", async (t) => {
  const fake = new FakeBoard({ room: 1500, trash: 900 });
  await put(fake, planOf(build));
  t.true(fake.lines.some((line) => line.includes("compact")));
  t.is(fake.files.size, 3);
});

test("no answer, and an answer that is not Espruino's", async (t) => {
  const silent = await fails({ line: () => "" });
  t.is(silent.code, "NO_ANSWER");
  t.regex(silent.message, /no answer on \/dev\/board; .*reset the board/);
  const login = await fails({ line: () => 'print("login: ")' });
  t.is(login.code, "NO_ANSWER");
  t.regex(login.message, /"login: ?>"; check that it is the right port/);
});
