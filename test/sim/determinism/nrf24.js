// A reading every four seconds, by an nRF24L01+.
import { create } from "e3x-mote";
import { nrf24 } from "e3x-mote/nrf24";
import { readings } from "./readings.js";

SPI1.setup({ sck: D14, miso: D15, mosi: D16 });
const config = require("Storage").readJSON("config");
const mote = create({ radio: nrf24({ spi: SPI1, cs: D4, ce: D5, irq: D6, rx: "mote1", tx: "gate1" }), gateway: config.gateway });
readings(mote);
