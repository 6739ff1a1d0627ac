// Firmware as its authors write it, with the types that a board has: what is wrong here has to be refused.
import { create } from "e3x-mote";
import "e3x-mote/channels";
import { ble } from "e3x-mote/ble";
import { stream, streams } from "e3x-mote/stream";
import { request, serve } from "e3x-mote/thtp";
import { blocks } from "e3x-mote/block";
import { sock } from "e3x-mote/sock";
import { answer, ping } from "e3x-mote/path";
import { inbox } from "e3x-mote/box";

const mote = create({ radio: ble(), gateway: "anizsfsjvof6xx3gf5nz2vatfvta5cw3ji" });
// @ts-expect-error there is no such option
create({ radio: ble(), gateway: "", sliec: 1 });
// @ts-expect-error a gateway is needed
create({ radio: ble() });
// @ts-expect-error there is no such event
mote.on("mesage", () => {});
mote.on("message", (_, content) => print(E.toString(content)));
mote.on("up", () => {
  mote.send({ temperature: E.getTemperature() });
  // @ts-expect-error a number is no content
  mote.send(21);
  request(mote, { method: "GET", path: "/" }, (error, response) => print(error || response!.status));
  stream(mote).end("hello");
  blocks(mote).send(new Uint8Array(9));
  sock(mote, { sock: "connect", dst: { ip: "10.0.0.1", port: 1 } });
  ping(mote, getTime, (seconds) => print(seconds));
  inbox(mote, "0123456789abcdef", (message) => print(message.length));
});
serve(mote, (asked, respond) => respond({ body: asked.path }));
streams(mote, (one) => { one.on = (event) => print(event); });
answer(mote);
// @ts-expect-error what a gateway has, and a board has not
import { Endpoint } from "e3x-mote";
// @ts-expect-error no browser's names
document.title = "";
