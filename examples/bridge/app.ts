/**
 * A serial bridge: an Espruino Pico between an instrument that prints a line for each reading (Serial2, 9,600 baud: A2 and
 * A3) and a gateway on Serial1 (115,200 baud: B6 and B7). Lines go to the gateway encrypted, what the gateway says goes
 * to the instrument. The port to the gateway answers every chunk, so that no buffer runs over (../gateway.ts has the other
 * side). The console stays on USB.
 *
 *     mote flash --board pico --port /dev/ttyACM0 --app examples/bridge/app.ts
 */
import { create } from "e3x-mote";
import { serial } from "e3x-mote/serial";

const mote = create({
  radio: serial({ port: Serial1, baud: 115200 }),
  gateway: "anizsfsjvof6xx3gf5nz2vatfvta5cw3ji", // the key of examples/gateway.json: make your own with mote keys new
});
/** Lines that wait for the gateway; of more the oldest go. */
const KEEP = 20;
const lines: string[] = [];
let linked = false;
let rest = "";
let retry: number | undefined;

const pass = () => {
  if (retry) clearTimeout(retry);
  retry = undefined;
  while (linked && lines.length) {
    try {
      mote.send(lines[0]!);
    } catch (_) {
      // too much waits for the port
      retry = setTimeout(pass, 500);
      return;
    }
    lines.shift();
  }
};

Serial2.setup(9600, { rx: A3, tx: A2 });
Serial2.on("data", (data: string) => {
  const parts = (rest + data).split("\n");
  rest = parts.pop()!.substr(0, 200);
  parts.forEach((line) => {
    if (line.trim()) lines.push(line.trim());
    if (lines.length > KEEP) lines.shift();
  });
  pass();
});
mote.on("up", () => {
  print("linked");
  linked = true;
  pass();
});
mote.on("down", () => {
  linked = false;
});
mote.on("message", (_, content) => Serial2.write(E.toString(content) + "\r\n"));
