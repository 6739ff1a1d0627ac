// A reading every four seconds, in advertisements: nobody answers, and there is no handshake.
import { create } from "e3x-mote";
import { advertising } from "e3x-mote/advertising";

const config = require("Storage").readJSON("config");
const mote = create({ radio: advertising({ repeat: 2 }), gateway: config.gateway });
let sent = 0;

setInterval(() => {
  sent++;
  try {
    mote.send({ sent: sent, temperature: E.getTemperature() });
  } catch (_) {
    // the last one is still in the air
    print("busy");
  }
}, 4000);
