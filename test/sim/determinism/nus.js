// A reading every four seconds, by the Nordic UART.
import { create } from "e3x-mote";
import { nus } from "e3x-mote/nus";
import { readings } from "./readings.js";

const config = require("Storage").readJSON("config");
const mote = create({ radio: nus(), gateway: config.gateway });
readings(mote);
