// The packages in an empty folder, as their users have them.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import test from "ava";
import { build } from "esbuild";
import { packageRoot } from "../../tools/build/root.ts";
import { install, isBuilt, manifestOf, pack, packages, type PackageName } from "./install.ts";

const built = isBuilt ? test.serial : test.serial.skip;
if (!isBuilt)
  test("the packages", (t) => {
    t.pass();
    t.log("skipped: npm run build comes first");
  });

const folders: string[] = [];
const installed = (...options: Parameters<typeof install>): string => {
  const folder = install(...options);
  folders.push(folder);
  return folder;
};
test.after.always(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** With the library alone, and what who writes TypeScript for Node.js has. */
let gateway: string;
/** With the tools, too. */
let firmware: string;
if (isBuilt) {
  test.before(() => {
    gateway = installed(["e3x-mote"], ["typescript", "@types/node"]);
    firmware = installed(["e3x-mote", "e3x-mote-tools"], ["@types/node"], ["espruino", "serialport"]);
    for (const folder of [gateway, firmware]) writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  });
}

interface Ran {
  code: number | null;
  out: string;
  err: string;
}

function run(cwd: string, ...args: string[]): Ran {
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd,
    env,
    encoding: "utf8",
    timeout: 240_000,
  });
  return { code: status, out: stdout, err: stderr };
}

const mote = (cwd: string, ...args: string[]): Ran => run(cwd, "node_modules/e3x-mote/dist/host/cli.js", ...args);

/** What a package's subpaths are called by who imports them, those with a condition. */
function subpaths(name: PackageName, condition: string): string[] {
  return Object.entries(manifestOf(name).exports)
    .filter(([path, value]) => !path.includes("*") && typeof value === "object" && condition in value!)
    .map(([path]) => `${name}${path.slice(1)}`);
}

/** Names that modules export in Node.js. */
function exportsOf(cwd: string, modules: string[]): Record<string, string[]> {
  const text = `const names = {};
    for (const name of ${JSON.stringify(modules)}) names[name] = Object.keys(await import(name)).sort();
    console.log(JSON.stringify(names));`;
  const { code, out, err } = run(cwd, "--input-type=module", "--eval", text);
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as Record<string, string[]>;
}

const radios = readdirSync(join(packageRoot, "src/device/radios")).map(
  (file) => `e3x-mote/${file.replace(/\.ts$/, "")}`,
);

const documents = ["README.md", ...readdirSync(join(packageRoot, "docs")).map((name) => `docs/${name}`)].map(
  (name) => ({
    name,
    text: readFileSync(join(packageRoot, name), "utf8"),
  }),
);

built("Node.js imports each subpath, with what the package depends on and nothing else", (t) => {
  const library = exportsOf(gateway, subpaths("e3x-mote", "default"));
  t.deepEqual(
    Object.keys(library).sort(),
    ["block", "box", "channels", "node", "path", "sock", "stream", "thtp"]
      .map((name) => `e3x-mote/${name}`)
      .concat("e3x-mote")
      .sort(),
  );
  for (const [name, names] of Object.entries(library)) t.true(names.length > 0, name);
  t.true(
    library["e3x-mote"]!.includes("Endpoint") &&
      library["e3x-mote/node"]!.includes("Driver") &&
      library["e3x-mote/stream"]!.includes("streams"),
  );
  t.true(exportsOf(firmware, ["e3x-mote-tools/sim"])["e3x-mote-tools/sim"]!.includes("simulate"));
  for (const name of ["e3x-mote/ble", "e3x-mote/espruino", "e3x-mote/peer", "e3x-mote/src/index.ts"])
    t.throws(() => exportsOf(gateway, [name]), { message: /ERR_PACKAGE_PATH_NOT_EXPORTED/ }, name);
  t.throws(() => exportsOf(gateway, ["e3x-mote-tools/sim"]), { message: /ERR_MODULE_NOT_FOUND/ });
});

built("each subpath that a document imports is there", (t) => {
  const there = [
    "e3x-mote",
    "e3x-mote/peer",
    "e3x-mote/espruino",
    ...subpaths("e3x-mote", "default"),
    ...subpaths("e3x-mote-tools", "default"),
    ...radios,
  ];
  let count = 0;
  for (const { name, text } of documents) {
    for (const [, module] of text.matchAll(/(?:from |import |require\()"(e3x-mote[\w/-]*)"/g)) {
      count++;
      t.true(there.includes(module!), `${name}: ${module}`);
    }
  }
  t.true(count > 5);
});

built("what a package's files import by name, it depends on", (t) => {
  for (const name of Object.keys(packages) as PackageName[]) {
    const { dependencies, optionalDependencies, peerDependencies } = manifestOf(name);
    const declared = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
    const used = new Set<string>();
    for (const { path } of pack(name, "--dry-run").files) {
      if (!/^dist\/(host\/|browser\/)?[\w-]+\.js$/.test(path)) continue;
      const text = readFileSync(join(packages[name], path), "utf8");
      for (const [, module] of text.matchAll(/^(?:import|export)\b[^"';]*["']([^"']+)["'];$/gm)) used.add(module!);
      for (const [, module] of text.matchAll(/\bimport\("([^"]+)"\)/g)) used.add(module!);
    }
    const foreign = [...used]
      .filter((module) => /^[@\w]/.test(module) && !module.startsWith("node:"))
      .map((module) => /^(@[^/]+\/)?[^/]+/.exec(module)![0]);
    t.deepEqual(
      foreign.filter((module) => !declared.includes(module)),
      [],
      name,
    );
    for (const module of Object.keys(dependencies!))
      t.true(foreign.includes(module), `${name} does not need ${module}`);
  }
});

built("esbuild bundles each subpath that a browser may have, with what Node.js has of it", async (t) => {
  const modules = subpaths("e3x-mote", "browser");
  t.true(modules.length >= 8);
  const inNode = exportsOf(gateway, modules);
  for (const module of modules) {
    const { outputFiles, metafile } = await build({
      stdin: { contents: `export * from "${module}";`, resolveDir: gateway },
      bundle: true,
      minify: true,
      platform: "browser",
      format: "esm",
      write: false,
      metafile: true,
      logLevel: "silent",
    });
    const { contents } = outputFiles[0]!;
    t.log(
      `${module}: ${contents.length.toLocaleString("en")} bytes, ${gzipSync(contents).length.toLocaleString("en")} compressed by gzip`,
    );
    for (const input of Object.keys(metafile.inputs)) t.notRegex(input, /e3x-mote\/dist\/host/);
    const file = join(gateway, `${module.replace("/", "-")}.mjs`);
    writeFileSync(file, contents);
    t.deepEqual(Object.keys((await import(pathToFileURL(file).href)) as object).sort(), inNode[module], module);
  }
});

/** What tsc says of a file in a folder where packages are installed; skips no declarations. */
function tsc(cwd: string, file: string, options: object): string {
  const compilerOptions = {
    target: "ES2022",
    lib: ["ES2023"],
    strict: true,
    noEmit: true,
    types: ["node"],
    ...options,
  };
  writeFileSync(join(cwd, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
  return run(cwd, join(packageRoot, "node_modules/typescript/bin/tsc")).out;
}

const nodeNext = { module: "NodeNext", moduleResolution: "NodeNext" };
const board = {
  ...(JSON.parse(readFileSync(join(packageRoot, "templates/tsconfig.json"), "utf8")).compilerOptions as object),
  skipLibCheck: false,
};
const source = (name: string): string => fileURLToPath(new URL(`types/${name}`, import.meta.url));

/** The one program of a document that imports from a module. */
function program(module: string): string {
  const all = documents
    .flatMap(({ text }) => [...text.matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code!))
    .filter((code) => code.includes(`from "${module}";`));
  return all[0]!;
}

built("tsc takes the README's gateway, and refuses what is wrong", (t) => {
  const text = `${program("e3x-mote/node")}\ndeclare const known: Set<string>;\n`;
  writeFileSync(join(gateway, "gateway.ts"), text);
  t.is(tsc(gateway, "gateway.ts", nodeNext), "");
  writeFileSync(join(gateway, "gateway.ts"), text.replace("port: 42424", 'port: "42424"'));
  t.regex(
    tsc(gateway, "gateway.ts", nodeNext),
    /^gateway\.ts\(\d+,\d+\): error TS2322: Type 'string' is not assignable to type 'number'/,
  );
});

built("tsc takes the README's firmware", (t) => {
  writeFileSync(join(firmware, "app.ts"), program("e3x-mote/ble"));
  t.is(tsc(firmware, "app.ts", board), "");
});

built("the types of a gateway, by moduleResolution NodeNext and bundler", (t) => {
  copyFileSync(source("gateway.ts"), join(gateway, "types.ts"));
  t.is(tsc(gateway, "types.ts", nodeNext), "");
  t.is(tsc(gateway, "types.ts", { module: "esnext", moduleResolution: "bundler" }), "");
});

built("the types of firmware", (t) => {
  copyFileSync(source("firmware.ts"), join(firmware, "types.ts"));
  t.is(tsc(firmware, "types.ts", board), "");
});

built("the types of a test of firmware", (t) => {
  copyFileSync(source("simulation.ts"), join(firmware, "types.ts"));
  t.is(tsc(firmware, "types.ts", nodeNext), "");
});

built("each subpath that has types is among those whose types are tested", (t) => {
  const tested = readdirSync(source("")).flatMap((name) =>
    [...readFileSync(source(name), "utf8").matchAll(/"(e3x-mote[\w/-]*)"/g)].map(([, module]) => module!),
  );
  const typed = [
    ...radios,
    ...(Object.keys(packages) as PackageName[]).flatMap((name) =>
      Object.entries(manifestOf(name).exports)
        .filter(([path, value]) => !path.includes("*") && JSON.stringify(value).includes('"types"'))
        .map(([path]) => `${name}${path.slice(1)}`),
    ),
  ];
  // the declarations of a board's built-in objects, which no module is for
  t.deepEqual(
    typed.filter((module) => !tested.includes(module)),
    ["e3x-mote/espruino"],
  );
});

built("what the README and the documents link to is in the package", (t) => {
  const files = pack("e3x-mote", "--dry-run").files.map(({ path }) => path);
  let count = 0;
  for (const { name, text } of documents) {
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:|^#/.test(target!)) continue;
      count++;
      const path = join(dirname(name), target!.split("#")[0]!).replace(/\/$/, "");
      t.true(
        files.some((file) => file === path || file.startsWith(`${path}/`)),
        `${name}: ${path}`,
      );
    }
  }
  t.true(count > 10);
});

built("mote without the tools has what needs none, and says what to install for the rest", (t) => {
  const version = mote(gateway, "--version");
  t.is(version.out, `${manifestOf("e3x-mote").version}\n`);
  const keys = mote(gateway, "keys", "new", "--json");
  t.is(keys.code, 0, keys.err);
  const commands = (help: string): string[] => [...help.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name!);
  const own = commands(mote(gateway, "--help").out);
  const all = commands(mote(firmware, "--help").out);
  const missing = all.filter((name) => !own.includes(name));
  t.true(own.includes("keys") && missing.includes("build"));
  for (const name of missing) {
    for (const args of [[], ["--board", "puckjs"], ["scenario", "x.json", "--help"]]) {
      const { code, out, err } = mote(gateway, name, ...args);
      t.is(err, `mote: ${name} needs the firmware tools; run "npm install --save-dev e3x-mote-tools"\n`);
      t.is(out, "");
      t.is(code, 2);
    }
  }
  t.regex(
    mote(gateway, "--help").out,
    new RegExp(`npm install --save-dev e3x-mote-tools\\):\n  ${missing.join(", ")}\n`),
  );
  // as other usage errors
  t.is((JSON.parse(mote(gateway, "build", "--json").out) as { error: { code: string } }).error.code, "USAGE");
});

built("mote with the tools builds, without the optional dependencies, too", (t) => {
  const { code, err } = mote(firmware, "build", "--board", "puckjs");
  t.is(code, 0, err);
  t.true(readdirSync(join(firmware, "dist/boards/puckjs")).includes("e3x-mote.js"));
});

built("mote with the tools simulates a board: its emulated firmware is there", (t) => {
  writeFileSync(join(firmware, "readings.jsonl"), '{"t":21.5}\n');
  const { code, out, err } = mote(firmware, "sim", "--board", "puckjs", "--messages", "readings.jsonl", "--json");
  t.is(code, 0, err);
  t.is((JSON.parse(out) as { delivered: number }).delivered, 1);
});

built("the tools without e3x-mote say that it is needed", (t) => {
  const alone = join(firmware, "alone");
  mkdirSync(join(alone, "node_modules"), { recursive: true });
  cpSync(join(firmware, "node_modules"), join(alone, "node_modules"), {
    recursive: true,
    filter: (path) => !path.endsWith("node_modules/e3x-mote"),
  });
  rmSync(join(firmware, "node_modules/e3x-mote"), { recursive: true });
  t.throws(() => exportsOf(alone, ["e3x-mote-tools/sim"]), {
    message: /e3x-mote-tools needs e3x-mote, which is not installed beside it; run "npm install e3x-mote"/,
  });
});
