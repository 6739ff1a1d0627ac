// A reading every four seconds, by a LoRa module.
import { create } from "e3x-mote";
import { sx127x } from "e3x-mote/sx127x";
import { readings } from "./readings.js";

SPI1.setup({ sck: D14, miso: D15, mosi: D16 });
const config = require("Storage").readJSON("config");
const mote = create({ radio: sx127x({ spi: SPI1, cs: D4, dio0: D5, rst: D6 }), gateway: config.gateway });
readings(mote);
