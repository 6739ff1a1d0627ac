/** A failure of the build that its user can mend. `code` says which kind. */
export class BuildError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A board file that cannot be used. `field` is a path such as "radio.frameSize", empty for the whole file. */
export class BoardError extends BuildError {
  readonly file: string;
  readonly field: string;

  constructor(file: string, field: string, reason: string) {
    super("BOARD", `${file}: ${field === "" ? "" : `${field}: `}${reason}`);
    this.file = file;
    this.field = field;
  }
}

/** A bundle larger than its board allows. All figures in bytes. */
export class BudgetError extends BuildError {
  readonly board: string;
  readonly bytes: number;
  readonly budget: number;
  readonly over: number;

  /** @param channels whether it is the runtime with channels, or for "peer" more */
  constructor(board: string, bytes: number, budget: number, channels: boolean | "peer" = false) {
    const over = bytes - budget;
    super(
      "BUDGET",
      `${board}: e3x-mote.js${channels ? ` with ${channels === true ? "channels" : channels}` : ""} and its usual radio have ${bytes} bytes, ${over} over their budget of ${budget}`,
    );
    this.board = board;
    this.bytes = bytes;
    this.budget = budget;
    this.over = over;
  }
}

/** One place that Espruino would not run, or would run differently. Lines and columns count from 1. */
export interface DialectFinding {
  file: string;
  line: number;
  column: number;
  rule: string;
  message: string;
  /** The text around the place. */
  excerpt: string;
}

/** Code that Espruino would not run, or would run differently. */
export class DialectError extends BuildError {
  readonly findings: DialectFinding[];

  constructor(findings: DialectFinding[]) {
    const lines = findings.map((f) => `${f.file}:${f.line}:${f.column}: ${f.rule}: ${f.message}\n    ${f.excerpt}`);
    super("DIALECT", `Espruino does not run this:\n${lines.join("\n")}`);
    this.findings = findings;
  }
}
