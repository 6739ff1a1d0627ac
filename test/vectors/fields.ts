/** Typed access to a parsed vector file: what is missing or of another type is one line that says where. */

export class VectorError extends Error {}

const show = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 40);

export class Fields {
  private _value: Record<string, unknown>;
  private _path: string;

  constructor(value: unknown, path = "") {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new VectorError(`${path || "entry"} is not an object: ${show(value)}`);
    }
    this._value = value as Record<string, unknown>;
    this._path = path;
  }

  private _wrong(name: string, wanted: string): VectorError {
    return new VectorError(`${this._path}${name} is not ${wanted}: ${show(this._value[name])}`);
  }

  has(name: string): boolean {
    return Object.hasOwn(this._value, name);
  }

  names(): string[] {
    return Object.keys(this._value);
  }

  value(name: string): unknown {
    return this._value[name];
  }

  text(name: string): string {
    const value = this._value[name];
    if (typeof value !== "string") throw this._wrong(name, "text");
    return value;
  }

  hex(name: string): string {
    const value = this._value[name];
    if (typeof value !== "string" || value.length % 2 || /[^0-9a-f]/.test(value))
      throw this._wrong(name, "lower-case hex");
    return value;
  }

  number(name: string): number {
    const value = this._value[name];
    if (typeof value !== "number" || !Number.isSafeInteger(value)) throw this._wrong(name, "an integer");
    return value;
  }

  list(name: string): unknown[] {
    const value = this._value[name];
    if (!Array.isArray(value)) throw this._wrong(name, "a list");
    return value;
  }

  hexes(name: string): string[] {
    return this.list(name).map((_item, i) =>
      new Fields({ [`${name}[${i}]`]: this.list(name)[i] }, this._path).hex(`${name}[${i}]`),
    );
  }

  all(name: string): Fields[] {
    return this.list(name).map((item, i) => new Fields(item, `${this._path}${name}[${i}].`));
  }

  in(name: string): Fields {
    return new Fields(this._value[name], `${this._path}${name}.`);
  }
}
