// A reading every four seconds, by datagrams.
import { create } from "e3x-mote";
import { udp } from "e3x-mote/udp";

const config = require("Storage").readJSON("config");
const mote = create({ radio: udp({ host: "10.0.0.1", port: 42424 }), gateway: config.gateway });
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
