/** What runs on the {{title}}: sends a reading to the gateway every minute, and prints what the gateway says. */
import { create } from "e3x-mote";
import { {{kind}} } from "e3x-mote/{{kind}}";

const mote = create({
  radio: {{radio}},
  gateway: "{{key}}", // the public key in gateway.json
});
{{before}}const started = getTime();
let timer: number | undefined;

const report = () => mote.send({ temperature: E.getTemperature(), uptime: Math.round(getTime() - started) });

mote.on("ready", () => print("first boot: this board has an identity now"));
mote.on("up", () => {
  print("linked");
  report();
  if (!timer) timer = setInterval(report, 60000);
});
mote.on("message", (_, content) => print("gateway says " + E.toString(content)));
mote.on("drop", (_, code) => print("refused: error " + code));
