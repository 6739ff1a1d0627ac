/**
 * A Puck.js that is asked: it answers requests as a web server does, over a Bluetooth service of its own, and only its
 * gateway can read them. GET /temperature and /battery, GET /light and PUT /light with "on" or "off".
 *
 *     mote flash --board puckjs --port "Puck.js 1a2b" --app examples/requests/app.ts
 */
import { create } from "e3x-mote";
import { ble } from "e3x-mote/ble";
import { serve } from "e3x-mote/thtp";
import type { Response } from "e3x-mote/thtp";

const mote = create({
  radio: ble(),
  gateway: "anizsfsjvof6xx3gf5nz2vatfvta5cw3ji", // the key of examples/gateway.json: make your own with mote keys new
});
let light = false;

const answers: { [request: string]: (body: string) => Response } = {
  "GET /temperature": () => ({ body: E.getTemperature().toFixed(1) }),
  "GET /battery": () => ({
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ percent: E.getBattery() }),
  }),
  "GET /light": () => ({ body: light ? "on" : "off" }),
  "PUT /light": (body) => {
    if (body !== "on" && body !== "off") return { status: 400, reason: "on or off" };
    light = body === "on";
    digitalWrite(LED1, light);
    return { status: 204 };
  },
};

serve(mote, (asked, respond) => {
  // with its blank it is no name that objects have by themselves
  const answer = answers[asked.method + " " + asked.path];
  respond(answer ? answer(E.toString(asked.body)) : { status: 404 });
});
mote.on("up", () => print("linked"));
