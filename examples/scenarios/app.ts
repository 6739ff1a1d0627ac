/**
 * A Puck.js that tells its temperature every twenty seconds, and each press of its button, for the scenarios beside it. Whose
 * it is says the file "config" in its Storage: {"gateway": "<public key in base32>"}, as `mote sim scenario` writes it.
 */
import { create } from "e3x-mote";
import { ble } from "e3x-mote/ble";

const config = require("Storage").readJSON("config");
const mote = create({ radio: ble(), gateway: config.gateway });
let timer: number | undefined;
let n = 0;

const report = (pressed: boolean) => mote.send({ n: n++, temperature: E.getTemperature(), pressed });

mote.on("up", () => {
  print("linked");
  timer ??= setInterval(() => report(false), 20000);
});
setWatch(() => timer && report(true), BTN, { edge: "rising", debounce: 50, repeat: true });
