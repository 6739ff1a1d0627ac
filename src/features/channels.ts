/** A device that uses channels. */
export const CHANNELS: boolean = true;
export const PEERS: boolean = false;
export const HOST: boolean = false;
