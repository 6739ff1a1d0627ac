import type { Random } from "../exchange/exchange.ts";

/** Boards whose E.hwRand is not a hardware source have no entropy of their own: the application must bring it. */
export const entropy: Random | undefined = undefined;
