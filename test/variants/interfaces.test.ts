/** What package.json's "imports" choose from: each variant has the types of its axis' interface, and exports no other names. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import test from "ava";
import ts from "typescript";
import { packageRoot } from "../../tools/build/root.ts";

const source = join(packageRoot, "src");
const { imports } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
  imports: Record<string, Record<string, string>>;
};

/** All that the sources import by such a name: "#platform/text". */
const imported = [
  ...new Set(
    readdirSync(source, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .flatMap((name) =>
        [...readFileSync(join(source, name), "utf8").matchAll(/ from "(#[\w/]+)"/g)].map((match) => match[1]!),
      ),
  ),
].sort();

/** The files that a name stands for, one for each condition. */
function variantsOf(name: string): string[] {
  const [axis, file] = name.split("/") as [string, string?];
  const choice = imports[name] ?? imports[`${axis}/*`]!;
  return Object.values(choice).map((path) => join(packageRoot, file === undefined ? path : path.replace("*", file)));
}

/** interface.ts of the folder that a variant is in, or of one around it. */
function interfaceFile(variant: string): string {
  let folder = dirname(variant);
  while (!existsSync(join(folder, "interface.ts"))) folder = dirname(folder);
  return join(folder, "interface.ts");
}

const config = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(packageRoot, "tsconfig.json"), ts.sys.readFile).config,
  ts.sys,
  packageRoot,
);
const all = imported.flatMap(variantsOf);
const program = ts.createProgram([...all.filter(existsSync), ...all.map(interfaceFile)], config.options);
const checker = program.getTypeChecker();
const moduleOf = (file: string): ts.Symbol => checker.getSymbolAtLocation(program.getSourceFile(file)!)!;

test("every import of the package is used, and is of one of five axes", (t) => {
  const used = new Set(imported.map((name) => (imports[name] ? name : name.replace(/\/.*/, "/*"))));
  t.deepEqual([...used].sort(), Object.keys(imports).sort());
  t.deepEqual(
    [...new Set(imported.map((name) => name.split("/")[0]))],
    ["#compression", "#crypto", "#entropy", "#features", "#platform"],
  );
});

for (const name of imported) {
  // "#crypto/curve" has the interface Curve, "#features" has Features
  const title = basename(name)
    .replace("#", "")
    .replace(/^./, (letter) => letter.toUpperCase());
  test(`${name}: each variant has the names and types of ${title}`, (t) => {
    const variants = variantsOf(name);
    t.true(variants.length > 1);
    for (const variant of variants) {
      t.true(existsSync(variant), `${variant} is missing`);
      const declared = checker
        .getExportsOfModule(moduleOf(interfaceFile(variant)))
        .find((symbol) => symbol.name === title);
      t.truthy(declared, `${interfaceFile(variant)} has no ${title}`);
      const wanted = checker.getDeclaredTypeOfSymbol(declared!);
      const exported = checker.getExportsOfModule(moduleOf(variant));
      t.deepEqual(
        exported.map((symbol) => symbol.name).sort(),
        wanted
          .getProperties()
          .map((property) => property.name)
          .sort(),
        variant,
      );
      for (const property of wanted.getProperties()) {
        const symbol = exported.find((one) => one.name === property.name)!;
        const value = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
        const [is, should] = [checker.getTypeOfSymbol(value), checker.getTypeOfSymbol(property)];
        t.true(
          checker.isTypeAssignableTo(is, should),
          `${variant}: ${property.name} is ${checker.typeToString(is)}, not ${checker.typeToString(should)}`,
        );
      }
    }
  });
}
