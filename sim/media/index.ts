// The media by kind.

import { SimError } from "../errors.ts";
import { IdealMedium } from "./ideal.ts";
import type { IdealOptions } from "./ideal.ts";
import type { Medium } from "./medium.ts";

/** A medium as it is said in a scenario: its kind, and the options that the kind's file tells. */
export type MediumOptions = { kind: "ideal" } & IdealOptions;

/** Throws SimError "options" for a kind that is none. */
export function mediumOf(options: MediumOptions): Medium {
  const { kind, ...rest } = options;
  switch (kind) {
    case "ideal": return new IdealMedium(rest);
    default: throw new SimError("options", `there is no medium of kind ${JSON.stringify(kind)}`);
  }
}
