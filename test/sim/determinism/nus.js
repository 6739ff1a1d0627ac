// A reading every four seconds, by the Nordic UART.
import { create } from "e3x-mote";
import { nus } from "e3x-mote/nus";

const config = require("Storage").readJSON("config");
const mote = create({ radio: nus(), gateway: config.gateway });
let sent = 0;
let timer;

mote.on("up", () => {
  print("linked");
  if (!timer) timer = setInterval(() => {
    sent++;
    mote.send({ sent: sent, temperature: E.getTemperature() });
  }, 4000);
});
mote.on("down", () => print("down"));
mote.on("message", (_, content) => print("gateway says", E.toString(content)));
