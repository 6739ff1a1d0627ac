/** The standard channels' modules as boards have them, in Espruino's interpreter, over channels of the test's own. */
import { join } from "node:path";
import test from "ava";
import { cached } from "../../tools/build/cache.ts";
import { compile } from "../../tools/build/compile.ts";
import { packageRoot } from "../../tools/build/root.ts";
import { espruinoPath, runEspruino } from "../helpers/espruino.ts";

// A link to itself: what is opened is handled at once, and `run` carries what was sent. Reliable channels take three packets.
const WORLD = `
  const handlers = {};
  let queue = [];
  const ended = [];
  const make = (reliable) => {
    const one = {
      on: undefined, reliable: reliable, timeout: 30, waiting: 0, full: false, quota: () => 20,
      send: (json, body) => {
        if (one.said) throw new Error("ended");
        json = json || {};
        if (json.end) one.said = true;
        if (body && !(body instanceof Uint8Array)) throw new Error("no bytes");
        queue.push([one.other, json, body || new Uint8Array(0)]);
        one.full = reliable && ++one.waiting > 2;
        return !one.full;
      },
      fail: (reason) => { one.said = one.other.said = one.over = one.other.over = true; queue.push([one, reason], [one.other, reason]); },
      pause: () => {}, resume: () => {},
    };
    return one;
  };
  const opener = { quota: () => 64, channel: (open, body, on) => {
    const one = make(!!open.seq);
    const other = make(!!open.seq);
    one.other = other;
    other.other = one;
    one.on = on;
    queue.push([other, open, body || new Uint8Array(0), true]);
    return one;
  } };
  const taker = { handle: (type, handler) => { handlers[type] = handler; } };
  const run = () => {
    while (queue.length) {
      const all = queue;
      queue = [];
      for (const entry of all) {
        const to = entry[0];
        if (typeof entry[1] === "string") {
          if (to.on) to.on("close", entry[1], to);
          continue;
        }
        // as a link gives them: views
        const packet = { json: JSON.parse(JSON.stringify(entry[1])), body: new Uint8Array(entry[2].length + 3).fill(9) };
        packet.body.set(entry[2], 2);
        packet.body = packet.body.subarray(2, 2 + entry[2].length);
        if (entry[3]) handlers[packet.json.type](to, packet, "from");
        if (to.on) to.on("packet", packet, to);
        else print("refused", packet.json.type);
        const from = to.other;
        from.waiting--;
        if (from.full && from.waiting < 2) {
          from.full = false;
          if (from.on && !from.over) from.on("drain", undefined, from);
        }
      }
    }
  };
  const text = (bytes) => E.toString(bytes) || "";
`;

/** What an application says of the modules. */
const names =
  "stream streams write end request serve method path headers status reason blocks takeBlocks sock socks".split(" ");

const compiled = (input: string, lent: string[] = []): Promise<{ code: string }> =>
  cached([input, names, lent].join(), () =>
    compile({
      input: join(packageRoot, "src", input),
      output: "module.js",
      conditions: ["espruino"],
      role: "runtime",
      names,
      lent,
    }),
  );

async function program(kind: string, body: string): Promise<string[]> {
  const lob = await compiled("packet/lob.ts");
  const { code } = await compiled(`channel/${kind}.ts`, ["packet/lob.ts"]);
  return runEspruino(`
    Modules.addCached("e3x-mote", function () {${lob.code}});
    Modules.addCached("e3x-mote/${kind}", function () {${code}});
    (() => {
      const module$ = require("e3x-mote/${kind}");
      ${WORLD}
      ${body}
    })();`);
}

const device = espruinoPath() ? test : test.skip;

device("stream", async (t) => {
  t.deepEqual(
    await program(
      "stream",
      `
    let got = "";
    const log = (name) => (event, data) => {
      if (event === "data" && data instanceof Uint8Array) got += text(data);
      else print(name, event, data === undefined ? "" : data && data.body ? JSON.stringify(data.json) + text(data.body) : JSON.stringify(data));
    };
    module$.streams(taker, (stream, options, from) => {
      if (!options) return;
      print(JSON.stringify(options.json), text(options.body), from);
      stream.on = log("b");
      stream.write("answer");
    });
    const s = module$.stream(opener, { json: { name: "log" }, body: new Uint8Array([65]) }, log("a"));
    run();
    print(got);
    got = "";
    let long = "";
    for (let i = 0; i < 30; i++) long += "line " + i + "\\n";
    print(s.write(long), s.write(new Uint8Array([66])));
    run();
    print(got === long + "B");
    s.write({ a: [1, null, "x".repeat(50)] }, "json");
    s.write({ json: { key: "val" }, body: new Uint8Array([67]) }, "lob");
    s.write(new Uint8Array([68]), "binary");
    run();
    s.end(null, "json");
    run();
    try { s.write("x"); run(); } catch (e) { print(e.message); }
    const bad = module$.stream(opener, { json: { name: "bad" } }, log("c"));
    bad.channel.send({ enc: "json" }, new Uint8Array([123]));
    run();
    const odd = module$.stream(opener, { json: { name: "odd" } }, log("d"), 9);
    odd.channel.send({ enc: "zip" }, new Uint8Array([123]));
    run();
    module$.stream(opener, undefined, log("e"));
    opener.channel({ type: "stream", seq: 1 }, new Uint8Array([9, 9]));
    run();`,
    ),
    [
      '{"name":"log"} A from',
      "answer",
      "false false",
      "a drain ",
      "true",
      `b data {"a":[1,null,"${"x".repeat(50)}"]}`,
      "a drain ",
      'b data {"key":"val"}C',
      "b data null",
      "b end ",
      "ended",
      '{"name":"bad"}  from',
      'b close "enc"',
      'c close "enc"',
      '{"name":"odd"}  from',
      'b close "enc"',
      'd close "enc"',
      "refused stream",
      "refused stream",
    ],
  );
});

device("thtp", async (t) => {
  t.deepEqual(
    await program(
      "thtp",
      `
    const done = (error, response) => print(error, response && response.status, response && response.reason, response && JSON.stringify(response.headers), response && text(response.body));
    let later;
    module$.serve(taker, (request, respond, from) => {
      print(request.method, request.path, JSON.stringify(request.headers), request.body.length, from);
      if (request.path === "/later") later = respond;
      else if (request.path === "/t") respond({ body: "21.5" });
      else respond({ status: 201, reason: "Made", headers: { ETag: "1", N: 5 }, body: request.body });
    }, 300);
    module$.request(opener, { method: "GET", path: "/t" }, done);
    run();
    module$.request(opener, { method: "PUT", path: "/c", headers: { "Content-Type": "a/b" }, body: "x".repeat(100) }, done);
    run();
    module$.request(opener, { method: "PUT", path: "/c", body: "x".repeat(300) }, done);
    run();
    module$.request(opener, { method: "PUT", path: "/c", body: "x".repeat(200) }, done, 100);
    run();
    module$.request(opener, { method: "GET", path: "/later" }, done);
    run();
    later({ status: 204 });
    later({ status: 500 });
    run();
    for (const bytes of [[], [0], [9, 9], [0, 0], [0, 7, 123, 34, 97, 34, 58, 49, 125]]) opener.channel({ type: "thtp", seq: 1, end: true }, new Uint8Array(bytes), (event, data) => print(event, text(data.body)));
    run();
    module$.request(opener, { method: "GET", path: "/later" }, done).fail("timeout");
    run();
    later({});
    run();
    opener.channel({ type: "thtp", end: true }, new Uint8Array([0, 0]));
    run();`,
    ),
    [
      "GET /t {} 0 from",
      "undefined 200 undefined {} 21.5",
      'PUT /c {"content-type":"a/b"} 100 from',
      `undefined 201 Made {"etag":"1","n":"5"} ${"x".repeat(100)}`,
      "413 undefined undefined undefined undefined",
      "PUT /c {} 200 from",
      "too large undefined undefined undefined undefined",
      "GET /later {} 0 from",
      "undefined 204 undefined {} ",
      ...Array.from({ length: 5 }, () => 'packet \u0000\u000f{":status":400}'),
      "GET /later {} 0 from",
      "timeout undefined undefined undefined undefined",
      "refused thtp",
    ],
  );
});

device("block", async (t) => {
  t.deepEqual(
    await program(
      "block",
      `
    module$.takeBlocks(taker, (purpose, from) => {
      print(purpose && JSON.stringify(purpose.json), from);
      return purpose && ((block) => print(block ? block.length + " " + E.sum(block) : "over"));
    }, 3000);
    const b = module$.blocks(opener, { json: { name: "eth" } });
    run();
    for (const length of [0, 5, 1300, 2999, 3000, 3001]) {
      b.send(new Uint8Array(length).fill(1));
      run();
    }
    b.end();
    run();
    module$.blocks(opener).send(new Uint8Array(1));
    run();`,
    ),
    [
      '{"name":"eth"} from',
      "0 0",
      "5 5",
      "1300 1300",
      "2999 2999",
      "3000 3000",
      "undefined from",
      "refused block",
      "refused undefined",
    ],
  );
});

device("sock", async (t) => {
  t.deepEqual(
    await program(
      "sock",
      `
    const at = { ip: "192.0.2.1", port: 80 };
    const log = (name) => (event, data, sock, json) => print(name, event, data instanceof Uint8Array ? text(data) : data, json && JSON.stringify(json.src || json.dst || 0));
    module$.socks(taker, (sock, open, from) => {
      print(open.json.sock, open.json.dst && open.json.dst.ip, from);
      if (open.json.sock === "accept") return;
      sock.on = log("b");
      sock.write(new Uint8Array(0), open.json.sock === "bind" ? { dst: at } : {});
      if (!sock.channel.reliable) sock.write(E.toUint8Array("datagram"), { src: at });
    });
    const one = module$.sock(opener, { sock: "connect", dst: at }, log("a"));
    run();
    print(one.write(E.toUint8Array("0123456789".repeat(7))));
    run();
    one.end();
    run();
    const two = module$.sock(opener, { sock: "bind", src: { port: 0 } }, log("c"), true);
    run();
    two.write(E.toUint8Array("to"), { dst: at });
    run();
    module$.sock(opener, { sock: "accept", dst: at });
    run();`,
    ),
    [
      "connect 192.0.2.1 from",
      "a open undefined 0",
      "false",
      "b data 01234567890123456789 0",
      "b data 01234567890123456789 0",
      "a drain undefined undefined",
      "b data 01234567890123456789 0",
      "b data 0123456789 0",
      "b end undefined undefined",
      "bind undefined from",
      'c open undefined {"ip":"192.0.2.1","port":80}',
      'c data datagram {"ip":"192.0.2.1","port":80}',
      'b data to {"ip":"192.0.2.1","port":80}',
      "accept 192.0.2.1 from",
      "refused sock",
    ],
  );
});
