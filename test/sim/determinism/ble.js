// A reading every four seconds, by a Bluetooth service of its own.
import { create } from "e3x-mote";
import { ble } from "e3x-mote/ble";
import { readings } from "./readings.js";

const config = require("Storage").readJSON("config");
const mote = create({ radio: ble(), gateway: config.gateway });
readings(mote);
