// One walk over all that a program can reach: what it would take in Espruino's variables (src/jsvar.h, src/jsparse.c
// of 2v29). A thing is a variable, and one for the name of each of its members, with more for long names and for
// values that do not fit into the variable of their name. Strings and numbers belong to who has them: V8 does not tell
// whether two have the same one. What a call has is mostly what something else has, too.

import { types } from "node:util";
import type { Foreign } from "../json.ts";
import { NONE } from "./cells.ts";
import type { Held } from "./cells.ts";
import type { FunctionFacts } from "./instrument.ts";
import { flatVariables, nameVariables, stringVariables, wantsFlat } from "./layout.ts";
import type { Layout } from "./layout.ts";

/** Something that the program can reach. */
export interface Thing extends Held {
  /** The walk that has seen it last. */
  seen: number;
  /** Its variables: without those of a row, which are told by it. */
  size: number;
}

/** A call, or a block, of the program. */
export interface Scope extends Thing {
  /** Index of its facts. */
  facts: number;
  /** The scope in which the function was made. */
  outer: Scope | undefined;
  /** Its `this`. */
  that: unknown;
  /** Reads a variable by its index; throws for one that is not there yet. */
  read: ((index: number) => unknown) | undefined;
  /** Whether a function was made in it. */
  kept: boolean;
}

/** A function of the program. */
export interface Made extends Thing {
  facts: number;
  outer: Scope | undefined;
}

/** A function that is bound. */
export interface Bound {
  target: Foreign;
  that: unknown;
  args: readonly unknown[];
}

/** Memory of an array or of a string in one piece. */
export interface Memory extends Thing {
  length: number;
}

/** What is known of a realm and of its program. */
export interface Realm {
  layout: Layout;
  global: Foreign;
  facts: readonly FunctionFacts[];
  made: WeakMap<object, Made>;
  bound: WeakMap<object, Bound>;
  /** Things that are no function, by what they stand for. */
  things: Map<object, Thing>;
  memories: WeakMap<object, Memory>;
  /** Strings that are not in pieces, by their text: in flash, or with memory. */
  strings: Map<string, Memory | "flash">;
  /** Calls under way, the first first. */
  calls: readonly Scope[];
  /** Variables of programs that are no members of the global object. */
  programs: readonly Scope[];
  modules: ReadonlyMap<string, unknown>;
  roots: readonly unknown[];
  /** What the firmware has as globals: their names and members. */
  builtins: ReadonlyMap<object, { name: string; members: ReadonlyMap<string, unknown> }>;
  /** Those that programs name, and those that they have made something by. */
  referred: ReadonlySet<object>;
  constructed: ReadonlySet<object>;
  /** Prototypes of the firmware. */
  plain: ReadonlySet<unknown>;
  /** Whether some program has accessors, or mentions prototypes: then more must be looked at. */
  accessors: boolean;
  prototypes: boolean;
}

export const thing = (): Thing => ({ seen: 0, size: 0, cells: NONE, at: 0, row: 0 });

const PROTO = "__proto__".length;
const PROTOTYPE = "prototype".length;
const CONSTRUCTOR = "constructor".length;

/** All that is reached by the walk of a number: its things, in the order in which they are met. */
export function walk(realm: Realm, number: number, root: Thing): Thing[] {
  const one = new Walk(realm, number);
  one.fromRoots(root);
  return one.things;
}

/** What is reached from scopes, and was not by the walk of that number. */
export function walkFrom(realm: Realm, number: number, scopes: Iterable<Scope>): Thing[] {
  const one = new Walk(realm, number);
  one.fromScopes(scopes);
  return one.things;
}

class Walk {
  readonly things: Thing[] = [];
  // variables of the thing that is looked at
  #size = 0;
  // whether it is a call, and long strings that have been met
  #call = false;
  readonly #texts = new Set<string>();
  readonly #todo: object[] = [];
  readonly #r: Realm;
  readonly #layout: Layout;
  readonly #number: number;

  constructor(r: Realm, number: number) {
    this.#r = r;
    this.#layout = r.layout;
    this.#number = number;
  }

  fromScopes(scopes: Iterable<Scope>): void {
    for (const scope of scopes) this.#scope(scope);
    this.#drain();
  }

  fromRoots(root: Thing): void {
    const r = this.#r;
    const number = this.#number;
    this.#enter(root);
    this.#roots();
    this.#leave(root, 0);
    this.#drain();
    this.#call = true;
    for (const scope of r.calls) {
      this.#scope(scope);
      if (r.facts[scope.facts]!.block) continue;
      // the value to return, and the list of scopes
      const call = thing();
      this.#enter(call);
      this.#size += 2 + scopesFrom(scope);
      this.#value(scope.that, true);
      this.#leave(call, 0);
    }
    this.#drain();
    for (const [text, memory] of r.strings)
      if (!this.#texts.has(text) && (memory === "flash" ? r.strings.size > 64 : memory.seen !== number))
        r.strings.delete(text);
    if (r.things.size > this.things.length + 64)
      for (const [object, { seen }] of r.things) if (seen !== number) r.things.delete(object);
  }

  // What is counted from here to `#leave` is a thing's; they nest.
  #enter(what: Thing): number {
    const outer = this.#size;
    this.#size = 0;
    what.seen = this.#number;
    this.things.push(what);
    return outer;
  }

  #leave(what: Thing, outer: number): void {
    what.size = this.#size;
    this.#size = outer;
  }

  #roots(): void {
    const r = this.#r;
    this.#members(r.global);
    for (const root of r.roots) this.#value(root, true);
    for (const [name, exports] of r.modules) {
      this.#size += this.#name(name.length);
      this.#value(exports, true);
    }
    for (const [object, { members }] of r.builtins) {
      let changed = false;
      for (const key of Object.keys(object)) {
        const value = (object as Foreign)[key];
        if (members.get(key) === value) continue;
        changed = true;
        this.#member(key, value);
      }
      if (changed) this.#builtin(object);
    }
    for (const object of r.referred) this.#builtin(object);
    for (const object of r.constructed) {
      this.#builtin(object);
      this.#size += this.#name(PROTOTYPE) + 1 + this.#name(CONSTRUCTOR);
    }
    for (const scope of r.programs) this.#variables(scope);
  }

  #drain(): void {
    for (let value = this.#todo.pop(); value; value = this.#todo.pop()) {
      const object: Foreign = value;
      const made = typeof object === "function" ? this.#r.made.get(object) : undefined;
      const what = made ?? this.#r.things.get(object)!;
      this.#enter(what);
      this.#size++;
      if (typeof object === "function") this.#function(object, made);
      else this.#object(object);
      this.#leave(what, 0);
    }
  }

  #name(length: number): number {
    return length <= 4 ? 1 : nameVariables(this.#layout, length);
  }

  #member(key: string, value: unknown): void {
    const index = isIndex(key);
    this.#size += index ? 1 : this.#name(key.length);
    this.#value(value, index);
  }

  #described(key: string, d: PropertyDescriptor | undefined): void {
    if (!d) return;
    if (!d.get && !d.set) return this.#member(key, d.value);
    this.#size += this.#name(key.length) + 1;
    for (const fn of [d.get, d.set]) {
      if (!fn) continue;
      this.#size++;
      this.#value(fn, false);
    }
  }

  #members(object: Foreign): void {
    if (this.#r.accessors)
      for (const key of Object.keys(object)) this.#described(key, Object.getOwnPropertyDescriptor(object, key));
    else {
      // quicker than Object.keys
      for (const key in object) if (Object.prototype.hasOwnProperty.call(object, key)) this.#member(key, object[key]);
    }
  }

  /** A value; `index`: it is an element, so that booleans take nothing. */
  #value(value: unknown, index: boolean): void {
    switch (typeof value) {
      case "undefined":
        return;
      case "number":
        if (!Number.isInteger(value) || value < -this.#layout.small || value >= this.#layout.small) this.#size++;
        return;
      case "boolean":
        if (!index) this.#size++;
        return;
      case "string":
        return this.#string(value);
      case "object":
        if (value === null) this.#size++;
        else this.#reach(value);
        return;
      case "function":
        return this.#reach(value);
      default:
        this.#size++;
    }
  }

  #string(text: string): void {
    const layout = this.#layout;
    if (text.length <= layout.first) {
      this.#size++;
      return;
    }
    if (this.#call && this.#texts.has(text)) return;
    this.#texts.add(text);
    const kind = this.#r.strings.get(text);
    if (kind === "flash") this.#size++;
    else if (kind) this.#memory(kind);
    else this.#size += stringVariables(layout, text.length);
  }

  #memory(memory: Memory): void {
    if (memory.seen === this.#number) return;
    memory.seen = this.#number;
    this.things.push(memory);
    // in a row, or yet to be placed
    memory.size =
      memory.row || (!memory.cells.length && wantsFlat(this.#layout, memory.length))
        ? flatVariables(this.#layout, memory.length)
        : stringVariables(this.#layout, memory.length);
  }

  // what there is of a value to be looked at, later
  #reach(value: object): void {
    const r = this.#r;
    if (typeof value === "function") {
      const made = r.made.get(value);
      if (made) {
        if (made.seen === this.#number) return;
        made.seen = this.#number;
        this.#todo.push(value);
        return;
      }
      if (!r.bound.has(value) && !r.builtins.has(value)) {
        // a function of the firmware is a variable wherever it is kept
        this.#size++;
        return;
      }
    }
    let what = r.things.get(value);
    if (what?.seen === this.#number) return;
    if (r.builtins.has(value)) return this.#builtin(value);
    if (!what) r.things.set(value, (what = thing()));
    what.seen = this.#number;
    this.#todo.push(value);
  }

  // what the firmware has takes a name in the global scope, and a variable
  #builtin(value: object): void {
    let what = this.#r.things.get(value);
    if (what?.seen === this.#number) return;
    if (!what) this.#r.things.set(value, (what = thing()));
    const outer = this.#enter(what);
    this.#size += this.#name(this.#r.builtins.get(value)!.name.length) + 1;
    this.#leave(what, outer);
  }

  #object(value: Foreign): void {
    if (ArrayBuffer.isView(value)) return this.#value(value.buffer, true);
    if (types.isAnyArrayBuffer(value)) return this.#memory(memoryOf(this.#r.memories, value));
    if (Array.isArray(value)) {
      let n = 0;
      for (let i = 0; i < value.length; i++) {
        const item: unknown = value[i];
        if (item === undefined && !(i in value)) continue;
        n++;
        this.#value(item, true);
      }
      this.#size += n;
      return;
    }
    if (this.#ofFirmware(value)) return;
    if (types.isDate(value)) {
      this.#size += this.#name(PROTO) + 2;
      return;
    }
    if (types.isNativeError(value)) {
      this.#size += this.#name(PROTO) + this.#name("message".length) + 1;
      this.#value(value.message, false);
    }
    if (types.isPromise(value)) this.#size += this.#name(PROTO) + this.#name("state".length);
    const proto: unknown = Object.getPrototypeOf(value);
    if (proto !== null && !this.#r.plain.has(proto)) {
      this.#size += this.#name(PROTO);
      this.#prototype(proto);
    }
    this.#members(value);
  }

  // What the emulated firmware keeps of a timer or a listener, as much as it is for an interpreter that runs elsewhere.
  #ofFirmware(value: Foreign): boolean {
    if (value.fn === undefined) return false;
    if (value.due !== undefined && value.id !== undefined) {
      this.#size += 3;
      this.#value(value.fn, true);
      this.#value(value.args, true);
      return true;
    }
    if (value.event === undefined) return false;
    this.#size--;
    this.#value(value.fn, true);
    return true;
  }

  // a function's prototype, once something is made by it
  #prototype(proto: Foreign): void {
    let what = this.#r.things.get(proto);
    if (what?.seen === this.#number) return;
    if (!what) this.#r.things.set(proto, (what = thing()));
    const outer = this.#enter(what);
    this.#size++;
    const fn: unknown = Object.getOwnPropertyDescriptor(proto, "constructor")?.value;
    if (typeof fn === "function" && fn.prototype === proto) {
      this.#size += this.#name(PROTOTYPE) + this.#name(CONSTRUCTOR);
      this.#value(fn, false);
    }
    const above: unknown = Object.getPrototypeOf(proto);
    if (above !== null && !this.#r.plain.has(above)) {
      this.#size += this.#name(PROTO);
      this.#prototype(above);
    }
    for (const key of Object.getOwnPropertyNames(proto))
      if (key !== "constructor") this.#described(key, Object.getOwnPropertyDescriptor(proto, key));
    this.#leave(what, outer);
  }

  #function(fn: Foreign, made: Made | undefined): void {
    const { bound, facts } = this.#r;
    const of = bound.get(fn);
    if (of) return this.#bound(of);
    if (!made) return;
    const fact = facts[made.facts]!;
    let code = fact;
    if (fact.methods) {
      this.#prototype(fn.prototype);
      const own = fact.methods.get("constructor");
      if (own !== undefined) code = facts[own]!;
    } else if (this.#r.prototypes && fn.prototype && Object.keys(fn.prototype).length) this.#prototype(fn.prototype);
    for (const name of code.params) this.#size += this.#name(name.length + 1);
    if (code === fact ? !fact.methods && !fact.empty : !code.empty) this.#size += 2;
    if (fact.methods || !fact.empty) this.#kept(made.outer);
    if (code.that) this.#size++;
    if (fact.name !== undefined) {
      this.#size++;
      this.#string(fact.name);
    }
    this.#members(fn);
    for (const key of fact.methods?.keys() ?? []) {
      const name = /^static (?:[gs]et )?(.*)$/.exec(key)?.[1];
      if (name !== undefined) this.#described(name, Object.getOwnPropertyDescriptor(fn, name));
    }
  }

  // it has the parameters and the code of the other function, and what is bound
  #bound(of: Bound): void {
    let { target } = of;
    for (let next = this.#r.bound.get(target); next; next = this.#r.bound.get(target)) ({ target } = next);
    const made = this.#r.made.get(target);
    const params = made ? this.#r.facts[made.facts]!.params : [];
    of.args.forEach((arg, i) => {
      this.#size += params[i] === undefined ? 1 : this.#name(params[i].length + 1);
      this.#value(arg, false);
    });
    this.#size++;
    this.#value(of.that, false);
    if (!made) return;
    for (const name of params.slice(of.args.length)) this.#size += this.#name(name.length + 1);
    // the list of scopes is the other's
    this.#size += made.outer ? 2 : 1;
    if (made.outer) this.#scope(made.outer);
  }

  // the scopes that a function keeps: one is referred to, of several it has a list
  #kept(scope: Scope | undefined): void {
    if (!scope) return;
    const n = scopesFrom(scope);
    this.#size += 1 + (n > 1 ? 1 + n : 0);
    this.#scope(scope);
  }

  #scope(scope: Scope): void {
    for (let s: Scope | undefined = scope; s && s.seen !== this.#number; s = s.outer) {
      const before = this.#enter(s);
      this.#size++;
      this.#variables(s);
      this.#leave(s, before);
    }
  }

  #variables(scope: Scope): void {
    const { read } = scope;
    const { names } = this.#r.facts[scope.facts]!;
    if (!read) return;
    for (let i = 0; i < names.length; i++) {
      let value: unknown;
      try {
        value = read(i);
      } catch {
        continue;
      }
      this.#size += this.#name(names[i]!.length);
      this.#value(value, false);
    }
  }
}

const isIndex = (key: string): boolean => {
  const first = key.charCodeAt(0);
  return first >= 48 && first <= 57 && /^(0|[1-9]\d{0,8})$/.test(key);
};

/** The memory of an array's buffer. */
export const memoryOf = (memories: WeakMap<object, Memory>, buffer: ArrayBufferLike): Memory => {
  let memory = memories.get(buffer);
  if (!memory) memories.set(buffer, (memory = { ...thing(), length: buffer.byteLength }));
  return memory;
};

/** How many scopes Espruino looks through from one. */
const scopesFrom = (scope: Scope): number => {
  let n = 0;
  for (let s: Scope | undefined = scope; s; s = s.outer) n++;
  return n;
};
