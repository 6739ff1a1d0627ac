/**
 * Which parts a build has: constants, so that rollup drops the code of those that it has not. package.json's "imports" picks
 * the file for "#features"; test/variants holds all of them to this.
 */
export interface Features {
  /** Whether the build has channels: for what must not hold on to them. */
  CHANNELS: boolean;
  /** Whether a device has links by way of its gateway, too. */
  PEERS: boolean;
  /** Whether it is no device: what only the host has is left out of a device's bundle. */
  HOST: boolean;
}
