import type MagicString from "magic-string";
import type ts from "typescript";
import { mendAssignments } from "./assignments.ts";
import { nameBases } from "./bases.ts";
import { scopeDeclarations } from "./declarations.ts";
import { mendDelete } from "./delete.ts";
import { mendGetters } from "./getters.ts";
import { mendSlashes, separateTexts } from "./lexer.ts";
import { hoistVariables } from "./hoist.ts";
import { mendDoLoops } from "./loops.ts";
import { mendLostThis } from "./lost-this.ts";
import { mendNumbers } from "./numbers.ts";
import { mendSkippedThis, splitDeclarations, wrapSkippedClasses } from "./skipped.ts";
import { mendSwitches } from "./switch.ts";
import { mendThrown } from "./thrown.ts";

/** Changes parsed code. */
export type Pass = (file: ts.SourceFile, edits: MagicString) => void;

/**
 * What makes code that is right by the language right for Espruino, where it takes it otherwise and says nothing; in this
 * order, each on what the one before leaves. What cannot be mended is refused (tools/build/dialect.ts), or told in
 * test/build/differential/known-differences.ts.
 */
export const mends: readonly Pass[] = [
  hoistVariables,
  scopeDeclarations,
  mendDoLoops,
  mendGetters,
  separateTexts,
  mendSlashes,
  mendNumbers,
  mendDelete,
  mendSwitches,
  mendAssignments,
  nameBases,
  wrapSkippedClasses,
  splitDeclarations,
  mendThrown,
  mendSkippedThis,
  mendLostThis,
];
