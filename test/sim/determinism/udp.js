// A reading every four seconds, by datagrams.
import { create } from "e3x-mote";
import { udp } from "e3x-mote/udp";
import { readings } from "./readings.js";

const config = require("Storage").readJSON("config");
const mote = create({ radio: udp({ host: "10.0.0.1", port: 42424 }), gateway: config.gateway });
readings(mote);
