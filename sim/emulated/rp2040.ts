// Espruino's own firmware for the Raspberry Pi Pico in npm's rp2040js, with the chip's boot ROM, which that package has not
// ($RP2040_BOOTROM; made of github.com/raspberrypi/pico-bootrom). The console is its USB port, the radio Serial1, at its
// speed in the chip's time, with the FIFO of 32 bytes. What the boot ROM does to flash is done here: a page or a sector is
// written whole, so a cut of power comes between two. Time is the chip's own; it passes as fast as this machine goes.

import { readFileSync } from "node:fs";
import { Simulator, USBCDC } from "rp2040js";
import { findBinary, missingBinary } from "./binaries.ts";
import type { Clock, Rig, RigKind } from "./rig.ts";
import { noTerminals, openTerminal, type Terminal } from "./terminal.ts";

const firmware = "espruino-rp2040";
const bootrom = "rp2040-bootrom";

const FLASH = 0x10000000;
/** Nanoseconds of a byte at 115,200 bit/s. */
const BYTE = 10e9 / 115200;
/** What rp2040js's USB takes at a time, and nanoseconds between two looks. */
const USB_ROOM = 512;
const USB_PACE = 1e6;

/** The image of a firmware file, a .bin as it is or a .uf2, from the beginning of flash. */
export function imageOf(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0, true) !== 0x0a324655) return file;
  const image = new Uint8Array(2 << 20).fill(0xff);
  let size = 0;
  for (let at = 0; at < file.length; at += 512) {
    const to = view.getUint32(at + 12, true) - FLASH;
    const length = view.getUint32(at + 16, true);
    image.set(file.subarray(at + 32, at + 32 + length), to);
    size = Math.max(size, to + length);
  }
  return image.subarray(0, size);
}

/** A boot ROM whose functions that change flash stop at a breakpoint, with its number, and return. */
export function patchedRom(rom: Uint8Array, numbers: { [code: string]: number }): Uint32Array {
  const copy = Uint8Array.from(rom);
  const view = new DataView(copy.buffer);
  for (let at = view.getUint16(0x14, true); view.getUint16(at, true); at += 4) {
    const number = numbers[String.fromCharCode(copy[at]!, copy[at + 1]!)];
    if (number === undefined) continue;
    const entry = view.getUint16(at + 2, true) & ~1;
    // bkpt #number; bx lr
    view.setUint16(entry, 0xbe00 | number, true);
    view.setUint16(entry + 2, 0x4770, true);
  }
  return new Uint32Array(copy.buffer);
}

const ERASE = 1;
const PROGRAM = 2;
const NOTHING = 3;
const functions = { RE: ERASE, RP: PROGRAM, IF: NOTHING, EX: NOTHING, FC: NOTHING, CX: NOTHING };

/** Time of the chip that is on; it stands still while none is. */
class ChipClock implements Clock {
  #before = 0;
  #chip: Simulator | undefined;
  #timers: { at: number; run: () => void }[] = [];
  #alarm: { schedule(nanos: number): void; cancel(): void } | undefined;

  now(): number {
    return this.#before + (this.#chip ? this.#chip.clock.nanos / 1e9 : 0);
  }

  after(seconds: number, run: () => void): () => void {
    const timer = { at: this.now() + seconds, run };
    this.#timers.push(timer);
    this.#timers.sort((a, b) => a.at - b.at);
    this.#arm();
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  turnOn(chip: Simulator): void {
    this.#chip = chip;
    this.#alarm = chip.clock.createAlarm(() => {
      this.#fire();
    });
    this.#arm();
  }

  turnOff(): void {
    this.#before = this.now();
    this.#chip = this.#alarm = undefined;
  }

  #arm(): void {
    const first = this.#timers[0];
    if (first) this.#alarm?.schedule(Math.max(0, first.at - this.now()) * 1e9);
  }

  #fire(): void {
    // a nanosecond is lost in fractions of seconds
    const now = this.now() + 1e-9;
    while (this.#timers[0] && this.#timers[0].at <= now) this.#timers.shift()!.run();
    this.#arm();
  }
}

class Rp2040Rig implements Rig {
  readonly title = "RP2040 in rp2040js";
  readonly board = "rp2040";
  readonly port = { name: "Serial1", setup: "{ tx: D0, rx: D1 }" };
  readonly not = {};
  readonly clock = new ChipClock();
  said = "";
  readonly #flash = new Uint8Array(2 << 20).fill(0xff);
  readonly #rom: Uint32Array;
  readonly #console: Terminal;
  #chip: Simulator | undefined;
  #heard: (bytes: Uint8Array) => void = () => undefined;
  #toUsb: number[] = [];
  // nanoseconds of the chip up to which the line to it is busy
  #line = 0;

  readonly radio = {
    write: (bytes: Uint8Array): void => {
      const chip = this.#chip;
      if (!chip) return;
      for (const byte of bytes) {
        this.#line = Math.max(this.#line, chip.clock.nanos) + BYTE;
        chip.clock
          .createAlarm(() => {
            chip.rp2040.uart[0]!.feedByte(byte);
          })
          .schedule(this.#line - chip.clock.nanos);
      }
    },
    listen: (heard: (bytes: Uint8Array) => void): void => {
      this.#heard = heard;
    },
  };

  constructor(image: Uint8Array, rom: Uint8Array, console: Terminal) {
    this.#flash.set(image);
    this.#rom = patchedRom(rom, functions);
    this.#console = console;
    console.listen((data) => {
      this.#toUsb.push(...data);
    });
  }

  get console(): string {
    return this.#console.path;
  }

  start(): Promise<void> {
    const chip = new Simulator();
    const { rp2040, clock } = chip;
    this.#chip = chip;
    this.said = "";
    this.#toUsb = [];
    this.#line = 0;
    rp2040.logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    rp2040.loadBootrom(this.#rom);
    rp2040.flash.set(this.#flash);
    rp2040.onBreak = (number) => {
      const [from, two, three] = rp2040.core.registers as unknown as [number, number, number];
      if (number === ERASE) rp2040.flash.fill(0xff, from, from + two);
      else if (number === PROGRAM)
        for (let i = 0; i < three; i++) rp2040.flash[from + i]! &= rp2040.readUint8((two + i) >>> 0);
      else if (number !== NOTHING) chip.stop();
    };
    // a reset by the watchdog: E.reboot()
    (rp2040.peripherals[0x40058] as unknown as { onWatchdogTrigger: () => void }).onWatchdogTrigger = () => {
      chip.stop();
      setImmediate(() => {
        void this.powerCut().then(() => this.start());
      });
    };
    // a Pico's pin that tells of power from USB
    rp2040.gpio[24]!.setInputValue(true);
    let outward = 0;
    rp2040.uart[0]!.onByte = (byte) => {
      outward = Math.max(outward, clock.nanos) + BYTE;
      clock
        .createAlarm(() => {
          this.#heard(Uint8Array.of(byte));
        })
        .schedule(outward - clock.nanos);
    };
    const usb = new USBCDC(rp2040.usbCtrl);
    usb.onSerialData = (data) => {
      this.said = (this.said + Buffer.from(data).toString("latin1")).slice(-20_000);
      this.#console.write(Uint8Array.from(data));
    };
    // an endpoint that is asked for bytes answers when it has some: rp2040js says at once that there are none, again and again
    const { usbCtrl } = rp2040;
    const read = usbCtrl.onEndpointRead!;
    let asked: (() => void) | undefined;
    usbCtrl.onEndpointRead = (endpoint, size) => {
      if (endpoint === 0 || !usb.txFIFO.empty) read(endpoint, size);
      else
        asked = () => {
          read(endpoint, size);
        };
    };
    const pump = clock.createAlarm(() => {
      while (this.#toUsb.length && usb.txFIFO.itemCount < USB_ROOM) usb.sendSerialByte(this.#toUsb.shift()!);
      const answer = usb.txFIFO.empty ? undefined : asked;
      if (answer) {
        asked = undefined;
        answer();
      }
      pump.schedule(USB_PACE);
    });
    pump.schedule(USB_PACE);
    rp2040.core.PC = FLASH;
    this.clock.turnOn(chip);
    chip.execute();
    return Promise.resolve();
  }

  powerCut(): Promise<void> {
    const chip = this.#chip;
    if (chip) {
      chip.stop();
      this.#flash.set(chip.rp2040.flash.subarray(0, this.#flash.length));
      this.clock.turnOff();
      this.#chip = undefined;
    }
    return Promise.resolve();
  }

  /** Clocks rather: the core takes one for most instructions. */
  instructions(seconds: number): number {
    return Math.round(seconds * 125e6);
  }

  async stop(): Promise<void> {
    await this.powerCut();
    await this.#console.close();
  }
}

export const rp2040Rig: RigKind = {
  name: firmware,
  missing: () =>
    [firmware, bootrom].filter((name) => findBinary(name) === undefined).map(missingBinary)[0] ?? noTerminals(),
  make: async () =>
    new Rp2040Rig(
      imageOf(readFileSync(findBinary(firmware)!)),
      readFileSync(findBinary(bootrom)!),
      await openTerminal(),
    ),
};
