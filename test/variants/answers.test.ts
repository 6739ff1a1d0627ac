/** All variants of crypto, platform and compression give the same answers as the others: those of hosts here, those of boards in each device host. */
import { fileURLToPath } from "node:url";
import test from "ava";
import { build } from "esbuild";
import { errorCode } from "../../src/index.ts";
import { compile } from "../../tools/build/compile.ts";
import { loadBoard } from "../../tools/build/index.ts";
import { hosts } from "../sim/helpers.ts";
import { answers } from "./answers.ts";

const entry = fileURLToPath(new URL("answers.ts", import.meta.url));
// a board's heap makes no difference to what is compared
const devices = hosts.filter(({ name }) => !name.includes("board heap"));
const wanted: string[] = [];
answers((line) => wanted.push(line));

test("the answers that are compared are of every kind of input, refused ones too", (t) => {
  t.true(wanted.length > 80);
  for (const code of [
    "KEY_LENGTH",
    "KEY_PREFIX",
    "KEY_RANGE",
    "KEY_OFF_CURVE",
    "SECRET_RANGE",
    "MAC",
    "PATH",
    "CBOR",
    "INNER",
  ])
    t.true(
      wanted.some((line) => line.endsWith(`code ${code}`)),
      code,
    );
});

for (const platform of ["node", "browser"] as const) {
  test(`${platform}`, async (t) => {
    const { outputFiles, metafile } = await build({
      entryPoints: [entry],
      bundle: true,
      format: "esm",
      platform,
      conditions: [platform],
      write: false,
      metafile: true,
    });
    const back = platform === "node" ? "node" : "noble";
    t.deepEqual(
      Object.keys(metafile!.inputs)
        .filter((file) => /src\/crypto\/\w+\/primitives\.ts$/.test(file))
        .map((file) => file.split("/").at(-2)),
      [back],
    );
    const module = (await import(
      `data:text/javascript;base64,${Buffer.from(outputFiles[0]!.contents).toString("base64")}`
    )) as { answers: typeof answers };
    const lines: string[] = [];
    module.answers((line) => lines.push(line));
    t.deepEqual(lines, wanted);
  });
}

for (const [name, ...conditions] of [
  ["puckjs", "crypto-thumb", "thumb-m4"],
  ["rp2040", "crypto-thumb", "thumb-m0"],
  ["esp32c3", "crypto-firmware"],
  ["mdbt42q", "crypto-script"],
] as const) {
  const made = compile({
    input: entry,
    output: "answers.js",
    conditions: ["espruino", ...conditions],
    names: ["answers"],
    role: "runtime",
  });
  for (const host of devices)
    test(`${conditions.join(", ")}: ${host.name}`, async (t) => {
      const { code } = await made;
      const device = host.make();
      t.teardown(() => device.close());
      const board = loadBoard(name);
      const roomy = { ...board, variables: Math.max(board.variables, 7500) };
      const program = `require("answers").answers(function (line) { print(line); });`;
      const { logs } = await device.boot({
        board: roomy,
        bundle: program,
        modules: { answers: code },
        entropy: [1, 2, 3, 4],
      });
      t.deepEqual(
        logs.map((line) => line.replace(/code (\d+)$/, (_, code: string) => `code ${errorCode(Number(code))}`)),
        wanted,
      );
    });
}
