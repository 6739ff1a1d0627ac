/**
 * The assembler of the curve's programs: curve.ts has them as listings, a step a line, and does them by their letters. In
 * Node.js and browsers that is done as curve.ts is loaded; the build of a board (tools/build/passes/listings.ts) puts the
 * letters in the place of each listing, so that a board has neither.
 */

/** The letter of each register: its number, from 1, is the place of its limbs. */
const REGISTERS: Record<string, string> = {
  X: "a",
  b: "b",
  Y: "c",
  Z: "d",
  aZ4: "e",
  x: "f",
  y: "g",
  h: "h",
  i: "i",
  j: "j",
  k: "k",
  l: "l",
  m: "m",
  n: "n",
  o: "o",
  a: "p",
  one: "q",
  scale: "r",
  s: "s",
  zero: "t",
  _: "`",
};

/** What is no product: curve.ts, `control`. */
const CONTROLS: Record<string, string> = {
  "_ = b - X": "w",
  "keep multiple": "x",
  "keep multiple, next": "y",
  "select": "z",
  "next digit": "{",
  "reduce": "|",
  "multiple before": "}",
  "begin": "~",
};

/** Terms that are added to a product, by how many times. */
const FACTORS: Record<string, string> = { "- 3": "9", "- 2": ":", "-": ";", "+": "=", "+ 2": ">" };

const STEP = /^(\w+) = (2 )?(\w+) (\w+)((?: [+-] (?:[23] )?[A-Za-z]\w*){0,2})(?:, (\d+) times)?$/;
const TERM = /([+-](?: [23])?) ([A-Za-z]\w*)/g;

/**
 * The letters of a listing. A line is one of
 *   R = A B, R = 2 A B      a product, to which up to two terms may be added: R = A B + K - 2 L (-3, -2, -1, 1 or 2 times)
 *   R = R R, 15 times       the same again and again, 1 to 18 times
 *   - 2 L                   a term of the last product of the program before this
 *   select                  one of the other operations
 * where _ is what the operation before had in its place. What is behind // is no part of it, nor are blank lines.
 * Throws for what is no such line.
 */
export function listing(text: string): string {
  let letters = "";
  const register = (name: string, line: string): string => {
    const letter = REGISTERS[name];
    if (!letter) throw new Error(`there is no register ${name}: ${line}`);
    return letter;
  };
  const terms = (list: string, line: string): string =>
    [...list.matchAll(TERM)]
      .map(([, sign, name]) => {
        const factor = FACTORS[sign!];
        if (!factor) throw new Error(`a term is added -3 to 2 times: ${line}`);
        return factor + register(name!, line);
      })
      .join("");
  for (const whole of text.split("\n")) {
    const line = whole.replace(/\/\/.*/, "").trim();
    const control = CONTROLS[line];
    const step = STEP.exec(line);
    if (!line) continue;
    if (control) letters += control;
    else if (step) {
      const target = register(step[1]!, line);
      const times = Number(step[6] ?? 0);
      if (times > 18 || (times && step[5]))
        throw new Error(`only a product without terms is done again, up to 18 times: ${line}`);
      letters +=
        (step[2] ? target.toUpperCase() : target) +
        register(step[3]!, line) +
        register(step[4]!, line) +
        terms(step[5]!, line);
      if (times) letters += String.fromCharCode(38 + times);
    } else if (/^[+-] (?:[23] )?[A-Za-z]\w*$/.test(line) && !letters) letters += terms(line, line);
    else throw new Error(`this is no line of a listing: ${line}`);
  }
  return letters;
}
