/**
 * What an application finds on a board, for TypeScript: the built-ins of Espruino 2v29 that are used most, with their
 * types; everything else of E, NRF, Bangle and the like is there too, as `any`. @types/espruino does not serve: it is of
 * Espruino 1v95, without Storage, timers, E.toString, LEDs, buttons and Bangle.
 *
 * In an application's tsconfig.json: "types": ["e3x-mote/espruino"], "customConditions": ["espruino"], and a "lib" without "dom".
 */

/** A pin: D1, A0, BTN, LED1, or what `new Pin` gives. */
interface Pin {
  read(): boolean;
  write(value: boolean | number): void;
  set(): void;
  reset(): void;
  toggle(): boolean;
  pulse(value: boolean | number, ms: number | number[]): void;
  mode(mode?: PinMode): void;
}
type PinMode =
  | "analog"
  | "input"
  | "input_pullup"
  | "input_pulldown"
  | "output"
  | "opendrain"
  | "af_output"
  | "af_opendrain"
  | "auto";

// Which of them a board has is told on its page at espruino.com.
declare const LED: Pin, LED1: Pin, LED2: Pin, LED3: Pin, BTN: Pin, BTN1: Pin, BTN2: Pin, BTN3: Pin, BTN4: Pin;
declare const D0: Pin,
  D1: Pin,
  D2: Pin,
  D3: Pin,
  D4: Pin,
  D5: Pin,
  D6: Pin,
  D7: Pin,
  D8: Pin,
  D9: Pin,
  D10: Pin,
  D11: Pin,
  D12: Pin,
  D13: Pin,
  D14: Pin,
  D15: Pin,
  D16: Pin,
  D17: Pin,
  D18: Pin,
  D19: Pin,
  D20: Pin,
  D21: Pin,
  D22: Pin,
  D23: Pin,
  D24: Pin,
  D25: Pin,
  D26: Pin,
  D27: Pin,
  D28: Pin,
  D29: Pin,
  D30: Pin,
  D31: Pin;
declare const A0: Pin,
  A1: Pin,
  A2: Pin,
  A3: Pin,
  A4: Pin,
  A5: Pin,
  A6: Pin,
  A7: Pin,
  A8: Pin,
  A13: Pin,
  A14: Pin,
  A15: Pin;
declare const B0: Pin,
  B1: Pin,
  B2: Pin,
  B3: Pin,
  B4: Pin,
  B5: Pin,
  B6: Pin,
  B7: Pin,
  B8: Pin,
  B9: Pin,
  B10: Pin,
  B13: Pin,
  B14: Pin,
  B15: Pin;

declare function digitalRead(pin: Pin | Pin[]): number;
declare function digitalWrite(pin: Pin | Pin[], value: boolean | number): void;
declare function digitalPulse(pin: Pin, value: boolean | number, ms: number | number[]): void;
/** 0 to 1. */
declare function analogRead(pin: Pin): number;
declare function analogWrite(
  pin: Pin,
  value: number,
  options?: { freq?: number; soft?: boolean; forceSoft?: boolean },
): void;
declare function pinMode(pin: Pin, mode: PinMode, automatic?: boolean): void;
declare function setWatch(
  listener: (event: { state: boolean; time: number; lastTime: number; pin: Pin }) => void,
  pin: Pin,
  options?:
    boolean | { repeat?: boolean; edge?: "rising" | "falling" | "both" | 1 | -1 | 0; debounce?: number; irq?: boolean },
): number;
declare function clearWatch(id?: number): void;

declare function setTimeout(run: ((...args: any[]) => void) | string, ms: number, ...args: any[]): number;
declare function setInterval(run: ((...args: any[]) => void) | string, ms: number, ...args: any[]): number;
declare function clearTimeout(id?: number): void;
declare function clearInterval(id?: number): void;
declare function changeInterval(id: number, ms: number): void;
/** Seconds. */
declare function getTime(): number;
declare function setTime(seconds: number): void;
declare function setDeepSleep(sleep: boolean | number): void;
declare function setSleepIndicator(pin: Pin): void;
declare function load(file?: string): void;
declare function reset(clearFlash?: boolean): void;
declare function print(...values: any[]): void;
declare function btoa(binary: string): string;
declare function atob(base64: string): string;
declare const console: {
  log(...values: any[]): void;
  info(...values: any[]): void;
  warn(...values: any[]): void;
  error(...values: any[]): void;
};
declare const process: {
  env: { BOARD: string; VERSION: string; [name: string]: any };
  memory(gc?: boolean): { free: number; usage: number; total: number; [name: string]: any };
};
declare const global: any;

/** Listeners; the event's values follow. */
interface EspruinoEvents {
  on(event: string, listener: (...values: any[]) => void): void;
  removeListener(event: string, listener: (...values: any[]) => void): void;
  removeAllListeners(event?: string): void;
  emit(event: string, ...values: any[]): void;
}

/** A serial port, USB, or Bluetooth (Nordic UART): an event "data" has a string of 8-bit characters. */
interface Serial extends EspruinoEvents {
  setup(
    baud: number,
    options?: {
      rx?: Pin;
      tx?: Pin;
      ck?: Pin;
      cts?: Pin;
      bytesize?: number;
      parity?: "none" | "o" | "e" | "odd" | "even";
      stopbits?: number;
      flow?: "none" | "xon";
      path?: string;
      errors?: boolean;
    },
  ): void;
  setConsole(force?: boolean): void;
  write(...data: any[]): void;
  print(text: string): void;
  println(text: string): void;
  read(chars?: number): string;
  available(): number;
}
declare const Serial1: Serial,
  Serial2: Serial,
  Serial3: Serial,
  USB: Serial,
  Bluetooth: Serial,
  LoopbackA: Serial,
  LoopbackB: Serial,
  Terminal: Serial;

interface SPI {
  setup(options: {
    sck?: Pin;
    miso?: Pin;
    mosi?: Pin;
    baud?: number;
    mode?: 0 | 1 | 2 | 3;
    order?: "msb" | "lsb";
    bits?: number;
  }): void;
  send(data: any, select?: Pin): any;
  write(...data: any[]): void;
}
declare const SPI1: SPI, SPI2: SPI, SPI3: SPI;
declare const SPI: { new (): SPI };

interface I2C {
  setup(options: { scl?: Pin; sda?: Pin; bitrate?: number }): void;
  writeTo(address: number | { address: number; stop: boolean }, ...data: any[]): void;
  readFrom(address: number | { address: number; stop: boolean }, quantity: number): Uint8Array;
  readReg(address: number, register: number, quantity: number): Uint8Array;
}
declare const I2C1: I2C, I2C2: I2C;
declare const I2C: { new (): I2C };

declare const E: EspruinoEvents & {
  /** Degrees Celsius. */
  getTemperature(): number;
  /** Percent. */
  getBattery(): number;
  /** Volts. */
  getAnalogVRef(): number;
  /** A string of 8-bit characters. */
  toString(...data: any[]): string;
  toUint8Array(...data: any[]): Uint8Array;
  setConsole(device: Serial | string | null, options?: { force?: boolean }): void;
  hwRand(): number;
  CRC32(data: any): number;
  reboot(): void;
  showMessage(text: string, options?: string | { title?: string; img?: any }): void;
  [name: string]: any;
};
declare const NRF: EspruinoEvents & {
  setAdvertising(
    data: any,
    options?: {
      name?: string;
      interval?: number;
      showName?: boolean;
      discoverable?: boolean;
      connectable?: boolean;
      scannable?: boolean;
      manufacturer?: number;
      manufacturerData?: any;
      [name: string]: any;
    },
  ): void;
  setServices(data: any, options?: any): void;
  updateServices(data: any): void;
  getAddress(current?: boolean): string;
  setTxPower(dBm: number): void;
  sleep(): void;
  wake(): void;
  disconnect(): void;
  [name: string]: any;
};
/** Puck.js. */
declare const Puck: EspruinoEvents & {
  light(): number;
  mag(): { x: number; y: number; z: number };
  getTemperature(): number;
  [name: string]: any;
};
/** Bangle.js and Bangle.js 2. */
declare const Bangle: EspruinoEvents & {
  setHRMPower(on: boolean | number, app: string): boolean;
  isHRMOn(): boolean;
  getStepCount(): number;
  getHealthStatus(range?: "current" | "last" | "10min" | "day"): {
    movement: number;
    steps: number;
    bpm: number;
    bpmConfidence: number;
    [name: string]: any;
  };
  buzz(ms?: number, strength?: number): Promise<void>;
  setLCDPower(on: boolean | number): void;
  setUI(mode?: any, callback?: any): void;
  loadWidgets(): void;
  drawWidgets(): void;
  [name: string]: any;
};
interface Graphics {
  clear(reset?: boolean): Graphics;
  reset(): Graphics;
  setColor(...color: any[]): Graphics;
  setBgColor(...color: any[]): Graphics;
  setFont(name?: string, size?: number): Graphics;
  setFontAlign(x: -1 | 0 | 1, y: -1 | 0 | 1, rotation?: number): Graphics;
  drawString(text: string, x: number, y: number, solid?: boolean): Graphics;
  wrapString(text: string, width: number): string[];
  fillRect(...rect: any[]): Graphics;
  drawLine(x1: number, y1: number, x2: number, y2: number): Graphics;
  getWidth(): number;
  getHeight(): number;
  flip(all?: boolean): void;
  [name: string]: any;
}
/** The screen, where there is one. */
declare const g: Graphics;

interface Storage {
  read(name: string, offset?: number, length?: number): string | undefined;
  readArrayBuffer(name: string): ArrayBuffer | undefined;
  readJSON(name: string, noExceptions?: boolean): any;
  write(name: string, data: any, offset?: number, size?: number): boolean;
  writeJSON(name: string, data: any): boolean;
  erase(name: string): void;
  list(filter?: RegExp, options?: { sf: boolean }): string[];
  getFree(): number;
  compact(): void;
  [name: string]: any;
}
declare function require(name: "Storage"): Storage;
declare function require(name: string): any;
