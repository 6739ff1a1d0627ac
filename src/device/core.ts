/**
 * The protocol core as a device has it, for who owns the loop: vectors and benchmarks run it in the interpreter. The
 * runtime that boards get (index.ts) is made of the same sources.
 */
export { CurveJob } from "#curve";
export { MessageExchange, messageBody } from "../exchange/exchange.ts";
export { Joiner, split } from "../packet/chunk.ts";
export { decode, encode } from "../packet/lob.ts";
