/**
 * A sensor in a field: an MDBT42Q with a LoRa module (SX1276) that reports soil moisture, temperature and battery every
 * ten minutes. In between everything sleeps: Espruino by itself, Bluetooth for good, the module because its power goes by
 * pin D7. The module is set up anew by the radio's driver whenever it has lost its settings. What the gateway has to say
 * is heard in the seconds after a report: a number is the new period, in minutes.
 *
 * Wiring: SCK D14, MISO D15, MOSI D16, NSS D4, DIO0 D5, NRESET D6, power (a high-side switch) D7; moisture at D31.
 *
 *     mote flash --board mdbt42q --port "MDBT42Q 1a2b" --app examples/field/app.ts
 */
import { create } from "e3x-mote";
import { sx127x } from "e3x-mote/sx127x";

const LISTEN = 8000;
let minutes = 10;
let timer: number | undefined;

digitalWrite(D7, true);
SPI1.setup({ sck: D14, miso: D15, mosi: D16, baud: 4000000 });
const mote = create({
  radio: sx127x({ spi: SPI1, cs: D4, dio0: D5, rst: D6, frequency: 868.1, spreading: 7 }),
  gateway: "anizsfsjvof6xx3gf5nz2vatfvta5cw3ji", // the key of examples/gateway.json: make your own with mote keys new
});

const report = () => {
  digitalWrite(D7, true);
  // the module takes 10 ms to wake up
  setTimeout(() => {
    mote.send({
      moisture: Math.round(analogRead(D31) * 100),
      temperature: E.getTemperature(),
      battery: E.getBattery(),
    });
    setTimeout(() => digitalWrite(D7, false), LISTEN);
  }, 20);
};

mote.on("up", () => {
  print("linked");
  if (!timer) {
    NRF.sleep();
    timer = setInterval(report, minutes * 60000);
    report();
  }
});
// the handshake needs the module for as long as it takes
mote.on("down", () => digitalWrite(D7, true));
mote.on("message", (_, content) => {
  const wanted = parseInt(E.toString(content));
  if (wanted > 0) {
    minutes = wanted;
    print("every " + minutes + " minutes");
    changeInterval(timer!, minutes * 60000);
  }
});
