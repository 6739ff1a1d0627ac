// The radios that virtual devices have, by kind: what their hardware and its driver in the firmware do, as text in plain
// Espruino dialect (it runs in node:vm and in the real interpreter, as world, not as program). A text is one function
// expression. It is called once at boot with what the world offers it,
//   options: BootOptions.radioOptions           terminal: { device, forced } of the console; print(text), if there is
//                                                 one, gets what is printed
//   now(): ms, of the hardware while it acts on its own, of the program while that runs
//   send(string): a frame goes on the air       later(fn, ms) and cancel(id): timers of the hardware, which run whether
//   log(text, ...)                              the program is busy or not
//   post(size, that, fn, args): a callback of the program for something of `size` bytes, which waits in the
//     interpreter's event queue while the program is busy; returns the event, or undefined when the queue is full (the
//     event is lost, as on a board); `events` are those that wait, the oldest first; { size, args } of one may be changed
//   used(): bytes in that queue                 wait(ms): the program's call into the firmware takes so long
//   sync(): runs what of the hardware's timers has come due while the program was busy; before a call of the program looks
//     at what they change
//   call(that, fn, args): a callback of the program at once: for one that answers the program's own call
//   emitter(object): gives an object on(event, fn), removeListener, removeAllListeners and emit(event, one, two)
// installs its globals and modules, and returns
//   { frame(string): a frame came by the air, link(up, mtu): the link went away or came }

import type { Board } from "../../tools/build/index.ts";
import type { RadioKind } from "../types.ts";
import { advertisingText } from "./advertising.ts";
import { bleText } from "./ble.ts";
import { udpText } from "./udp.ts";
import { tcpText } from "./tcp.ts";
import { sx127xText } from "./sx127x.ts";
import { serialText } from "./serial.ts";
import { nrf24Text } from "./nrf24.ts";
import { nusText } from "./nus.ts";

/** Texts by kind. */
export const radioTexts: { [kind in RadioKind]?: string } = {
  ble: bleText,
  nus: nusText,
  advertising: advertisingText,
  serial: serialText,
  sx127x: sx127xText,
  nrf24: nrf24Text,
  udp: udpText,
  tcp: tcpText,
};

/** What of a board's port a radio's text has to know, as radioOptions. */
export function portOf(board: Pick<Board, "radios">, kind: string | undefined): { fifo?: number } {
  const fifo = board.radios.find((radio) => radio.kind === kind)?.fifo;
  return fifo === undefined ? {} : { fifo };
}
