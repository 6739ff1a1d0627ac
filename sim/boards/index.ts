// What virtual boards have beside radio, Storage and timers: buttons, LEDs, sensors, screens, as text in plain Espruino
// dialect (it runs in node:vm and in the real interpreter, as world, not as program). A text is one function expression.
// It is called once at boot, before the radio's, with what the world offers it,
//   happens: BootOptions.happens, a list of { at: ms, ... }; each board's file says what may be in it
//   later(fn, ms): a timer of the hardware       post(size, that, fn, args): a callback of the program, once it is idle
//   emitter(object), makeStream(name): an object with on(event, fn) ..., a serial port without speed
//   log(text, ...): a line of the device's log
// and installs its globals. What an application does to the board shows in the log: "LED1 on", "screen: text", "buzz".

import { banglejs2Text } from "./banglejs2.ts";
import { buttonsText } from "./buttons.ts";
import { nrf52Text } from "./nrf52.ts";
import { picoText } from "./pico.ts";
import { puckjsText } from "./puckjs.ts";
import { wifiText } from "./wifi.ts";

/** Texts by the board's name. */
export const boardTexts: { [board: string]: string } = {
  banglejs2: banglejs2Text,
  esp32: wifiText,
  esp32c3: wifiText,
  esp32s3: wifiText,
  esp8266: wifiText,
  espruinowifi: buttonsText(""),
  joltjs: nrf52Text,
  mdbt42q: nrf52Text,
  microbit2: nrf52Text,
  nrf52840dk: nrf52Text,
  pico: picoText,
  pixljs: nrf52Text,
  puckjs: puckjsText,
  rp2040: buttonsText(""),
  ruuvitag: nrf52Text,
  thingy52: nrf52Text,
  xiaoble: nrf52Text,
};
