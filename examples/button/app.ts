/**
 * A Puck.js as a button and thermometer, over a Bluetooth service of its own: each press goes to the gateway at once, the
 * temperature every ten minutes. "red", "green" or "blue" from the gateway lights an LED for half a second.
 *
 *     mote flash --board puckjs --port "Puck.js 1a2b" --app examples/button/app.ts
 */
import { create } from "e3x-mote";
import { ble } from "e3x-mote/ble";

const mote = create({
  radio: ble(),
  gateway: "anizsfsjvof6xx3gf5nz2vatfvta5cw3ji", // the key of examples/gateway.json: make your own with mote keys new
});
const lights: { [colour: string]: Pin } = { red: LED1, green: LED2, blue: LED3 };
let presses = 0;
let timer: number | undefined;

const report = () => mote.send({ presses, temperature: E.getTemperature(), battery: E.getBattery() });

mote.on("up", () => {
  print("linked");
  report();
  if (!timer) timer = setInterval(report, 600000);
});
mote.on("message", (_, content) => {
  const light = lights[E.toString(content)];
  if (light) digitalPulse(light, true, 500);
});
setWatch(
  () => {
    presses++;
    // before the first link nothing can be sent; the presses until then are in the first report
    if (timer) report();
  },
  BTN,
  { edge: "rising", debounce: 50, repeat: true },
);
