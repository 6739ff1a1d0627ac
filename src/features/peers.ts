/** A device that has links by way of its gateway, too. */
export const CHANNELS: boolean = true;
export const PEERS: boolean = true;
export const HOST: boolean = false;
