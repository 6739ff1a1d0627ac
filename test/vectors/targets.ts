/** What there is to check on this machine: the host library, and device bundles in the simulator's hosts. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { InterpreterHost, VmHost, findInterpreter } from "../../sim/index.ts";
import { coreEntry, loadBoard, measureBoard, packageRoot } from "../../tools/build/index.ts";
import { channelKey, open } from "../../src/cipher/seal.ts";
import { Session } from "../../src/exchange/session.ts";
import * as cloaking from "../../src/packet/cloak.ts";
import { deviceTarget } from "./device-target.ts";
import { cloakOperations, hostTarget, insideOperations } from "./host-target.ts";
import type { Library } from "./host-target.ts";
import type { Target } from "./target.ts";

/** A target, and whether it is so slow that a sample has to do. */
export interface Available {
  target: Target;
  slow: boolean;
}

const newest = (folder: string): number =>
  Math.max(
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => statSync(join(one.parentPath, one.name)).mtimeMs),
  );

/** What is built, unless src is newer. */
async function hostLibrary(): Promise<{ name: string; library: Library }> {
  const built = "dist/host/index.js";
  const path = join(packageRoot, built);
  const file = existsSync(path) && statSync(path).mtimeMs >= newest(join(packageRoot, "src")) ? built : "src/index.ts";
  const library = (await import(pathToFileURL(join(packageRoot, file)).href)) as Library;
  return { name: `host library ${file}`, library };
}

/** The host library as a target. */
export const hostTargetOf = (name: string, library: Library): Target =>
  hostTarget(name, library, {
    ...cloakOperations(cloaking, library),
    ...insideOperations({ Session, channelKey, open }, library),
  });

/** Boards whose bundles have each of the back ends, and one for each core of native code. */
const BUNDLES = [
  ["puckjs", true],
  ["rp2040", true],
  ["puckjs", false],
  ["microbit2", false],
] as const;

export async function availableTargets(say: (line: string) => void): Promise<Available[]> {
  const { name, library } = await hostLibrary();
  const codeOf = (number: number): string | undefined => library.errorCode(number);
  const all: Available[] = [{ target: hostTargetOf(name, library), slow: false }];
  const interpreter = findInterpreter() !== undefined;
  for (const [name, native] of BUNDLES) {
    const board = loadBoard(name);
    const { files, backEnd } = await measureBoard(board, { entry: coreEntry, native, channels: true });
    const text = files["e3x-mote.js"]!;
    const from = `${name} core (${backEnd})`;
    all.push({
      target: deviceTarget({ name: `${from} in node:vm`, host: new VmHost(), board, bundle: text, codeOf }),
      slow: false,
    });
    if (!interpreter) continue;
    const host = new InterpreterHost({ heap: "free" });
    all.push({
      target: deviceTarget({
        name: `${from} in the Espruino interpreter (a sample)`,
        host,
        board,
        bundle: text,
        codeOf,
      }),
      slow: true,
    });
  }
  if (!interpreter) say("skipped: the Espruino interpreter is not there ($ESPRUINO_LINUX, or espruino-linux on PATH)");
  return all;
}
