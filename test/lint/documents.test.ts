// What all documents of the repository link to, and the files that they name, are there. Links into the web are not followed.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { packageRoot } from "../../tools/build/root.ts";

/** All documents below a folder, by their paths in it. */
function documentsIn(folder: string, path = ""): string[] {
  return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    const name = join(path, entry.name);
    if (entry.isDirectory()) return /^(\..*|node_modules|dist)$/.test(entry.name) ? [] : documentsIn(folder, name);
    return name.endsWith(".md") ? [name] : [];
  });
}

/** A document without what it shows as code, where brackets are no links and # begins no heading. */
const withoutCode = (text: string): string => text.replace(/^ *```[^]*?^ *```/gm, "");

/** The anchors of a document's headings as GitHub makes them; those of the same text are numbered. */
function anchorsOf(text: string): string[] {
  const times = new Map<string, number>();
  return [...withoutCode(text).matchAll(/^#+ +(.*)$/gm)].map(([, heading]) => {
    const title = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    const anchor = title
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-");
    const before = times.get(anchor) ?? 0;
    times.set(anchor, before + 1);
    return before ? `${anchor}-${before}` : anchor;
  });
}

/** What a document links to or shows beside the web: as text(target "title"), by a reference's definition, and in HTML. */
function linksOf(text: string): string[] {
  const prose = withoutCode(text).replace(/`[^`]*`/g, "``");
  const found = [
    /\]\(<?([^)\s>]*)>?(?:\s+"[^"]*")?\)/g,
    /^ *\[[^\]]+\]: *(\S+)/gm,
    /\b(?:href|src)="([^"]*)"/g,
  ].flatMap((form) => [...prose.matchAll(form)].map(([, target]) => target!));
  return found.filter((target) => !/^[a-z]+:/.test(target));
}

/** Links of a document in a folder that lead nowhere. */
function brokenLinks(folder: string, name: string): string[] {
  return linksOf(readFileSync(join(folder, name), "utf8")).filter((target) => {
    const [path, anchor] = target.split("#") as [string, string?];
    const file = path ? join(folder, dirname(name), path) : join(folder, name);
    if (!target || !existsSync(file)) return true;
    return anchor !== undefined && !(file.endsWith(".md") && anchorsOf(readFileSync(file, "utf8")).includes(anchor));
  });
}

const documents = documentsIn(packageRoot);

function broken(name: string): string[] {
  const text = readFileSync(join(packageRoot, name), "utf8");
  // in code: paths of this repository, up to a placeholder
  const named = [
    ...text.matchAll(/`((?:bench|boards|cli|docs|examples|sim|src|templates|test|tools)\/[\w./-]+)`/g),
  ].map(([, path]) => path!);
  // Espruino's sources have a src, too
  return [
    ...brokenLinks(packageRoot, name),
    ...named.filter((path) => !path.endsWith(".c") && !existsSync(join(packageRoot, path))),
  ];
}

for (const name of documents) {
  test(`links and paths of ${name}`, (t) => {
    t.deepEqual(broken(name), []);
  });
}

test("links that lead nowhere are told, and all documents are looked at", (t) => {
  for (const name of ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "tools/README.md", "templates/README.md"])
    t.true(documents.includes(name), name);
  const folder = mkdtempSync(join(tmpdir(), "mote-documents-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(
    join(folder, "other.md"),
    "# One `two`, three\n## Größe: [a link](x)\n## Twice\n## Twice\n```sh\n# no heading\n```\n",
  );
  const good = [
    "[a](other.md)",
    "[a](other.md#one-two-three)",
    "[a](other.md#größe-a-link)",
    "[a](other.md#twice-1)",
    "[a](#top)",
    "[a](https://nowhere.example/#x)",
    "`[a](code.md)`",
  ];
  const bad = [
    "[a](none.md)",
    "![a](none.png)",
    "[a](other.md#no-heading)",
    "[a](other.md#twice-2)",
    "[a](#none)",
    '[a](gone.md "title")',
    "[a]: defined.md",
    '<a href="html.md">',
    "[a]()",
  ];
  writeFileSync(join(folder, "page.md"), `# Top\n${[...good, ...bad].join("\n")}\n\`\`\`\n[a](shown.md)\n\`\`\`\n`);
  t.deepEqual(documentsIn(folder), ["other.md", "page.md"]);
  t.deepEqual(brokenLinks(folder, "page.md").sort(), [
    "",
    "#none",
    "defined.md",
    "gone.md",
    "html.md",
    "none.md",
    "none.png",
    "other.md#no-heading",
    "other.md#twice-2",
  ]);
});
