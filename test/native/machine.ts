/** A machine that runs the native code. */
export interface Machine {
  name: string;
  core: "m0" | "m4";
  /** Runs an operation as E.nativeCall would: what it returns, and the memory after it (see src/cipher/native.ts). */
  run(operation: number, memory: Uint8Array): { result: number; memory: Uint8Array };
  /** Instructions that the operation takes. */
  count(operation: number, memory: Uint8Array): number;
}

/** Memory for an operation: 64 bytes with what is put at 0 and 32, then the data. */
export function memoryOf(data: Uint8Array | number, first: Uint8Array = new Uint8Array(0), second: Uint8Array = new Uint8Array(0)): Uint8Array {
  const memory = new Uint8Array(64 + (typeof data === "number" ? data : data.length));
  memory.set(first);
  memory.set(second, 32);
  if (typeof data !== "number") memory.set(data, 64);
  return memory;
}
