// A gateway as its users write it, with the types that the package has: what is wrong here has to be refused.
import type { Channel, EndpointOptions, ErrorCode, Json, Knock, Link, State } from "e3x-mote";
import {
  Boxes,
  E3XError,
  Endpoint,
  Exchange,
  Peers,
  Pipe,
  Router,
  Self,
  errorCode,
  generate,
  hashname,
  keysFromFile,
  linkInfo,
  lob,
  toUri,
} from "e3x-mote";
import { channels } from "e3x-mote/channels";
import { blocks, takeBlocks } from "e3x-mote/block";
import { boxes, inbox, outbox } from "e3x-mote/box";
import { Driver, ask, duplex, httpHandler, serial, stateFile, tcp, tcpServer, udp } from "e3x-mote/node";
import type { Radio, Transport } from "e3x-mote/node";
import { answer, ping } from "e3x-mote/path";
import { sock, socks } from "e3x-mote/sock";
import { stream, streams } from "e3x-mote/stream";
import { request, serve } from "e3x-mote/thtp";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <Claim extends true>(claim?: Claim): void => void claim;

const random = (count: number): Uint8Array => new Uint8Array(count);
const pairs = keysFromFile("");

// what an endpoint is given
const options: EndpointOptions = {
  pairs,
  random,
  events: {
    message(link, data, packet, arrival) {
      holds<Same<typeof link, Link>>();
      holds<Same<typeof data, Uint8Array>>();
      holds<Same<typeof packet.json, Json | undefined>>();
      const frames: number = arrival.frames;
      return void frames;
    },
    knock: (knock) => holds<Same<typeof knock, Knock>>(),
    drop: (code) => {
      if (code === "BUSY") return;
      // @ts-expect-error there is no such code
      if (code === "BUZY") return;
    },
  },
  accept: (key) => hashname({ "1a": key }) === "",
  save: (id, state) => {
    if (state) id.at(state.messages[0]);
  },
};
const endpoint = new Endpoint(options);
// @ts-expect-error a save that is async is not waited for
options.save = async (id, state) => {
  await Promise.resolve([id, state]);
};
// @ts-expect-error neither is one that returns a promise
options.save = () => Promise.resolve();
// @ts-expect-error who may link is told at once
options.accept = async () => true;
// @ts-expect-error there is no such option
void new Endpoint({ pairs, random, events: {}, pear: 1 });
// @ts-expect-error nor such an event
void new Endpoint({ pairs, random, events: { mesage() {} } });
// @ts-expect-error keys are needed
void new Endpoint({ random, events: {} });
const state: State = endpoint.state;
void new Endpoint({ pairs: generate(random), random, events: {}, state });

// links and pipes
const link = endpoint.find("");
// @ts-expect-error it may not be found
link.send("hello");
const known = endpoint.link(pairs["1a"]!.key);
known.send({ temperature: 21 });
// @ts-expect-error a number is no content
known.send(21);
const pipe = new Pipe({ mtu: 20 });
// @ts-expect-error a pipe says how much its radio takes
void new Pipe({});
known.connect(pipe);
pipe.mtu = 100;
endpoint.receive(pipe, new DataView(new ArrayBuffer(1)), 0, { rssi: -70 });
try {
  endpoint.poll(0);
} catch (error) {
  if (error instanceof E3XError) error.code.toLowerCase();
}

// the driver and its transports
const driver = new Driver({ pairs, events: {}, ...stateFile("state.json"), commit: async () => {} });
driver.on("error", (error, where) => [error.message, where.length]);
// @ts-expect-error there is no such event
driver.on("errors", () => {});
await driver.listen(udp({ port: 42424 }));
await driver.listen(tcpServer({ port: 1 }));
// @ts-expect-error a port is a number
void udp({ port: "42424" });
driver.attach(serial({ path: "/dev/ttyACM0" }));
driver.attach(tcp({ host: "localhost", port: 1 }));
const transport: Transport | Radio = serial({ path: "/dev/ttyACM0" });
// @ts-expect-error a listener has no frames of its own
driver.attach(tcpServer({ port: 1 }));
void transport;

// channels, by the same names as on a device
holds<Same<typeof channels, true>>();
const opened = stream(known, { json: { name: "log" } });
holds<Same<typeof opened.channel, Channel>>();
opened.write("text");
opened.on = (event, data) => {
  // @ts-expect-error there is no such event
  if (event === "finish") return data;
};
streams(endpoint, (one, _packet, from) => {
  holds<Same<typeof from, Link>>();
  duplex(one);
});
// @ts-expect-error what opens a channel is a link, not the whole endpoint
stream(endpoint);
request(known, { method: "GET", path: "/" }, (error, response) => {
  if (!error) response!.body.at(0);
});
serve(endpoint, (asked, respond) => respond({ status: 200, body: asked.path }));
// @ts-expect-error a status is a number
serve(endpoint, (_, respond) => respond({ status: "200" }));
blocks(known).send(new Uint8Array(1));
takeBlocks(endpoint, () => (block) => void block?.length);
inbox(known, "", (message) => message.length);
outbox(known, "", [new Uint8Array(1)]);
boxes(endpoint, (message, from) => [message.length, from.id]);
ping(
  known,
  () => 0,
  (seconds) => seconds?.toFixed(),
);
answer(endpoint);
sock(known, { sock: "connect", dst: { ip: "10.0.0.1", port: 1 } });
socks(endpoint, (one) => {
  one.on = () => {};
});
const { status } = await ask(known, { method: "GET", path: "/" });
holds<Same<typeof status, number>>();
void httpHandler;

// services of an endpoint: who may use them is decided by the application
new Router(endpoint, { allow: (from, to, uri) => from.id !== to.id && uri === undefined });
// @ts-expect-error a router that passes on for everybody has to say so
new Router(endpoint, {});
new Boxes(endpoint, { allow: (from, to) => from.hashname === to }).put("", new Uint8Array(1));
// @ts-expect-error who may is told at once
new Boxes(endpoint, { allow: async () => true });
known.connect(new Peers(endpoint).pipe(known, ""));

// the protocol without an endpoint
holds<Same<ReturnType<typeof errorCode>, ErrorCode | undefined>>();
const self = new Self(pairs, random);
const exchange = new Exchange(self, self.key);
const packet = exchange.receive(exchange.send(lob.encode({ type: "hello" }, new Uint8Array(1))));
holds<Same<typeof packet.body, Uint8Array>>();
// @ts-expect-error only a handshake has a time
exchange.send(lob.encode({}), 1);
const info = linkInfo("link://");
// @ts-expect-error link info without its hashname has to be asked for its keys
hashname(info.hashname);
const uri: string = toUri(info, { host: "gateway", port: 1 });
void uri;
