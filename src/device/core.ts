/**
 * The protocol core as a device has it, for who owns the loop: vectors and benchmarks run it in the interpreter. The
 * runtime that boards get (index.ts) is made of the same sources.
 */
export { Session } from "../exchange/session.ts";
export { pack, unpack } from "#compression";
export { CurveJob } from "#crypto/curve";
export { channelKey, token } from "../cipher/seal.ts";
export { MessageExchange, messageBody } from "../exchange/exchange.ts";
export { Link } from "../link/link.ts";
export { Pipe } from "../link/pipe.ts";
export { Joiner, split } from "../packet/chunk.ts";
export { decode, encode } from "../packet/lob.ts";
