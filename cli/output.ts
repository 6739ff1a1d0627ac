import { styleText } from "node:util";

/** Columns for text: the terminal's, within reason. */
export const width = (): number => Math.min(Math.max(process.stdout.columns ?? 80, 60), 120);

type Style = "bold" | "dim" | "green" | "red" | "yellow";

/** Styled where standard output is a terminal that has colours and NO_COLOR does not forbid them. */
export function style(format: Style, text: string): string {
  return process.stdout.isTTY && process.stdout.hasColors() ? styleText(format, text) : text;
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Said beside the output, so that the output can still be used by a program. */
export function note(text: string): void {
  process.stderr.write(`mote: ${text}\n`);
}

/** Text of others for a terminal: what would act on it, or is not seen, as escapes. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/gu,
    (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`,
  );
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as text, where they are UTF-8 that can be read; line ends and tabs stay. */
export function readable(bytes: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(bytes);
    return printable(text.replace(/[\n\t]/g, "")) === text.replace(/[\n\t]/g, "") ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Text in lines of at most `columns`, cut at spaces where there are any. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (let rest of text.split("\n")) {
    while (rest.length > columns) {
      const space = rest.lastIndexOf(" ", columns);
      const end = space > 0 ? space : columns;
      lines.push(rest.slice(0, end));
      rest = rest.slice(end).trimStart();
    }
    lines.push(rest);
  }
  return lines;
}

/** Names and values below each other; a value may have several lines. */
export function pairs(rows: [name: string, value: string][]): string {
  const indent = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows
    .map(([name, value]) => style("dim", name.padEnd(indent)) + value.split("\n").join(`\n${" ".repeat(indent)}`))
    .join("\n");
}

/** Rows under a head; the columns named in `right` are numbers. */
export function table(head: string[], rows: string[][], right: number[]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  const line = (row: string[]): string =>
    row
      .map((text, i) => (right.includes(i) ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  return [style("bold", line(head)), ...rows.map(line)].join("\n");
}

/** A number with thousands apart. */
export const count = (value: number): string => value.toLocaleString("en");

/** "1 byte", "20 bytes". */
export const plural = (value: number, one: string): string => `${count(value)} ${one}${value === 1 ? "" : "s"}`;

/** What an `at` may say beside its number. */
export function date(at: number): string {
  // 2001 to 2106
  return at >= 1e9 && at < 2 ** 32 ? `${new Date(at * 1000).toISOString().replace("T", " ").slice(0, 19)} UTC` : "";
}
