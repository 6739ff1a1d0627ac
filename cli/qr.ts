/** QR codes for a terminal. */
import { styleText } from "node:util";
import { generate } from "lean-qr";

/** Light modules around the code, as the standard has it. */
const QUIET = 4;

/** Version and modules a side of a text's code, at error correction L or whatever more has room. */
export function qrSize(text: string): { version: number; size: number } {
  const { size } = generate(text);
  return { version: (size - 17) / 4, size };
}

/** Lines of a code, two modules in a character. Without colours they are right where text is light on dark. */
export function qrLines(text: string, colours: boolean): string[] {
  const code = generate(text);
  const lines: string[] = [];
  for (let y = -QUIET; y < code.size + QUIET; y += 2) {
    let line = "";
    for (let x = -QUIET; x < code.size + QUIET; x++) {
      // ink stands for dark where colours say so, else for light
      const [upper, lower] = [code.get(x, y) === colours, code.get(x, y + 1) === colours];
      line += upper ? (lower ? "█" : "▀") : lower ? "▄" : " ";
    }
    lines.push(colours ? styleText(["black", "bgWhiteBright"], line, { validateStream: false }) : line);
  }
  return lines;
}
