/**
 * What the runtime needs only while something is going on: Espruino takes five variables for a function, and one more for
 * a parameter. The build (tools/build/passes/parts.ts) moves all that only this function uses into it, so that it is made when
 * the function is called, and is gone when nothing holds it any more. It must keep nothing itself: the build refuses what would
 * hold such code, or be lost with it (tools/build/unloading.ts).
 */
import { CHANNELS } from "#features";
import { CurveJob } from "#crypto/curve";
import { Channels } from "../channel/channels.ts";
import { MessageExchange } from "../exchange/exchange.ts";
import { Session } from "../exchange/session.ts";
import { Link } from "../link/link.ts";
import { fromBase32 } from "../packet/text.ts";
import { erase, readIdentity, readState, writeIdentity, writeState } from "./store.ts";

export type Parts = ReturnType<typeof parts>;

export function parts() {
  return {
    Channels: CHANNELS ? Channels : undefined,
    CurveJob,
    Link,
    MessageExchange,
    Session: CHANNELS ? Session : undefined,
    erase,
    fromBase32,
    readIdentity,
    readState,
    writeIdentity,
    writeState,
  };
}
