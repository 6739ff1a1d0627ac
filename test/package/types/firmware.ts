// Firmware as its authors write it, with the types that a board has: what is wrong here has to be refused.
import { create } from "e3x-mote";
import type { Mote, Peer, Radio } from "e3x-mote";
import "e3x-mote/channels";
import { peer } from "e3x-mote/peer";
import { advertising } from "e3x-mote/advertising";
import { ble } from "e3x-mote/ble";
import { nrf24 } from "e3x-mote/nrf24";
import { nus } from "e3x-mote/nus";
import { serial } from "e3x-mote/serial";
import { sx127x } from "e3x-mote/sx127x";
import { tcp } from "e3x-mote/tcp";
import { udp } from "e3x-mote/udp";
import { stream, streams } from "e3x-mote/stream";
import { request, serve } from "e3x-mote/thtp";
import { blocks } from "e3x-mote/block";
import { sock } from "e3x-mote/sock";
import { answer, ping } from "e3x-mote/path";
import { inbox } from "e3x-mote/box";

const mote: Mote = create({ radio: ble(), gateway: "anizsfsjvof6xx3gf5nz2vatfvta5cw3ji" });
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
streams(mote, (one) => {
  one.on = (event) => print(event);
});
answer(mote);

// a link with another by way of the gateway
const other: Peer = peer(mote, "", "");
other.on("message", (from, content) => from.send(content));
// @ts-expect-error a peer has its identity from the beginning
other.on("ready", () => {});

// the radios
const radios: Radio[] = [
  advertising(),
  nus(),
  serial({ port: Serial1, baud: 9600 }),
  tcp({ host: "gateway", port: 1 }),
  udp({ host: "gateway", port: 1 }),
  nrf24({ spi: SPI1, cs: D1, ce: D2, irq: D3, rx: "mote1", tx: [1, 2, 3, 4, 5] }),
  sx127x({ spi: SPI1, cs: D1, dio0: D2, frequency: 868.1e6 }),
];
radios.push(Bluetooth);
// @ts-expect-error a port is no name
serial({ port: "Serial1" });
// @ts-expect-error nor a number in a string
udp({ host: "gateway", port: "1" });
// @ts-expect-error a chip has a pin that selects it
sx127x({ spi: SPI1, dio0: D2 });

// @ts-expect-error what a gateway has, and a board has not
import { Endpoint } from "e3x-mote";
// @ts-expect-error no browser's names
document.title = "";
