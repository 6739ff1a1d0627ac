/** What outlives the parts that the runtime lets go of (device/parts.ts). */
export const kept: {
  /** The native code, as long as the board is on: found to be this build's, so that it need not be compared again. */
  code?: string;
} = {};
