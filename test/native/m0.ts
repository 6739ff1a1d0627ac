/** The Cortex-M0 of rp2040js with the native code in its flash. */
import { RP2040 } from "rp2040js";
import type { Machine } from "./machine.ts";

const FLASH = 0x10000000;
const RAM = 0x20000000;
const CODE = 0x1200;
const MEMORY = 0x100;
const STACK = 0x8000;
// what the operation returns to
const HOME = FLASH + 0x10000;
const UNTOUCHED = 0xa5;

/** What a run took beside: clocks of the RP2040, bytes of stack, what it left of them, and a hash of all addresses that it read, wrote or ran. */
export interface Trace {
  clocks: number;
  stack: number;
  left: Uint8Array;
  addresses: number;
}

export class M0 implements Machine {
  readonly name = "Cortex-M0 (rp2040js)";
  readonly core = "m0";
  readonly #code: Uint8Array;

  constructor(code: Uint8Array) {
    this.#code = code;
  }

  run(what: number, memory: Uint8Array, n: number): { result: number; memory: Uint8Array } {
    return this.trace(what, memory, n, CODE, false);
  }

  count(what: number, memory: Uint8Array, n: number): number {
    return this.trace(what, memory, n, CODE, false).instructions;
  }

  /** Runs the code from some place in flash. Throws where it does not return, or not as the ABI says. */
  trace(
    what: number,
    memory: Uint8Array,
    n: number,
    place = CODE,
    hashed = true,
  ): Trace & { result: number; memory: Uint8Array; instructions: number } {
    const chip = new RP2040();
    chip.flash.set(this.#code, place);
    chip.sram.fill(UNTOUCHED);
    chip.sram.set(memory, MEMORY);
    const core = chip.core;
    let addresses = 0;
    if (hashed)
      for (const name of [
        "readUint8",
        "readUint16",
        "readUint32",
        "writeUint8",
        "writeUint16",
        "writeUint32",
      ] as const) {
        const access = core[name].bind(core) as (address: number, value: number) => number;
        core[name] = (address: number, value?: number): never => {
          addresses = (Math.imul(addresses, 0x01000193) ^ address) >>> 0;
          return access(address, value!) as never;
        };
      }
    const kept = (i: number): number => 0x12340000 + i;
    for (let i = 3; i < 13; i++) core.registers[i] = kept(i);
    core.registers[0] = what;
    core.registers[1] = RAM + MEMORY;
    core.registers[2] = n;
    core.SP = RAM + STACK;
    core.LR = HOME | 1;
    core.PC = FLASH + place;
    let instructions = 0;
    let lowest = core.SP;
    while (core.PC !== HOME) {
      core.executeInstruction();
      lowest = Math.min(lowest, core.SP);
      if (++instructions > 2e7) throw new Error(`does not end, at ${core.PC.toString(16)}`);
    }
    for (let i = 4; i < 12; i++) if (core.registers[i] !== kept(i)) throw new Error(`r${i} is not kept`);
    if (core.SP !== RAM + STACK) throw new Error("the stack pointer is not kept");
    const outside = [
      ...chip.sram.subarray(0, MEMORY),
      ...chip.sram.subarray(MEMORY + memory.length, lowest - RAM),
      ...chip.sram.subarray(STACK),
    ];
    // what is wiped below the lowest stack pointer is nobody's
    if (outside.some((byte) => byte !== UNTOUCHED && byte !== 0))
      throw new Error("memory that it was not given was written");
    return {
      result: core.registers[0]!,
      memory: chip.sram.slice(MEMORY, MEMORY + memory.length),
      instructions,
      clocks: core.cycles,
      stack: RAM + STACK - lowest,
      left: chip.sram.slice(lowest - RAM, STACK),
      addresses,
    };
  }
}
