import type MagicString from "magic-string";
import ts from "typescript";

/** The double that Espruino (2v29) makes of a number's text (src/jsutils.c: stringToIntWithRadix, stringToFloatWithRadix). */
function asEspruino(raw: string): number {
  const text = raw.toLowerCase().replaceAll("_", "");
  if (/^0[xbo]/.test(text) || /^\d+$/.test(text)) return Number(BigInt.asIntN(64, BigInt(text)));
  const [mantissa, exponent] = text.split("e") as [string, string?];
  const [whole, fraction] = mantissa.split(".") as [string, string?];
  let value = 0;
  for (const digit of whole) value = value * 10 + Number(digit);
  let unit = 0.1;
  for (const digit of fraction ?? "") {
    value += unit * Number(digit);
    unit /= 10;
  }
  let power = Number(exponent ?? 0);
  for (; power > 0; power--) value *= 10;
  for (; power < 0; power++) value /= 10;
  return value;
}

/** Whole numbers are exact up to here. */
const WHOLE = 2 ** 53;

/** An expression of whole numbers that comes to a positive number exactly, the shortest there is easily. */
function exactly(value: number): string {
  const texts: string[] = [];
  for (let by = 2; by <= 4096; by++)
    if (Number.isInteger(value * by) && value * by < WHOLE && (value * by) / by === value)
      texts.push(`${value * by}/${by}`);
  for (let by = 10; by <= 1e15; by *= 10) {
    const times = Math.round(value * by);
    if (times < WHOLE && times / by === value) texts.push(`${times}/${by}`);
  }
  // what is always so: a double is a whole number times or through a power of two
  let [whole, text, through, times] = [value, "", 0, 0];
  for (; !Number.isInteger(whole); through++) whole *= 2;
  for (; whole >= WHOLE; times++) whole /= 2;
  for (; through > 0; through -= 62) text += `/${2 ** Math.min(through, 62)}`;
  for (; times > 0; times -= 62) text += `*${2 ** Math.min(times, 62)}`;
  return [...texts, `${whole}${text}`].reduce((one, other) => (other.length < one.length ? other : one));
}

/**
 * Makes a quotient of a number that Espruino would read inexactly: it adds up tenths. Terser writes a decimal where a
 * quotient was.
 * @param file the parsed code; @param edits is given the changes
 */
export function mendNumbers(file: ts.SourceFile, edits: MagicString): void {
  const visit = (node: ts.Node): void => {
    if (ts.isNumericLiteral(node) && (node.parent as { name?: ts.Node }).name !== node) {
      const raw = node.getText(file);
      const value = Number(raw.replaceAll("_", ""));
      if (asEspruino(raw) !== value) edits.update(node.getStart(file), node.getEnd(), `(${exactly(value)})`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}
