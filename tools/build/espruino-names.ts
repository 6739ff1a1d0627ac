// What Espruino 2v29 offers by name. Checked against the interpreter by test/build/names.test.ts.

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Globals of the language and of every board. */
export const languageGlobals: string[] = words(`
  Array ArrayBuffer ArrayBufferView Boolean DataView Date E Error Float32Array Float64Array Function HIGH Infinity
  Int16Array Int32Array Int8Array InternalError JSON LOW Math Modules NaN Number Object OneWire Pin Promise
  ReferenceError RegExp Serial String SyntaxError TypeError Uint16Array Uint24Array Uint32Array Uint8Array
  Uint8ClampedArray Waveform analogRead analogWrite arguments atob btoa changeInterval clearInterval clearTimeout
  clearWatch console decodeURIComponent digitalPulse digitalRead digitalWrite dump echo edit encodeURIComponent eval
  getPinMode getSerial getTime global globalThis isFinite isNaN load parseFloat parseInt peek16 peek32 peek8 pinMode
  poke16 poke32 poke8 print process require reset save setBusyIndicator setInterval setSleepIndicator setTime
  setTimeout setWatch shiftOut trace I2C SPI Graphics Serial1 SPI1 I2C1 LoopbackA LoopbackB
`);

/** Globals of some boards only: radios, buttons, lights, pins. */
export const boardGlobals: string[] = words(`
  NRF Bluetooth Terminal g Puck Bangle Pixl Microbit Jolt compass acceleration show setDeepSleep
  USB Serial2 Serial3 Serial4 Serial5 Serial6 SPI2 SPI3 I2C2 I2C3 Wifi ESP32 ESP8266
  LED LED1 LED2 LED3 IR BTN BTN1 BTN2 BTN3 BTN4 BTNA BTNB FET CAPSENSE NFC LCD SDA SCL VIBRATE
  ${Array.from({ length: 32 }, (_, i) => `D${i}`).join(" ")}
  ${["A", "B", "C"].map((port) => Array.from({ length: 16 }, (_, i) => `${port}${i}`).join(" ")).join(" ")}
`);

/** Globals that a module has in addition. */
export const moduleGlobals: string[] = ["exports", "module"];

/** Globals of the language standard that Espruino lacks. */
export const missingGlobals: string[] = words(`
  AggregateError Atomics BigInt BigInt64Array BigUint64Array EvalError FinalizationRegistry Float16Array Intl Iterator
  Map Proxy RangeError Reflect Set SharedArrayBuffer Symbol URIError WeakMap WeakRef WeakSet decodeURI encodeURI escape
  unescape
`);

/** Globals of browsers and Node.js. */
export const hostGlobals: string[] = words(`
  AbortController Blob Buffer FormData Headers Request Response TextDecoder TextEncoder URL URLSearchParams WebSocket
  cancelAnimationFrame crypto document fetch localStorage navigator performance queueMicrotask requestAnimationFrame
  setImmediate structuredClone window
`);

/** Properties of the built-in objects and constructors. What is not here is not there. */
export const statics: Record<string, string[]> = {
  Array: words("isArray"),
  ArrayBuffer: [],
  DataView: [],
  Date: words("now parse"),
  Error: [],
  Float32Array: [],
  Float64Array: [],
  Function: [],
  Int16Array: [],
  Int32Array: [],
  Int8Array: [],
  JSON: words("parse stringify"),
  Math: words(`
    E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2 abs acos asin atan atan2 ceil clip cos exp floor log max min pow randInt
    random round sign sin sqrt tan wrap
  `),
  Modules: words("addCached getCached removeAllCached removeCached"),
  Number: words("MAX_VALUE MIN_VALUE NEGATIVE_INFINITY NaN POSITIVE_INFINITY"),
  Object: words(`
    assign create defineProperties defineProperty entries fromEntries getOwnPropertyDescriptor getOwnPropertyDescriptors
    getOwnPropertyNames getPrototypeOf keys setPrototypeOf values
  `),
  Promise: words("all reject resolve"),
  RegExp: [],
  String: words("fromCharCode"),
  Uint16Array: [],
  Uint32Array: [],
  Uint8Array: [],
  Uint8ClampedArray: [],
};

/** Words that are identifiers in JavaScript and reserved in Espruino. */
export const reservedIdentifiers: string[] = ["of", "static", "undefined"];

/** Words that Espruino's class bodies and getters do not take as a name, though JavaScript does. */
export const reservedWords: Set<string> = new Set(
  words(`
    if else do while for break continue function return var let const this throw try catch finally true false null
    undefined new in instanceof switch case default delete typeof void debugger class extends super static of
  `),
);

/** Modules that firmware has built in: `require` of them stays as it is. */
export const builtinModules: string[] = words("Flash Storage crypto dgram fs heatshrink net neopixel tensorflow timer");

/** Members of the language's objects, and of the board's that the runtime uses. */
export const members: string[] = words(`
  add all apply bind buffer byteLength byteOffset call catch charAt charCodeAt concat constructor emit endsWith every exec
  fill filter find findIndex forEach get getDate getFloat32 getFloat64 getInt16 getInt32 getInt8 getTime getUint16
  getUint32 getUint8 hasOwnProperty includes indexOf join lastIndexOf length map match message name on padEnd padStart pop
  prototype push reduce removeAllListeners removeListener repeat replace reverse set setFloat32 setFloat64 setInt16
  setInt32 setInt8 setUint16 setUint32 setUint8 shift slice some sort splice split stack startsWith subarray substr
  substring test then toFixed toLowerCase toString toUpperCase trim type unshift valueOf
  Bluetooth Serial1 USB connect createSocket edge force setConsole setup
  connectable getAdvertisingData indicate interval manufacturer maxLen onWrite onWriteDesc scannable setAdvertising
  setServices unsetup updateServices value whenConnected writable
  AES SHA256 convolve count data encrypt erase free getAddressOf hwRand mapInPlace memory mode nativeCall read readArrayBuffer readJSON toUint8Array write writeJSON
`).concat(...Object.values(statics));

/** Members of the protocol core (src/device/core.ts) beside: they keep their names in a build of it. */
export const coreMembers: string[] = words(`
  CurveJob step result
  Identity secret met meet open
  MessageExchange out in order remote ephemeral stage job done encrypt sent handshake accept
  messageBody decode encode split Joiner add
  Session seal wipe token channelKey pack unpack
  Link exchange receive work save content ahead channels handlers capacity runs z wake Pipe queue
`);

/** The name that an application requires; a radio's module is this, a slash, and the radio's kind. */
export const moduleName = "e3x-mote";
