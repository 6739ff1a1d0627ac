/** As channels.ts, of a device that uses no channels. */
export const CHANNELS: boolean = false;
export const PEERS: boolean = false;
