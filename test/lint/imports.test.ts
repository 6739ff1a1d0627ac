import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { wrongImports } from "../../tools/lint/imports.ts";
import { roomsOf } from "../../tools/lint/rooms.ts";

const table = (...rows: string[]): string =>
  `# Architecture\n\n## Rooms\n\nText.\n\n| Room | Runs on | What |\n|---|---|---|\n${rows.join("\n")}\n\nMore.\n`;
const three = table(
  "| `src/low.ts` | device | Low. |",
  "| `src/middle` | device | Middle. |",
  "| `src/high` | host | High. |",
  "| `src/high/loft` | host | Loft. |",
);

const imports = {
  "#kind": { small: "./src/middle/small.ts", default: "./src/middle/large.ts" },
};

/** A package with three rooms whose imports are right, but for the files given. */
function packageWith(t: ExecutionContext, files: Record<string, string> = {}): string {
  const root = mkdtempSync(join(tmpdir(), "rooms-"));
  t.teardown(() => {
    rmSync(root, { recursive: true });
  });
  const all: Record<string, string> = {
    "package.json": JSON.stringify({ name: "rooms", type: "module", imports }),
    "src/low.ts": "export type Low = number;\n",
    "src/middle/small.ts": 'import type { Low } from "../low.ts";\nexport const kind: Low = 1;\n',
    "src/middle/large.ts": "export const kind = 2;\n",
    "src/middle/any.ts": 'export { kind } from "#kind";\n',
    "src/high/index.ts": 'export { kind } from "../middle/any.ts";\n',
    "src/high/loft/index.ts": 'export { kind } from "../index.ts";\n',
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

async function wrong(
  t: ExecutionContext,
  files?: Record<string, string>,
  conditions = ["node"],
): Promise<string | undefined> {
  const root = packageWith(t, files);
  return wrongImports(root, roomsOf(three, root), ["src"], conditions);
}

test("imports of one's own room and of lower rooms are right", async (t) => {
  t.is(await wrong(t), undefined);
  t.is(await wrong(t, {}, ["small"]), undefined);
});

test("an import of a higher room is told, of a type and of a room within a room, too", async (t) => {
  const up = "src/middle imports a higher room: src/middle/up.ts → src/high/index.ts";
  t.true(
    (await wrong(t, {
      "src/middle/up.ts": 'import { kind } from "../high/index.ts";\nexport const up = kind;\n',
    }))!.includes(up),
  );
  t.true((await wrong(t, { "src/middle/up.ts": 'export type { kind } from "../high/index.ts";\n' }))!.includes(up));
  t.true(
    (await wrong(t, { "src/middle/up.ts": 'export const up = () => import("../high/index.ts");\n' }))!.includes(up),
  );
  const loft = await wrong(t, { "src/high/up.ts": 'export { kind } from "./loft/index.ts";\n' });
  t.true(loft!.includes("src/high imports a higher room: src/high/up.ts → src/high/loft/index.ts"));
});

test("so is one that is there by some conditions alone", async (t) => {
  const files = {
    "src/middle/small.ts": 'export { kind } from "../high/other.ts";\n',
    "src/high/other.ts": "export const kind = 3;\n",
  };
  t.is(
    await wrong(t, files, ["small"]).then((text) => text?.includes("src/middle/small.ts → src/high/other.ts")),
    true,
  );
});

test("circles of files are told, of types too, and circles of folders", async (t) => {
  const files = await wrong(t, {
    "src/middle/a.ts": 'import type { B } from "./b.ts";\nexport type A = B;\n',
    "src/middle/b.ts": 'import type { A } from "./a.ts";\nexport type B = A;\n',
  });
  t.regex(files!, /circle of files: src\/middle\/[ab]\.ts →/);
  const folders = await wrong(t, {
    "src/middle/one/a.ts": 'export { b } from "../two/b.ts";\n',
    "src/middle/two/b.ts": "export const b = 1;\n",
    "src/middle/two/c.ts": 'export { d } from "../one/d.ts";\n',
    "src/middle/one/d.ts": "export const d = 1;\n",
  });
  t.regex(folders!, /circle of folders: src\/middle\/(one|two) →/);
  t.false(folders!.includes("circle of files"));
});

test("what is in no room is told", async (t) => {
  const text = await wrong(t, {
    "src/shed/a.ts": "export const a = 1;\n",
    "src/high/b.ts": 'export { a } from "../shed/a.ts";\n',
  });
  t.true(text!.includes("in no room of docs/architecture.md: src/high/b.ts → src/shed/a.ts"));
});

test("the table is read in order; a wrong row and a room that is not there are told", (t) => {
  const root = packageWith(t);
  t.deepEqual(
    roomsOf(three, root).map(({ path, device }) => [path, device]),
    [
      ["src/low.ts", true],
      ["src/middle", true],
      ["src/high", false],
      ["src/high/loft", false],
    ],
  );
  t.throws(() => roomsOf(table("| `src/gone` | device | Gone. |"), root), { message: /src\/gone, which is not there/ });
  t.throws(() => roomsOf(table("| src/middle | device | Middle. |"), root), { message: /not a row/ });
  t.throws(() => roomsOf("# Architecture\n", root), { message: /no table/ });
});
