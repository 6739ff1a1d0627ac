/** What the host package has, in place of channels.ts. */
export const CHANNELS: boolean = true;
export const PEERS: boolean = false;
/** Whether it is no device: what only the host has is left out of a device's bundle. */
export const HOST: boolean = true;
