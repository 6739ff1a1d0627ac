// Errors of the library are told from all others by their class.
import test from "ava";
import { E3XError, errorTexts, fromBase32, lob } from "../../src/index.ts";

const caught = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

test("what the library throws is an E3XError with a code, its text and its own name", (t) => {
  for (const [work, code] of [
    [() => fromBase32("!"), "BASE32"],
    [() => lob.decode(new Uint8Array(1)), "PACKET_TOO_SHORT"],
  ] as const) {
    const error = caught(work) as E3XError;
    t.true(error instanceof E3XError && error instanceof Error);
    t.deepEqual([error.name, error.code, error.message, error.field], ["E3XError", code, errorTexts[code], undefined]);
  }
});

test("an error with a code of Node.js's is none", (t) => {
  t.false(Object.assign(new Error("no space left"), { code: "ENOSPC" }) instanceof E3XError);
});
