/** Whether the build has channels: for what must not hold on to them. */
export const CHANNELS: boolean = true;
export const PEERS: boolean = false;
