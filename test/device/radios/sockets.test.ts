// The adapters of Wi-Fi boards over real sockets: the interpreter's own dgram and net (its Linux build), which the boards
// share, against Node's, by the loopback interface.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createSocket, type RemoteInfo } from "node:dgram";
import { on, once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { loadBoard, measureBoard } from "../../../tools/build/index.ts";
import { seedFile } from "../../../tools/flash/seed.ts";
import { Endpoint, generate, toBase32 } from "../../../src/index.ts";
import { espruinoPath } from "../../helpers/espruino.ts";
import { radioModule } from "./helpers.ts";
import { listenTcp, listenUdp } from "./listeners.ts";

const real = espruinoPath() === undefined ? test.skip : test;
const all = Buffer.from(Array.from({ length: 250 }, (_, i) => (i * 7) & 255));

/** Runs a program in the interpreter, in a folder of its own; returns what ends it. */
function run(program: string): () => void {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  writeFileSync(join(folder, "app.js"), program);
  const child = spawn(espruinoPath()!, ["app.js"], { cwd: folder, stdio: ["pipe", "ignore", "ignore"] });
  return () => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  };
}

/** Starts an application that writes 250 bytes when the radio opens, and sends back what comes; returns what ends it. */
async function start(kind: "udp" | "tcp", port: number): Promise<() => void> {
  return run(`
    Modules.addCached("e3x-mote/${kind}", function () {${await radioModule(kind)}});
    const radio = require("e3x-mote/${kind}").${kind}({ host: "127.0.0.1", port: ${port} });
    const queue = [];
    const flush = function () { while (queue.length && radio.write(queue[0]) !== false) queue.shift(); };
    radio.on("open", function () {
      const all = new Uint8Array(250);
      for (let i = 0; i < 250; i++) all[i] = i * 7;
      queue.push(all);
      flush();
    });
    radio.on("drain", flush);
    radio.on("data", function (data) {
      queue.push(E.toUint8Array(data));
      flush();
    });
  `);
}

real("udp: datagrams to and from a Node socket", async (t) => {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const messages = on(socket, "message");
  const next = async (): Promise<[Buffer, RemoteInfo]> => (await messages.next()).value;
  const end = await start("udp", socket.address().port);
  try {
    const [first, from] = await next();
    t.deepEqual(first, all);
    for (const length of [1, 32, 250]) {
      socket.send(all.subarray(0, length), from.port, from.address);
      t.deepEqual((await next())[0], all.subarray(0, length));
    }
    // an empty datagram ends the socket of the firmware: another comes after 5 s
    socket.send(Buffer.alloc(0), from.port, from.address);
    const [again, other] = await next();
    t.deepEqual(again, all);
    t.not(other.port, from.port);
    socket.send(all, other.port, other.address);
    t.deepEqual((await next())[0], all);
  } finally {
    end();
    socket.close();
  }
});

real("tcp: a connection to a Node server, which ends it, and the next", async (t) => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const connections = on(server, "connection");
  const end = await start("tcp", (server.address() as AddressInfo).port);
  const sockets: Socket[] = [];
  try {
    for (let i = 0; i < 2; i++) {
      const socket = (await connections.next()).value[0] as Socket;
      sockets.push(socket);
      const data = on(socket, "data");
      let received = Buffer.alloc(0);
      const read = async (length: number): Promise<Buffer> => {
        while (received.length < length) received = Buffer.concat([received, (await data.next()).value[0]]);
        const bytes = received.subarray(0, length);
        received = received.subarray(length);
        return bytes;
      };
      t.deepEqual(await read(250), all);
      for (const length of [1, 100, 250]) {
        socket.write(all.subarray(0, length));
        t.deepEqual(await read(length), all.subarray(0, length));
      }
      // three frames' worth at once come in pieces, and all of them
      socket.write(Buffer.concat([all, all, all]));
      t.deepEqual(await read(750), Buffer.concat([all, all, all]));
      socket.destroy();
    }
  } finally {
    end();
    sockets.forEach((socket) => socket.destroy());
    server.close();
  }
});

for (const [kind, listen] of [
  ["udp", listenUdp],
  ["tcp", listenTcp],
] as const) {
  real(`${kind}: a bundle as it is flashed pairs with a gateway, and both send`, async (t) => {
    let tell: (content: string) => void = () => {};
    const random = (n: number): Uint8Array => Uint8Array.from(randomBytes(n));
    const endpoint: Endpoint = new Endpoint({
      pairs: generate(random),
      random,
      accept: () => true,
      events: { message: (_, data) => tell(Buffer.from(data).toString()) },
    });
    const message = (): Promise<string> =>
      new Promise((resolve) => {
        tell = resolve;
      });
    const gateway = await listen(endpoint);
    const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
    writeFileSync(
      join(folder, "app.js"),
      `
      import { create } from "e3x-mote";
      import { ${kind} } from "e3x-mote/${kind}";
      const mote = create({ radio: ${kind}({ host: "127.0.0.1", port: ${gateway.port} }), gateway: "${toBase32(endpoint.identity.key)}" });
      mote.on("up", () => mote.send("reading " + "x".repeat(600)));
      mote.on("message", (_, data) => mote.send(data));
    `,
    );
    const { files } = await measureBoard(loadBoard("linux"), { app: join(folder, "app.js") });
    rmSync(folder, { recursive: true });
    const { name, bytes } = seedFile();
    const end = run(
      `require("Storage").write("${name}", E.toUint8Array(atob("${Buffer.from(bytes).toString("base64")}")));\n${files["bundle.js"]}`,
    );
    try {
      t.is(await message(), `reading ${"x".repeat(600)}`);
      const answer = message();
      endpoint.links[0]!.send("question");
      gateway.flush();
      t.is(await answer, "question");
    } finally {
      end();
      gateway.close();
    }
  });
}

if (espruinoPath() === undefined)
  test("without the interpreter", (t) => {
    t.log("skipped: no espruino-linux found");
    t.pass();
  });
