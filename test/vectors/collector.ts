/** Gathers cases entry by entry; what is wrong with one entry is a fault of it and spares the others. */
import { VectorError } from "./fields.ts";
import type { Case, Cases, Operation } from "./target.ts";

export class Collector implements Cases {
  readonly cases: Cases["cases"] = [];
  readonly inapplicable: Cases["inapplicable"] = [];
  readonly faults: Cases["faults"] = [];
  private _file: string;
  private _entry = "";

  constructor(file: string) {
    this._file = file;
  }

  /** Takes one entry; `take` throws VectorError for what is wrong with it. */
  entry(name: string, take: () => void): void {
    this._entry = name;
    try {
      take();
    } catch (error) {
      if (!(error instanceof VectorError)) throw error;
      this.faults.push({ file: this._file, entry: name, fault: error.message });
    }
  }

  check(operation: Operation, expected: string, unless?: Case["unless"]): void {
    this.cases.push({ file: this._file, entry: this._entry, operation, expected, ...(unless && { unless }) });
  }

  /** A claim of the file about itself that needs nothing of ours. */
  claim(holds: boolean, fault: string): void {
    if (!holds) throw new VectorError(fault);
  }

  skip(reason: string): void {
    this.inapplicable.push({ file: this._file, entry: this._entry, reason });
  }
}
