/**
 * A Bangle.js 2 that shows what the gateway says, and sends steps, heart rate and battery every five minutes. The heart
 * rate monitor is on for a minute before.
 *
 *     mote flash --board banglejs2 --port "Bangle.js 1a2b" --app examples/watch/app.ts
 */
import { create } from "e3x-mote";
import { ble } from "e3x-mote/ble";

const mote = create({
  radio: ble(),
  gateway: "anizsfsjvof6xx3gf5nz2vatfvta5cw3ji", // the key of examples/gateway.json: make your own with mote keys new
});
const PERIOD = 300000;
let bpm = 0;
let timer: number | undefined;

const show = (text: string) => {
  g.clear();
  g.setFont("12x20").setFontAlign(0, 0);
  const lines = g.wrapString(text, g.getWidth());
  for (let i = 0; i < lines.length; i++) {
    g.drawString(lines[i]!, g.getWidth() / 2, g.getHeight() / 2 + (i * 2 - lines.length + 1) * 11);
  }
  g.flip();
};
const report = () => {
  mote.send({ steps: Bangle.getStepCount(), bpm, battery: E.getBattery() });
  bpm = 0;
  Bangle.setHRMPower(false, "mote");
  setTimeout(() => Bangle.setHRMPower(true, "mote"), PERIOD - 60000);
};

Bangle.on("HRM", (heart: { bpm: number; confidence: number }) => {
  if (heart.confidence > 50) bpm = heart.bpm;
});
mote.on("up", () => {
  show("linked");
  if (!timer) {
    timer = setInterval(report, PERIOD);
    report();
  }
});
mote.on("message", (_, content) => {
  show(E.toString(content));
  Bangle.buzz();
});
show("e3x-mote");
