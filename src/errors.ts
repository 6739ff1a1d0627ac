/** How what is wrong is told: by `fail`, which throws an error with a code. On a device a number stands for it (errors-texts.ts). */
export { fail } from "#engine";
export type { E3XError } from "./e3x-error.ts";
export type { ErrorCode } from "./errors-texts.ts";
