// Run by `npm run declarations`, after tsc: names of package.json's "imports" in the declarations become paths. To who
// uses the package they would lead to its sources, which TypeScript then checks by the rules of the other project.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { packageRoot } from "./root.ts";

const { imports } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
  imports: Record<string, { default: string }>;
};

/** The file that stands for one of them on the host: it has an entry of its own, or one for all of its folder. */
function fileOf(id: string): string {
  const own = imports[id];
  if (own) return own.default;
  const [folder, name] = id.split("/") as [string, string];
  return imports[`${folder}/*`]!.default.replace("*", name);
}

for (const folder of ["dist/host/types", "tools/dist/types"].map((path) => join(packageRoot, path))) {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".d.ts")) continue;
    const file = join(folder, name);
    const text = readFileSync(file, "utf8");
    const changed = text.replace(/(from |import\()"(#[\w/]+)"/g, (_, before: string, id: string) => {
      const path = relative(dirname(file), join(folder, fileOf(id)));
      return `${before}"${path.startsWith(".") ? path : `./${path}`}"`;
    });
    if (changed !== text) writeFileSync(file, changed);
  }
}
