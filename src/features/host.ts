/** The host package. */
export const CHANNELS: boolean = true;
export const PEERS: boolean = false;
export const HOST: boolean = true;
