// Where binaries of Espruino are that are not part of the project: interpreters and firmware.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The environment variable that names a binary: ESPRUINO_LINUX_2630 for espruino-linux-2630. */
export const variableOf = (name: string): string => name.toUpperCase().replaceAll("-", "_");

const isThere = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
};

/** The path of a binary: what its environment variable says, or the file of that name on PATH. Undefined: it is not there. */
export function findBinary(name: string): string | undefined {
  const named = process.env[variableOf(name)];
  if (named) return isThere(named) ? named : undefined;
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder)
    .map((folder) => join(folder, name))
    .find(isThere);
}

/** What is to be done about a binary that is not there. */
export const missingBinary = (name: string): string =>
  `${name} is not there: $${variableOf(name)} names none, and there is none on PATH`;
