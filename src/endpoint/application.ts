/** The functions of the application: they are called here only, and what they throw, or what is refused, is sorted here. */
import { E3XError } from "../e3x-error.ts";
import type { ErrorCode } from "../errors.ts";
import { wrong } from "./check.ts";
import type { Arrival, Events, Knock, Where } from "./events.ts";
import type { GatewayLink } from "./link.ts";
import type { Pipe } from "./pipe.ts";

/** How many errors of the application are kept for the end of a call, at most. */
const ERRORS = 16;

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";

/**
 * Calls the functions that the application gave an endpoint. What one of them throws is told by the event "error"; without a
 * handler for that it is thrown when all else is done, by the call of the endpoint in which it happened.
 */
export class Application {
  readonly events: Events;
  /** How many packets were refused, by code. */
  readonly drops: Partial<Record<ErrorCode, number>> = {};
  /** How many packets were refused in all: whether one was is seen by a comparison. */
  refused = 0;
  /** How the packet came that is just being taken. */
  arrival: Arrival | undefined;
  // what a function of the application threw, on its way through the library's code that called it
  private _thrown: { error: unknown; where: Where; link: GatewayLink | undefined } | undefined;
  // what the outermost call throws at its end, and how many calls are in each other
  private _errors: unknown[] = [];
  private _depth = 0;

  constructor(events: Events) {
    this.events = events;
  }

  /** Does the work of a call of the endpoint. Throws at the end what the application's functions threw and nobody was told of. */
  enter<T>(work: () => T): T | undefined {
    let result: T | undefined;
    this._depth++;
    try {
      result = work();
    } catch (error) {
      this.caught(error);
    }
    this._depth--;
    const errors = this._errors;
    if (this._depth || !errors.length) return result;
    this._errors = [];
    throw errors.length > 1 ? new AggregateError(errors, "functions of the application threw") : errors[0];
  }

  /** Calls a function whose answer decides how it goes on. What it throws is thrown on: `caught` recognises it. */
  ask<T>(where: Where, link: GatewayLink | undefined, ask: () => T): T {
    try {
      const answer = ask();
      if (!isPromise(answer)) return answer;
      answer.then(undefined, (error: unknown) => this.tell(error, where, link));
      throw where === "save"
        ? new E3XError("SAVE", { field: where })
        : wrong(where, "returned a promise, which is not waited for");
    } catch (error) {
      this._thrown = { error, where, link };
      throw error;
    }
  }

  /** Calls an event's handler, where there is one. Returns whether it took it: what it throws goes no further. */
  emit(where: Where, link: GatewayLink | undefined, handler: (() => unknown) | undefined): boolean {
    try {
      const done = handler?.();
      if (isPromise(done)) done.then(undefined, (error: unknown) => this.tell(error, where, link));
      return true;
    } catch (error) {
      this.tell(error, where, link);
      return false;
    }
  }

  /** Tells the application what one of its own functions threw. */
  tell(error: unknown, where: Where, link: GatewayLink | undefined): void {
    try {
      if (this.events.error) return this.events.error(error, where, link, this.arrival);
    } catch (another) {
      error = another;
    }
    if (this._errors.length < ERRORS) this._errors.push(error);
  }

  /** Sorts what was thrown: errors of this library are refusals, all others are told. */
  caught(error: unknown, link?: GatewayLink): void {
    const thrown = this._thrown;
    if (thrown && thrown.error === error) {
      this._thrown = undefined;
      this.tell(error, thrown.where, thrown.link ?? link);
    } else if (error instanceof E3XError) this.drop(error.code, link);
    else this.tell(error, "library", link);
  }

  /** Counts and tells that a packet was refused. */
  drop(code: ErrorCode, link?: GatewayLink): void {
    const { drop } = this.events;
    const { arrival } = this;
    this.drops[code] = (this.drops[code] ?? 0) + 1;
    this.refused++;
    this.emit("drop", link, drop && (() => drop(code, link, arrival)));
  }

  /** Tells that a stranger sent the packet that is just being taken. */
  knock(reason: Knock["reason"], pipe: Pipe, link?: GatewayLink): void {
    const { knock } = this.events;
    const arrival = this.arrival!;
    const who = link && { key: link.exchange.key, hashname: link.hashname };
    this.emit("knock", undefined, knock && (() => knock({ reason, pipe, ...who }, arrival)));
  }
}
