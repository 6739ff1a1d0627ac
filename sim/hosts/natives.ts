// What Espruino has and V8 does not, and where both have it but Espruino behaves otherwise, for the node:vm host.
// Semantics from Espruino 2v29: src/jswrap_espruino.c, src/jswrap_arraybuffer.c, src/jsvariterator.c,
// libs/crypto/jswrap_crypto.c. The functions live in the host's realm, so that taking built-ins away from the
// program does not take them away from here; what they return and throw is made with the program's constructors.
//
// Traps reproduced: slice() of a typed array gives a plain Array; set() drops what does not fit; a view with
// length 0 takes the rest of the buffer; typed arrays are not made from strings; AES mode CTR ignores the IV;
// prototypes do not show their built-in methods (Array.prototype.slice is undefined, [].slice is not); JSON
// (json.ts) and the text of numbers in it (numbers.ts).
// Made loud instead of reproduced, where Espruino goes on with wrong data: subarray() past the end, and
// E.mapInPlace from elements of 4 bytes or more (it shifts by 32, which each processor does its own way).
// Memory is the model's (heap/model.ts), where it is counted.
// Not reproducible in V8, so only the interpreter shows them: no hoisting; one binding for all passes of a
// for-let loop; assignment to an array's length throws; `extends Error` and `extends Array` fail; syntax that the
// parser refuses (the dialect check of the build finds that); strings of 8 bits; texts of errors;
// numbers with a fraction turned into text outside JSON; .on() and .emit() on every object.

import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import { types } from "node:util";
import type { BuiltinList } from "./builtins.ts";
import { parse, quote, stringify } from "./json.ts";
import type { Foreign } from "./json.ts";

/** What the natives need from the node:vm host. */
export interface NativeServices {
  /** Names of the standard's globals, as V8 has them. */
  standard: readonly string[];
  allowed: BuiltinList;
  board: { name: string; variables: number };
  /** Compiles module text into a function of exports and module. */
  compile(source: string): (exports: object, module: object) => void;
  /** Text of a module in flash, if there is one. */
  module(name: string): string | undefined;
  /** Is given the modules that are loaded, by name, as they are at all times. */
  modules?(modules: Map<string, unknown>): void;
  /** A typed array has been made, with memory of its own. */
  allocated?(view: Uint8Array): void;
}

const version = "2v29";
const viewNames = [
  "Uint8Array",
  "Uint8ClampedArray",
  "Int8Array",
  "Uint16Array",
  "Int16Array",
  "Uint32Array",
  "Int32Array",
  "Float32Array",
  "Float64Array",
];
const kept = ["length", "name", "prototype", "constructor", "caller", "callee", "arguments", "__proto__"];

const put = (target: object, name: string, value: unknown): void => {
  Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
};
const isBuffer = (x: unknown): x is ArrayBuffer => types.isAnyArrayBuffer(x);
const isView = (x: unknown): x is Uint8Array => ArrayBuffer.isView(x);
const isBytesLike = (x: unknown): x is ArrayBuffer | Uint8Array => isView(x) || isBuffer(x);
const isIterable = (x: unknown): boolean => typeof x === "string" || Array.isArray(x) || isBytesLike(x);

/** Makes the typed arrays of a realm behave like Espruino's. */
function reviseTypedArrays(
  G: Foreign,
  bytesOf: (data: unknown) => Uint8Array,
  allocated: NativeServices["allocated"],
): void {
  for (const name of viewNames) {
    const Original = G[name];
    const size: number = Original.BYTES_PER_ELEMENT;
    const Typed = function (arr: unknown, byteOffset?: number, length?: number): unknown {
      const target = new.target ?? Typed;
      const offset = Math.trunc(byteOffset ?? 0);
      if (offset < 0 || offset > 65535) throw new G.Error("byteOffset too large (or negative)");
      if (isBuffer(arr)) {
        const n = length ? length : Math.max(0, Math.trunc((arr.byteLength - offset) / size));
        return Reflect.construct(Original, [arr, offset, n], target);
      }
      if (typeof arr !== "number" && typeof arr !== "boolean" && !Array.isArray(arr) && !isView(arr)) {
        throw new G.Error(`Unsupported first argument of type ${typeof arr}`);
      }
      const made = Reflect.construct(Original, [arr], target);
      allocated?.(made);
      return made;
    };
    Typed.prototype = Original.prototype;
    Object.setPrototypeOf(Typed, Object.getPrototypeOf(Original));
    put(Original.prototype, "constructor", Typed);
    put(Typed, "name", name);
    put(G, name, Typed);
  }
  const shared = Object.getPrototypeOf(G.Uint8Array.prototype);
  const nativeSet = shared.set;
  const nativeSubarray = shared.subarray;
  const arraySlice = G.Array.prototype.slice;
  put(shared, "slice", function (this: Foreign, start?: number, end?: number) {
    return arraySlice.call(this, start, end);
  });
  put(shared, "set", function (this: Foreign, source: Foreign, offset?: number) {
    if (typeof source !== "string" && !Array.isArray(source) && !isBytesLike(source)) {
      throw new G.Error(`First argument must be Array, not ${typeof source}`);
    }
    const at = Math.trunc(offset ?? 0);
    const from = typeof source === "string" ? bytesOf(source) : isBuffer(source) ? new Uint8Array(source) : source;
    const room = this.length - at;
    if (room <= 0) return;
    nativeSet.call(this, from.length > room ? arraySlice.call(from, 0, room) : from, at);
  });
  put(shared, "subarray", function (this: Foreign, begin?: number, end?: number) {
    let start = begin ?? 0;
    let stop = typeof end === "number" ? end : this.length;
    if (start < 0) start += this.length;
    if (stop < 0) stop = Math.max(0, stop + this.length);
    // Not left to V8, which would ask the constructor for a view of length 0.
    if (start >= stop) return new this.constructor(0);
    if (stop > this.length)
      throw new G.Error(`subarray() to ${stop} is past the length ${this.length}, which Espruino does not check`);
    return nativeSubarray.call(this, start, stop);
  });
}

/** A rejection that the program does not catch is noise on a board's console; in Node it would end the process. */
function quietPromises(G: Foreign): void {
  const Original = G.Promise;
  const then = Original.prototype.then;
  let busy = false;
  const Quiet = function (executor: unknown): unknown {
    const promise = Reflect.construct(Original, [executor], new.target ?? Quiet);
    if (!busy) {
      // The handler's own promise comes through here too.
      busy = true;
      then.call(promise, undefined, () => undefined);
      busy = false;
    }
    return promise;
  };
  Quiet.prototype = Original.prototype;
  put(Original.prototype, "constructor", Quiet);
  put(Quiet, "name", "Promise");
  for (const name of ["resolve", "reject", "all"]) put(Quiet, name, Original[name]);
  Object.defineProperty(Quiet, Symbol.species, { get: () => Quiet });
  put(G, "Promise", Quiet);
}

/** The bytes that Espruino makes of numbers, strings, arrays, buffers and {data, count} or {callback} (jsvIterateCallback). */
function makeBytesOf(G: Foreign): (data: unknown) => Uint8Array {
  const each = (data: Foreign, add: (b: number) => void): void => {
    if (typeof data === "number" || typeof data === "boolean") add(Math.trunc(Number(data)) & 255);
    else if (typeof data === "string") for (let i = 0; i < data.length; i++) add(data.charCodeAt(i) & 255);
    else if (isBuffer(data)) each(new Uint8Array(data), add);
    else if (isView(data) || Array.isArray(data)) for (let i = 0; i < data.length; i++) each(data[i], add);
    else if (data !== null && typeof data === "object") {
      if (typeof data.callback === "function") each(data.callback(), add);
      else if (typeof data.count === "number" && data.data !== undefined)
        for (let n = data.count; n > 0; n--) each(data.data, add);
      else
        throw new G.TypeError(
          "If specifying an object, it must be of the form {data : ..., count : N} or {callback : fn}",
        );
    }
  };
  return (data) => {
    const list: number[] = [];
    each(data, (b) => list.push(b));
    return Uint8Array.from(list);
  };
}

const binary = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

// Elements by index, for E.sum and E.convolve.
const elements = (x: Foreign): Foreign => {
  if (isBuffer(x)) return new Uint8Array(x);
  return typeof x === "string" ? Buffer.from(x, "latin1") : x;
};

/** The object E, without what the emulated firmware adds. */
function makeE(G: Foreign, bytesOf: (data: unknown) => Uint8Array): Record<string, unknown> {
  const mapInPlace = (from: Foreign, to: Foreign, map?: Foreign, bits?: number): void => {
    if (!isBytesLike(from) || !isBytesLike(to)) throw new G.Error("First 2 arguments should be array buffers");
    const table = isBuffer(map) ? new Uint8Array(map) : map;
    if (table && typeof table !== "function" && !Array.isArray(table) && !isView(table))
      throw new G.Error("Third argument should be a function or array");
    const source: Foreign = isBuffer(from) ? new Uint8Array(from) : from;
    const target: Foreign = isBuffer(to) ? new Uint8Array(to) : to;
    const width = 8 * source.BYTES_PER_ELEMENT;
    const msbFirst = !(bits !== undefined && bits < 0);
    const take = Math.abs(Math.trunc(bits ?? 0)) || width;
    if (take > 30 || width > 16)
      throw new G.Error("E.mapInPlace from elements of 32 bits or more shifts out of range in Espruino");
    let el = 0;
    let have = 0;
    let read = 0;
    for (let write = 0; (read < source.length || have >= take) && write < target.length; write++) {
      const index = read;
      while (have < take) {
        const v = read < source.length ? Math.trunc(source[read]) : 0;
        if (msbFirst) el = (el << width) | v;
        else el |= v << have;
        read++;
        have += width;
      }
      let v: Foreign = (msbFirst ? el >> (have - take) : el) & ((1 << take) - 1);
      if (!msbFirst) el >>= take;
      have -= take;
      if (typeof table === "function") v = table(v, index);
      else if (table) v = table[v];
      target[write] = v ?? 0;
    }
  };
  return {
    toUint8Array: (...args: unknown[]) => new G.Uint8Array(bytesOf(args)),
    toString: (...args: unknown[]) =>
      args.length === 1 && typeof args[0] === "string" ? args[0] : binary(bytesOf(args)),
    toFlatString: (...args: unknown[]) => binary(bytesOf(args)),
    toArrayBuffer: (text: unknown) => (typeof text === "string" ? new G.Uint8Array(bytesOf(text)).buffer : undefined),
    asUTF8: (text: unknown) => Buffer.from(String(text), "latin1").toString("utf8"),
    fromUTF8: (text: unknown) => Buffer.from(String(text), "utf8").toString("latin1"),
    isUTF8: (text: unknown) => typeof text === "string" && /[^\0-\xff]/.test(text),
    clip: (x: number, min: number, max: number) => (x < min ? min : x > max ? max : x),
    sum: (data: unknown) => {
      if (!isIterable(data)) throw new G.Error(`First argument must be Array, not ${typeof data}`);
      const list = elements(data);
      let sum = 0;
      for (let i = 0; i < list.length; i++) if (i in list) sum += Number(list[i]);
      return sum;
    },
    convolve: (one: unknown, two: unknown, offset?: number) => {
      if (!isIterable(one) || !isIterable(two)) throw new G.Error("Expecting first 2 arguments to be iterable");
      const a = elements(one);
      const b = elements(two);
      const n = b.length;
      let at = ((offset ?? 0) | 0) % n;
      if (at < 0) at += n;
      let sum = 0;
      for (let i = 0; i < a.length; i++) {
        sum += a[i] * b[at];
        if (++at === n) at = 0;
      }
      return sum;
    },
    mapInPlace,
    // arrays and strings too large for a variable are flat, but a string that was put together is not: here it is too, unless heap/model.ts takes the place of this
    getAddressOf: (v: unknown, flat: unknown) =>
      !flat ? 4 : (typeof v === "string" ? v.length : isBytesLike(v) ? v.byteLength : 0) > 28 ? 0x20000000 : 0,
    getErrorFlags: () => new G.Array(),
    kickWatchdog: () => undefined,
    defrag: () => undefined,
  };
}

/** The module crypto: hashes and AES, results as ArrayBuffers. */
function makeCrypto(G: Foreign, bytesOf: (data: unknown) => Uint8Array): object {
  const buffer = (bytes: Uint8Array): ArrayBuffer => new G.Uint8Array(bytes).buffer;
  const hash =
    (name: string) =>
    (message: unknown): ArrayBuffer =>
      buffer(createHash(name).update(bytesOf(message)).digest());
  const aes =
    (encrypt: boolean) =>
    (messageData: unknown, keyData: unknown, options?: Foreign): ArrayBuffer | undefined => {
      if (options !== undefined && (options === null || typeof options !== "object"))
        throw new G.Error("'options' must be undefined, or an Object");
      const mode: string = options?.mode ?? "CBC";
      const message = bytesOf(messageData);
      const key = bytesOf(keyData);
      // Espruino reports these on the console and returns undefined: it throws only for a mode that it does not know.
      if (!["CBC", "CFB", "CTR", "OFB", "ECB"].includes(mode)) throw new G.Error(`Unknown Crypto mode ${quote(mode)}`);
      if (![16, 24, 32].includes(key.length) || mode === "OFB") return undefined;
      const name = `aes-${key.length * 8}-${mode === "CFB" ? "cfb8" : mode.toLowerCase()}`;
      const iv = Buffer.alloc(16);
      // The trap: in mode CTR the IV is ignored, the counter always starts at zero.
      if (options?.iv && mode !== "CTR") iv.set(bytesOf(options.iv).subarray(0, 16));
      if (mode === "CBC" && message.length % 16 !== 0) return undefined;
      // ECB goes over the whole blocks only; the rest of the result stays zero.
      const input = mode === "ECB" ? message.subarray(0, message.length & ~15) : message;
      const cipher = (encrypt || mode === "CTR" ? createCipheriv : createDecipheriv)(
        name,
        key,
        mode === "ECB" ? null : iv,
      );
      cipher.setAutoPadding(false);
      const result = new Uint8Array(message.length);
      result.set(Buffer.concat([cipher.update(input), cipher.final()]));
      return buffer(result);
    };
  return {
    SHA1: hash("sha1"),
    SHA224: hash("sha224"),
    SHA256: hash("sha256"),
    SHA384: hash("sha384"),
    SHA512: hash("sha512"),
    AES: { encrypt: aes(true), decrypt: aes(false) },
  };
}

/** require and Modules. */
function installModules(G: Foreign, services: NativeServices, builtIn: Record<string, object>): void {
  const modules = new Map<string, unknown>();
  services.modules?.(modules);
  const load = (source: unknown): unknown => {
    const module = new G.Object();
    module.exports = new G.Object();
    // A function sees `exports` and `module` too. It is compiled anew for that: what it closes over is lost here.
    const text = String(source);
    const body =
      typeof source === "function"
        ? (/^(?:function\s*\(\)|\(\)\s*=>)\s*\{([^]*)\}$/.exec(text)?.[1] ?? `(${text}).call(this);`)
        : text;
    services.compile(body).call(module.exports, module.exports, module);
    return module.exports;
  };
  put(G, "require", (name: unknown): unknown => {
    if (typeof name !== "string") throw new G.TypeError(`Expecting module name as a string, got ${typeof name}`);
    if (!modules.has(name)) {
      const text = services.module(name);
      if (builtIn[name] !== undefined) modules.set(name, builtIn[name]);
      else if (text !== undefined) modules.set(name, load(text));
      else throw new G.Error(`Module ${quote(name)} not found`);
    }
    return modules.get(name);
  });
  put(G, "Modules", {
    addCached: (name: string, source: unknown) => {
      modules.set(name, load(source));
    },
    removeCached: (name: string) => {
      modules.delete(name);
    },
    removeAllCached: () => {
      modules.clear();
    },
    getCached: () => G.Array.apply(undefined, [...modules.keys()]),
  });
}

/** Takes away the members of an object that are not on a list; methods that are not `visible` do not show on the `prototypes`. */
function prune(
  object: object,
  list: readonly string[],
  visible: readonly string[] = list,
  prototypes: readonly unknown[] = [object],
): void {
  for (const member of Object.getOwnPropertyNames(object)) {
    const d = Object.getOwnPropertyDescriptor(object, member);
    if (kept.includes(member) || d === undefined || !d.configurable || d.get) continue;
    const value = d.value;
    if (!list.includes(member)) Reflect.deleteProperty(object, member);
    else if (!visible.includes(member) && typeof value === "function") {
      Object.defineProperty(object, member, {
        configurable: true,
        get(this: unknown) {
          return prototypes.includes(this) ? undefined : value;
        },
        set(this: object, v: unknown) {
          Object.defineProperty(this, member, { value: v, writable: true, enumerable: true, configurable: true });
        },
      });
    }
  }
}

function pruneAll(G: Foreign, services: NativeServices): void {
  for (const name of services.standard) {
    const entry = services.allowed[name];
    if (entry === undefined) {
      delete G[name];
      continue;
    }
    const target = G[name];
    if (name === "globalThis" || target === null || (typeof target !== "object" && typeof target !== "function"))
      continue;
    prune(target, entry.statics);
    if (entry.members === undefined) continue;
    prune(target.prototype, entry.members, entry.visible ?? []);
    if (name === "Uint8Array") {
      const shared = Object.getPrototypeOf(target.prototype);
      prune(Object.getPrototypeOf(target), []);
      prune(shared, entry.members, entry.visible ?? [], [shared, ...viewNames.map((view) => G[view].prototype)]);
    }
  }
}

/** Turns a fresh context into one that offers what Espruino offers; `G` is its global object. */
export function installNatives(G: Foreign, services: NativeServices): void {
  const bytesOf = makeBytesOf(G);
  reviseTypedArrays(G, bytesOf, services.allocated);
  quietPromises(G);
  put(G, "E", makeE(G, bytesOf));
  const json = G.JSON.stringify;
  put(G.JSON, "stringify", (value: unknown, _replacer?: unknown, space?: unknown) =>
    space ? json(value, null, space) : stringify(value),
  );
  put(G.JSON, "parse", (text: unknown) => parse(String(text), G));
  installModules(G, services, { crypto: makeCrypto(G, bytesOf) });
  put(G, "global", G);
  put(G, "atob", (text: unknown) => Buffer.from(String(text), "base64").toString("latin1"));
  put(G, "btoa", (data: unknown) => Buffer.from(bytesOf(data)).toString("base64"));
  put(G, "console", new G.Object());
  put(G, "process", {
    version,
    env: { VERSION: version, BOARD: services.board.name, MODULES: "Storage,crypto" },
    // V8 does not count in variables: heap/model.ts does, and takes the place of this
    memory: () => ({ free: services.board.variables, usage: 0, total: services.board.variables }),
  });
  pruneAll(G, { ...services, standard: services.standard.filter((name) => name !== "console") });
  put(G.Math, "clip", (G.E as Foreign).clip);
  put(G.Math, "randInt", (n: number) => Math.floor(G.Math.random() * n));
  put(G.Math, "wrap", (x: number, size: number) => (size < 0 ? 0 : (x / size - Math.trunc(x / size)) * size));
}
