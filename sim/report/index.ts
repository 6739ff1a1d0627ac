// A page that shows a run: one file of HTML that needs nothing else, from an outcome, a capture, or both.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../tools/build/root.ts";
import { collect } from "./collect.ts";
import type { ReportOptions } from "./collect.ts";

export type { Reading, ReportOptions } from "./collect.ts";

const folder = join(packageRoot, "sim/report/page");
let script: Promise<string> | undefined;

/** The page's script, for browsers. */
async function makeScript(): Promise<string> {
  // a second to load, for those who need it
  const [{ rollup }, { nodeResolve }, { default: ts }, { stripTypes }] = await Promise.all([
    import("rollup"),
    import("@rollup/plugin-node-resolve"),
    import("typescript"),
    import("../../tools/build/passes/strip-types.ts"),
  ]);
  const bundle = await rollup({
    input: join(folder, "main.ts"),
    plugins: [nodeResolve({ extensions: [".ts"] }), stripTypes(ts.ScriptTarget.ES2022)],
  });
  const { output } = await bundle.generate({ format: "iife" });
  await bundle.close();
  return output[0].code;
}

/** Text in an element of HTML. */
const text = (value: string): string => value.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** JSON that does not end the script element it is in, nor begin a comment there. */
const inScript = (json: string): string =>
  json
    .replace(/</g, "\\u003c")
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");

/**
 * The page. What stations are called, log and say is shown as text, whatever is in it. The page asks for nothing from a
 * network, and is not let. Of a very large run it has a part, and says so.
 */
export async function reportHtml(options: ReportOptions): Promise<string> {
  const data = collect(options);
  const code = await (script ??= makeScript());
  const style = readFileSync(join(folder, "style.css"), "utf8");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(data.title)}</title>
<style>
${style}</style>
</head>
<body>
<div id="page"><noscript>This report is drawn by a script, which is in it; your browser does not run scripts.</noscript></div>
<script type="application/json" id="data">${inScript(JSON.stringify(data))}</script>
<script>
${code.replace(/<(?=\/script|!--)/gi, "\\x3c")}</script>
</body>
</html>
`;
}
