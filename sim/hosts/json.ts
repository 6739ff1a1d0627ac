// JSON as Espruino 2v29 reads and writes it (src/jswrap_json.c), for the node:vm host.

import { types } from "node:util";
import { espruinoNumber } from "./numbers.ts";

/** Constructors of the realm that parsed values and exceptions belong to. */
export interface JsonRealm {
  Object: new () => Record<string, unknown>;
  Array: new () => unknown[];
  SyntaxError: new (message: string) => Error;
}

const short: Record<number, string> = { 34: '\\"', 92: "\\\\", 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r" };

/** A value of the program's realm: what it is, only its use shows. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Foreign = any;

/** A string in quotes; everything but printable ASCII is escaped. */
export function quote(s: string): string {
  let text = '"';
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    text += short[c] ?? (c < 32 || c >= 127 ? `\\u${c.toString(16).toUpperCase().padStart(4, "0")}` : s[i]);
  }
  return `${text}"`;
}

/** JSON.stringify without whitespace: typed arrays as arrays, functions in arrays as undefined, recursion as " ... ". */
export function stringify(value: Foreign, seen: readonly unknown[] = [], toJson = true, key?: string): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "function") return "undefined";
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return Number.isFinite(value) ? espruinoNumber(value) : "null";
  if (typeof value !== "object") return String(value);
  if (seen.includes(value)) return " ... ";
  const inner = [...seen, value];
  const list = types.isAnyArrayBuffer(value)
    ? new Uint8Array(value)
    : Array.isArray(value) || ArrayBuffer.isView(value)
      ? (value as Foreign)
      : undefined;
  if (list !== undefined) {
    const parts: string[] = [];
    for (let i = 0; i < list.length; i++) parts.push(stringify(list[i], inner, toJson, String(i)));
    return `[${parts.join(",")}]`;
  }
  if (toJson && typeof value.toJSON === "function") return stringify(value.toJSON(key), seen, false);
  const parts: string[] = [];
  for (const name of Object.keys(value)) {
    const item = value[name];
    if (item !== undefined && typeof item !== "function")
      parts.push(`${quote(name)}:${stringify(item, inner, toJson, name)}`);
  }
  return `{${parts.join(",")}}`;
}

interface Token {
  kind: string;
  value?: unknown;
  word?: boolean;
}

const escapes: Record<string, string> = { n: "\n", b: "\b", f: "\f", r: "\r", t: "\t", v: "\v" };

/** Parses the first value of a text and ignores the rest; undefined where Espruino gives up without an exception. */
export function parse(text: string, realm: JsonRealm): unknown {
  let at = 0;
  let token = { kind: "EOF" } as Token;
  const skip = (): void => {
    for (;;) {
      while (at < text.length && " \t\n\r".includes(text.charAt(at))) at++;
      if (text.startsWith("//", at)) {
        while (at < text.length && text[at] !== "\n") at++;
      } else if (text.startsWith("/*", at)) {
        const end = text.indexOf("*/", at + 2);
        at = end < 0 ? text.length : end + 2;
      } else return;
    }
  };
  const readString = (end: string): Token => {
    let s = "";
    at++;
    while (at < text.length && text[at] !== end && text[at] !== "\n") {
      const c = text.charAt(at++);
      if (c !== "\\") {
        s += c;
        continue;
      }
      const e = text.charAt(at++);
      if (e === "u" || e === "x") {
        const n = e === "u" ? 4 : 2;
        s += String.fromCharCode(parseInt(text.slice(at, at + n), 16));
        at += n;
      } else if (e >= "0" && e <= "7") {
        let octal = e;
        while (octal.length < 3 && /[0-7]/.test(text.charAt(at))) octal += text.charAt(at++);
        s += String.fromCharCode(parseInt(octal, 8) & 255);
      } else s += escapes[e] ?? e;
    }
    if (text[at] !== end) return { kind: "UNFINISHED STRING" };
    at++;
    return { kind: "STRING", value: s };
  };
  const next = (): void => {
    skip();
    if (at >= text.length) {
      token = { kind: "EOF" };
      return;
    }
    const c = text.charAt(at);
    if (c === '"' || c === "'") {
      token = readString(c);
      return;
    }
    const rest = text.slice(at, at + 400);
    const number = /^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/.exec(rest)?.[0];
    const word = /^[A-Za-z_$][\w$]*/.exec(rest)?.[0];
    at += number?.length ?? word?.length ?? 1;
    if (number !== undefined) token = { kind: "NUMBER", value: Number(number) };
    else if (word !== undefined) token = { kind: ["true", "false", "null"].includes(word) ? word : "ID", word: true };
    else token = { kind: c };
  };
  const match = (want: string): void => {
    if (token.kind !== want) throw new realm.SyntaxError(`Got ${token.kind} expected '${want}'`);
    next();
  };
  const array = (): unknown => {
    const list = new realm.Array();
    next();
    while (token.kind !== "]") {
      const item = value();
      if (item === undefined) return undefined;
      if (token.kind !== "]") match(",");
      list[list.length] = item;
    }
    next();
    return list;
  };
  const object = (): unknown => {
    const result = new realm.Object();
    next();
    while (token.kind === "STRING" || token.kind === "NUMBER" || token.word === true) {
      const { kind, value: name }: Token = token;
      if (kind !== "STRING") throw new realm.SyntaxError(`Got ${kind} expected STRING`);
      next();
      match(":");
      const item = value();
      if (item === undefined) return undefined;
      if (token.kind !== "}") match(",");
      // The first of two equal keys is the one that is found; "__proto__" takes effect.
      if (!Object.prototype.hasOwnProperty.call(result, String(name))) result[String(name)] = item;
    }
    match("}");
    return result;
  };
  const value = (): unknown => {
    const t = token;
    switch (t.kind) {
      case "true":
      case "false":
        next();
        return t.kind === "true";
      case "null":
        next();
        return null;
      case "NUMBER":
      case "STRING":
        next();
        return t.value;
      case "-":
        next();
        return token.kind === "NUMBER" ? 0 - (value() as number) : undefined;
      case "[":
        return array();
      case "{":
        return object();
      default:
        throw new realm.SyntaxError(`Expecting valid value, got ${t.kind}`);
    }
  };
  next();
  return value();
}
