/** One column of a product: for 0 the lowest, for 8 - k column k. */
export type Columns = (row: number) => number;

/**
 * What products of field elements are made of. First, a and b: either that is left out is what it was before. Then two
 * that add a term, f l, to the product; the second is for a second term. Then one that makes the second half of 16 limbs,
 * less the first half, the a of the next product. Then one that doubles the product, before any term.
 */
export type Multiplier = [
  (a?: Int32Array, b?: Int32Array) => Columns,
  (l: Int32Array, f: number) => Columns,
  (l: Int32Array, f: number) => Columns,
  () => void,
  () => void,
];
