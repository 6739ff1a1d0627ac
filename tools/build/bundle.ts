import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { backEndOf, channelKinds, radioKinds, type BackEnd, type Board, type RadioKind } from "./boards.ts";
import { cached } from "./cache.ts";
import { BudgetError, BuildError } from "./errors.ts";
import { coreMembers, moduleName } from "./espruino-names.ts";
import type { Compiled } from "./minify.ts";
import { sizeBySource } from "./places.ts";
import { packageRoot } from "./root.ts";

export { moduleName };

export interface BuildOptions {
  /** An application in TypeScript or JavaScript, which may import or require "e3x-mote", "e3x-mote/<radio>" and "e3x-mote/<channel>". */
  app?: string;
  /** Whether native Thumb code is used where the board runs it. Default true. */
  native?: boolean;
  /** Whether the runtime has channels, and with "peer" links by way of a router too. Default: as the application requires. */
  channels?: boolean | "peer";
  /** Whether, without an application, all modules are made that one may require. */
  modules?: boolean;
  /** The device's entry; the package's own unless a test has another. */
  entry?: string;
  /** The folder of the radios' sources; the package's own unless a test has another. */
  radios?: string;
}

/** What a build makes; sizes in bytes. */
export interface BoardBuild {
  board: Board;
  backEnd: BackEnd;
  /** Whether the runtime has channels, and with "peer" links by way of a router too. */
  channels: boolean | "peer";
  /**
   * File name to text: e3x-mote.js; <name>.js of each radio and channel that the application requires, or without one of
   * the board's usual radio; with an application app.js, and bundle.js (all of them, to be flashed as it is). With
   * `modules` <name>.js of all the board's radios; in channels/ the e3x-mote.js that has channels, and <name>.js of each;
   * in peer/ the one that has links by way of a router too, and peer.js.
   */
  files: Record<string, string>;
  /** Bytes of e3x-mote.js and of the usual radio's module: what the budget is for. */
  bytes: number;
  runtime: number;
  radio: { kind: RadioKind; bytes: number };
  /** The native code in e3x-mote.js, if any: its core, its bytes as base64 text, and as they are. */
  native?: { core: "m0" | "m4"; text: number; binary: number };
  budget: number;
  /** `bytes` by source file, largest first. */
  bySource: Record<string, number>;
}

const sources = join(packageRoot, "src");
const source = join(sources, "device");

/** The protocol core as an entry, for vectors and benchmarks: its members keep their names. */
export const coreEntry: string = join(source, "core.ts");

function conditions(board: Board, backEnd: BackEnd, channels: boolean | "peer"): string[] {
  const ciphers = {
    thumb: ["crypto-thumb", `thumb-${board.thumb}`],
    firmware: ["crypto-firmware"],
    script: ["crypto-script"],
  };
  return [
    "espruino",
    ...(channels === "peer" ? ["peers"] : []),
    ...(channels ? ["channels"] : []),
    ...ciphers[backEnd],
    `entropy-${board.entropy.hardware ? "hardware" : "given"}`,
  ];
}

/** Rollup, TypeScript, terser and ESLint take a second to load: not before something is to be compiled. */
const compiler = (): Promise<typeof import("./compile.ts")> => import("./compile.ts");

const made = new Map<string, Promise<Compiled>>();

/** The minified module of an entry; the package's own are made once a process for each set of conditions. */
function device(input: string, output: string, conditions: string[], lent: string[] = []): Promise<Compiled> {
  const names = input === coreEntry ? coreMembers : [];
  const make = (): Promise<Compiled> =>
    compiler().then(({ compile }) => compile({ input, output, conditions, role: "runtime", names, lent }));
  if (!input.startsWith(sources)) return make();
  const key = [relative(sources, input), output, ...conditions, "lent", ...lent].join();
  const module = made.get(key) ?? cached(key, make);
  made.set(key, module);
  return module;
}

const applications = new WeakMap<BuildOptions, Promise<Compiled>>();

/** The minified application: it is the same on every board, so with the same options it is made once. */
function application(input: string, options: BuildOptions): Promise<Compiled> {
  const app =
    applications.get(options) ??
    compiler().then(({ compile }) => compile({ input, output: "app.js", conditions: ["espruino"], role: "app" }));
  applications.set(options, app);
  return app;
}

/** The radio's module. Throws BuildError (NO_RADIO), which lists the radios that the board has. */
async function radioModule(board: Board, kind: string, folder = join(source, "radios")): Promise<Compiled> {
  if (!board.radios.some((radio) => radio.kind === kind)) {
    const kinds = board.radios.map((radio) => radio.kind).join(", ");
    throw new BuildError("NO_RADIO", `${board.title} has no ${moduleName}/${kind}; of the radios it can use ${kinds}`);
  }
  return device(join(folder, `${kind}.ts`), `${kind}.js`, ["espruino"]);
}

/** What links by way of a router may take beside channels, in bytes. */
const PEER = 1152;

/** What brings channels: the standard ones, and the module that stands for channels without any of these. */
export const channelModules: readonly string[] = ["channels", ...channelKinds];

/** Throws BuildError (NO_MODULE), which lists what there is, unless it is the name of a radio or channel. */
function requireModule(board: Board, kind: string): void {
  if ([...radioKinds, ...channelModules].includes(kind)) return;
  const radios = board.radios.map((radio) => radio.kind).join(", ");
  throw new BuildError(
    "NO_MODULE",
    `there is no ${moduleName}/${kind}; ${board.title} can use the radios ${radios}, and ${channelModules.join(", ")}`,
  );
}

/** The module of a standard channel, or the one that stands for channels without any. */
export function channelModule(kind: string): Promise<Compiled> {
  const file =
    kind === "channels" || kind === "peer" ? join(source, `${kind}.ts`) : join(sources, "channel", `${kind}.ts`);
  return device(file, `${kind}.js`, ["espruino"], ["packet/lob.ts"]);
}

/** The native code in a runtime: the one string that is so long and has base64 only. */
function nativeCode(code: string, core: Board["thumb"]): BoardBuild["native"] {
  const text = /["'`]([A-Za-z0-9+/]{1000,}=*)["'`]/.exec(code)?.[1];
  return text === undefined || !core
    ? undefined
    : { core, text: text.length, binary: Buffer.from(text, "base64").length };
}

// given as a function, a module's text stays in flash and needs no quoting
const asModule = (name: string, code: string): string => `Modules.addCached("${name}",function(){${code}});\n`;

/** Like buildBoard, whatever the budget. */
export async function measureBoard(board: Board, options: BuildOptions = {}): Promise<BoardBuild> {
  if (board.refused !== undefined) throw new BuildError("REFUSED", `${board.title} is refused: ${board.refused}`);
  const backEnd = backEndOf(board, options.native);
  const app = options.app === undefined ? undefined : await application(options.app, options);
  const required = app ? (await compiler()).requiredModules(app.code) : [];
  for (const kind of required) requireModule(board, kind);
  const ofChannels = required.filter((kind) => channelModules.includes(kind));
  const channels = options.channels ?? (ofChannels.includes("peer") ? "peer" : ofChannels.length > 0);
  const entry = options.entry ?? join(source, channels ? "with-channels.ts" : "index.ts");
  const runtime = await device(entry, "e3x-mote.js", conditions(board, backEnd, channels));
  const usual = board.radios[0].kind;
  const radio = await radioModule(board, usual, options.radios);
  const files: Record<string, string> = { "e3x-mote.js": runtime.code };
  if (!app) files[`${usual}.js`] = radio.code;
  else {
    let bundle = asModule(moduleName, runtime.code);
    for (const kind of required) {
      const { code } = await (ofChannels.includes(kind)
        ? channelModule(kind)
        : radioModule(board, kind, options.radios));
      files[`${kind}.js`] = code;
      bundle += asModule(`${moduleName}/${kind}`, code);
    }
    files["app.js"] = app.code;
    files["bundle.js"] = `${bundle}${app.code}\n`;
  }
  const sizes = sizeBySource(runtime, "e3x-mote.js");
  for (const [file, bytes] of Object.entries(sizeBySource(radio, `${usual}.js`)))
    sizes[file] = (sizes[file] ?? 0) + bytes;
  const native = nativeCode(runtime.code, board.thumb);
  return {
    board,
    backEnd,
    channels,
    files,
    bytes: runtime.code.length + radio.code.length,
    runtime: runtime.code.length,
    radio: { kind: usual, bytes: radio.code.length },
    ...(native && { native }),
    budget: (channels ? board.channelsBudget : board.budget)![backEnd]! + (channels === "peer" ? PEER : 0),
    bySource: Object.fromEntries(Object.entries(sizes).sort((a, b) => b[1] - a[1])),
  };
}

/** What an application of the board may require beside the runtime and its usual radio, by file name. Throws as buildBoard. */
async function otherModules(board: Board, { native = true, radios }: BuildOptions): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const { kind } of board.radios.slice(1)) files[`${kind}.js`] = (await radioModule(board, kind, radios)).code;
  for (const channels of [true, "peer"] as const) {
    const folder = channels === true ? "channels" : channels;
    files[`${folder}/e3x-mote.js`] = (await buildBoard(board, { native, channels })).files["e3x-mote.js"]!;
    for (const kind of channelModules)
      if ((kind === "peer") === (channels === "peer")) files[`${folder}/${kind}.js`] = (await channelModule(kind)).code;
  }
  return files;
}

/**
 * Builds a board's e3x-mote.js and radio modules, and with an application its app.js and bundle.js.
 * Throws BudgetError, DialectError, or BuildError: REFUSED for a board that cannot hold the runtime, NO_RADIO for an
 * application that wants a radio which the board does not have, NO_MODULE for one that wants what is not there at all,
 * others for what rollup, TypeScript or terser refuse.
 */
export async function buildBoard(board: Board, options: BuildOptions = {}): Promise<BoardBuild> {
  const build = await measureBoard(board, options);
  const { bytes, budget, channels } = build;
  if (bytes > budget) throw new BudgetError(board.name, bytes, budget, channels);
  if (options.modules && !options.app) Object.assign(build.files, await otherModules(board, options));
  return build;
}

/** Writes a build's files, by default into dist/boards/<board>; returns their paths. */
export function writeBuild(
  build: BoardBuild,
  folder: string = join(packageRoot, "dist/boards", build.board.name),
): string[] {
  return Object.entries(build.files).map(([name, text]) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  });
}
