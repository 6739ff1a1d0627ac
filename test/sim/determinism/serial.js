// A reading every four seconds, by a serial port.
import { create } from "e3x-mote";
import { serial } from "e3x-mote/serial";

const config = require("Storage").readJSON("config");
const mote = create({ radio: serial({ port: Serial1, baud: 9600 }), gateway: config.gateway });
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
