/** Stands for channels.ts in a device's bundle that uses no channels. */
import type { Channels as Type, Session as SessionType } from "./channels.ts";

export const Session = undefined as unknown as typeof SessionType;
export const Channels = undefined as unknown as typeof Type;
