import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { loadBoard } from "../../tools/build/boards.ts";
import { measureBoard, type BoardBuild } from "../../tools/build/bundle.ts";
import { BuildError } from "../../tools/build/errors.ts";
import { packageRoot } from "../../tools/build/root.ts";

/** In a file of the sources, puts text in the place of other text. */
type Change = [file: string, from: string, to: string];

const link = "link/link.ts";
const index = "device/index.ts";

/** Builds a copy of the sources with changes. */
async function build(t: ExecutionContext, ...changes: Change[]): Promise<BoardBuild> {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const { imports } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", imports }));
  cpSync(join(packageRoot, "src"), join(folder, "src"), { recursive: true });
  for (const [file, from, to] of changes) {
    const path = join(folder, "src", file);
    const text = readFileSync(path, "utf8");
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    writeFileSync(path, text.replace(from, to));
  }
  return measureBoard(loadBoard("puckjs"), { entry: join(folder, "src/device/index.ts") });
}

/** What the build says to it. */
const refusal = async (t: ExecutionContext, ...changes: Change[]): Promise<string> =>
  (await t.throwsAsync(build(t, ...changes), { instanceOf: BuildError, code: "UNLOADED" }))!.message;

const reassembly: Change[] = [
  [
    link,
    "export class Link {",
    "export class Reassembly {\n  size = 0;\n  add(bytes: Uint8Array): number { return (this.size += bytes.length); }\n}\n\nexport class Link {\n  reassembly: Reassembly;",
  ],
  [link, "    this._options = options;\n", "    this._options = options;\n    this.reassembly = new Reassembly();\n"],
  [
    link,
    "this.flush();\n  }\n\n  /**\n   * Sends a new",
    "this.reassembly.add(bytes);\n    this.flush();\n  }\n\n  /**\n   * Sends a new",
  ],
];

test("a class inside a link that the runtime does not know is refused, with the place and what to do", async (t) => {
  t.regex(
    await refusal(t, ...reassembly),
    /src\/link\/link\.ts:\d+: Link\.reassembly holds an object of Reassembly, whose code a board unloads\. Have attachMethods \(.*src\/device\/index\.ts:\d+\) give it its methods back, or say behind @unload why it is not there then\.$/,
  );
});

test("it is taken when the runtime gives it its methods back, or says why it need not", async (t) => {
  const known = "setMethods(link.exchange, made && made.MessageExchange);";
  const parts = "device/parts.ts";
  const { bytes } = await build(
    t,
    ...reassembly,
    [index, known, `${known}\n  setMethods(link.reassembly, made && made.Reassembly);`],
    [parts, "import { Link }", "import { Link, Reassembly }"],
    [parts, "    MessageExchange,\n", "    MessageExchange,\n    Reassembly,\n"],
  );
  t.true(bytes > 10000);
  await t.notThrowsAsync(
    build(t, ...reassembly, [
      link,
      "  reassembly: Reassembly;",
      "  /** @unload there is none */\n  reassembly: Reassembly;",
    ]),
  );
  // a tag without a reason is none
  t.regex(
    await refusal(t, ...reassembly, [link, "  reassembly: Reassembly;", "  /** @unload */\n  reassembly: Reassembly;"]),
    /Reassembly/,
  );
});

test("methods of another class are refused", async (t) => {
  const known = "setMethods(link.exchange, made && made.MessageExchange);";
  t.regex(
    await refusal(t, [index, known, "setMethods(link.exchange, made && made.Link);"]),
    /Link\.exchange holds an object of MessageExchange/,
  );
});

test("a class whose objects types do not show is refused", async (t) => {
  const hidden = reassembly.map(([file, from, to]): Change => [
    file,
    from,
    to
      .replace("reassembly: Reassembly;", "reassembly: unknown;")
      .replace("this.reassembly.add", "(this.reassembly as Reassembly).add"),
  ]);
  t.regex(
    await refusal(t, ...hidden),
    /a board unloads the code of Reassembly, and nothing shows where its objects are kept\./,
  );
});

test("a function that unloaded code keeps in an object is refused", async (t) => {
  t.regex(
    await refusal(t, [link, "  /** @unload as `_job` */\n", ""]),
    /src\/link\/link\.ts:\d+: Link\._done holds a function whose code a board unloads\. Say behind @unload why it is not there then\.$/,
  );
});

test("a variable of a file whose code is unloaded is refused", async (t) => {
  t.regex(
    await refusal(
      t,
      [link, "export class Link {", "let links = 0;\nexport class Link {"],
      [link, "    this._options = options;\n", "    this._options = options;\n    this._received = links++;\n"],
    ),
    /src\/link\/link\.ts:\d+: links is lost when a board unloads the code of this file\. Keep it in an object of the link, or in a file that stays loaded\.$/,
  );
});

test("a class that is never unloaded, for a file that stays needs it, is refused", async (t) => {
  t.regex(
    await refusal(
      t,
      [index, "import type { Link, LinkOptions", 'import { Link } from "../link/link.ts";\nimport type { LinkOptions'],
      [
        index,
        "export function erase(): void {",
        "export function erase(): void {\n  if (link instanceof Link) link.renew();",
      ],
    ),
    /the code of Link is never unloaded, as code that stays loaded imports .*src\/link\/link\.ts\. Import types of it only\./,
  );
});
