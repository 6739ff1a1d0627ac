// A reading every four seconds, by a serial port.
import { create } from "e3x-mote";
import { serial } from "e3x-mote/serial";
import { readings } from "./readings.js";

const config = require("Storage").readJSON("config");
const mote = create({ radio: serial({ port: Serial1, baud: 9600 }), gateway: config.gateway });
readings(mote);
