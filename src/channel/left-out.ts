/** Stands for channels.ts and built.ts in a device's bundle that uses no channels. */
import type { Channels as Type, Session as SessionType } from "./channels.ts";

export const CHANNELS: boolean = false;
export const Session = undefined as unknown as typeof SessionType;
export const Channels = undefined as unknown as typeof Type;
export const PEERS: boolean = false;
export const HOST: boolean = false;
