/** `require("e3x-mote")` of an application that uses channels; modules of the standard ones use the codec. */
export { create, erase } from "./index.ts";
export type { Mote, MoteError, MoteOptions, Radio } from "./index.ts";
export { decode, encode } from "../packet/lob.ts";
