// The library has no types of its own.
declare module "siphash" {
  const siphash: {
    /** Key: four words of 32 bits, the lowest first. Gives the high and the low word of the digest. */
    hash(key: Uint32Array, data: Uint8Array): { h: number; l: number };
  };
  export default siphash;
}
