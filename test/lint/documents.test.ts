// What the documents link to, and the files that they name, are there; and what the README links to is in the package.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "ava";
import { packageRoot } from "../../tools/build/root.ts";

const documents = [
  ...readdirSync(packageRoot).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(packageRoot, "docs")).map((name) => `docs/${name}`),
  "tools/build/passes/README.md",
];

/** The heading's anchor as GitHub makes it. */
const anchor = (heading: string): string => heading.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-");

/** What a document links to beside the web. */
const linksOf = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!).filter((target) => !/^[a-z]+:/.test(target));

function broken(name: string): string[] {
  const text = readFileSync(join(packageRoot, name), "utf8");
  const links = linksOf(text);
  const wrong = links.filter((target) => {
    const [path, heading] = target.split("#");
    const file = path ? join(packageRoot, dirname(name), path) : join(packageRoot, name);
    if (!existsSync(file)) return true;
    return heading !== undefined && ![...readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm)].some(([, title]) => anchor(title!) === heading);
  });
  // in code: paths of this repository, up to a placeholder
  const named = [...text.matchAll(/`((?:bench|boards|cli|docs|examples|sim|src|templates|test|tools)\/[\w./-]+)`/g)].map(([, path]) => path!);
  // Espruino's sources have a src, too
  return [...wrong, ...named.filter((path) => !path.endsWith(".c") && !existsSync(join(packageRoot, path)))];
}

for (const name of documents) {
  test(`links and paths of ${name}`, (t) => {
    t.deepEqual(broken(name), []);
  });
}

test("the package has what the README links to", (t) => {
  const [{ files }] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts", "--offline"], { cwd: packageRoot, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })) as
    [{ files: { path: string }[] }];
  const packed = files.map(({ path }) => path);
  const missing = linksOf(readFileSync(join(packageRoot, "README.md"), "utf8")).filter((target) => {
    const path = target.split("#")[0]!.replace(/\/$/, "");
    return !packed.some((one) => one === path || one.startsWith(`${path}/`));
  });
  t.deepEqual(missing, []);
});
