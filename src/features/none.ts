/** A device that uses no channels. */
export const CHANNELS: boolean = false;
export const PEERS: boolean = false;
export const HOST: boolean = false;
