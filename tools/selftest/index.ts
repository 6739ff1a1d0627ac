export type { Check, Outcome, Verdict } from "./check.ts";
export { files } from "./files.ts";
export { checksOf, selftest, type Row, type Selftest, type SelftestOptions } from "./selftest.ts";
