// What the documents link to, and the files that they name, are there.
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

function broken(name: string): string[] {
  const text = readFileSync(join(packageRoot, name), "utf8");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!).filter((target) => !/^[a-z]+:/.test(target));
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
