// What Espruino's variables hold, by how many there are (src/jsutils.h and src/jsvar.h of 2v29, for 32-bit builds): a
// reference has as many bits as the count needs, and what references do not take of a variable holds characters.

export interface Layout {
  /** How many variables there are. */
  variables: number;
  /** Bytes of one. */
  bytes: number;
  /** Characters of a string's first variable. */
  first: number;
  /** Characters of each further one. */
  more: number;
  /** Whole numbers from -small to small - 1 lie in the variable of their name. */
  small: number;
}

/** Characters of a name's first variable. */
const NAME = 4;

export function layoutOf(variables: number): Layout {
  // bits of a reference, bits that are left unused, bits of the count of references
  const [bits, unused, count] =
    variables <= 254
      ? ([8, 8, 6] as const)
      : variables <= 1023
        ? ([10, 2, 6] as const)
        : variables <= 2047
          ? ([11, 0, 4] as const)
          : variables <= 4095
            ? ([12, 0, 8] as const)
            : variables <= 8191
              ? ([13, 0, 4] as const)
              : variables <= 16383
                ? ([14, 0, 8] as const)
                : ([16, 0, 8] as const);
  return {
    variables,
    bytes: 4 + (bits * 4 + unused + count) / 8 + 2,
    first: 4 + ((bits * 3 + unused) >> 3),
    more: 4 + ((bits * 3 + unused + count) >> 3),
    small: 1 << (bits - 1),
  };
}

/** Variables of a name, without its value. */
export const nameVariables = (layout: Layout, length: number): number =>
  length <= NAME ? 1 : 1 + Math.ceil((length - NAME) / layout.more);

/** Variables of a string in pieces. */
export const stringVariables = (layout: Layout, length: number): number =>
  length <= layout.first ? 1 : 1 + Math.ceil((length - layout.first) / layout.more);

/** Variables of a string in one piece. */
export const flatVariables = (layout: Layout, length: number): number => 1 + Math.ceil(length / layout.bytes);

/** Whether Espruino tries to have a string of a length in one piece. */
export const wantsFlat = (layout: Layout, length: number): boolean => length > layout.first + layout.more;
