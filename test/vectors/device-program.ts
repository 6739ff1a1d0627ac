/**
 * The program that checks a bundle on a device: plain Espruino dialect. It does one of the operations in OPERATIONS a
 * timer, and logs its number and result. What it calls is what src/device/index.ts exports.
 */
export const deviceProgram = String.raw`
const mote = require("e3x-mote");
const bytes = function (hex) {
  const all = new Uint8Array(hex.length / 2);
  for (let i = 0; i < all.length; i++) all[i] = parseInt(hex.substr(2 * i, 2), 16);
  return all;
};
const hex = function (all) {
  let text = "";
  for (let i = 0; i < all.length; i++) text += (256 + all[i]).toString(16).substr(1);
  return text;
};
const finish = function (job) {
  while (job.step());
  return job.result;
};
const exchange = function (secret, key, peer, random) {
  let next = 0;
  const x = new mote.MessageExchange({ key: bytes(key), secret: bytes(secret), random: function () { return bytes(random[next++]); } }, bytes(peer), 0, 0);
  return x;
};
const stage = function (x, to) {
  while (x.stage() < to) x.done(finish(x.job()));
  return x;
};
const opened = function (x, secret, body) {
  if (!x.sent(body)) return undefined;
  if (!x.met(body)) x.meet(body, finish(new mote.CurveJob(bytes(secret), new Uint8Array(body.subarray(0, 21)))));
  return x.open(body);
};
const code = function (e) {
  return e.code === undefined ? "!(untyped) " + e : "!" + e.code;
};
const attempt = function (work) {
  try { return work(); } catch (e) { return code(e); }
};
const ANY = ["5555555555555555555555555555555555555555", "00000000"];
// a message's ephemeral secret as a source of entropy gives it
const secretOf = function (text) {
  return text.length === 42 && text.substr(0, 2) === "00" ? text.substr(2) : text;
};
// the session of an exchange with this ephemeral secret, by the KEY of the other's handshake; "checked" takes all of that
const session = function (a, iv, checked) {
  const secret = bytes(secretOf(a[3]));
  const remote = mote.messageBody(bytes(a[5])).subarray(0, 21);
  if (checked) {
    const x = stage(exchange(a[1], a[2], a[4], [secretOf(a[3]), "00000000"]), 3);
    if (a[6]) x.handshake(a[6]);
    const result = sync(x, a[1], a[5]);
    if (result[0] === "!" || hex(x.remote) !== hex(remote)) throw new Error(result);
  }
  return new mote.Session(finish(new mote.CurveJob(secret)), remote, finish(new mote.CurveJob(secret, remote)), bytes(iv), 16);
};
const taken = function (own, outer) {
  const packet = mote.unpack(0, own.open(outer));
  return hex(mote.encode(packet.head, packet.body));
};
const sync = function (x, secret, outer) {
  const body = mote.messageBody(bytes(outer));
  const inner = opened(x, secret, body);
  if (!inner) return "!MAC";
  const before = x.in;
  const renewed = x.accept(mote.decode(inner), body.subarray(0, 21));
  const accepted = x.in > before;
  const answer = x.out !== x.in;
  const at = accepted ? x.in : x.out;
  if (answer) x.handshake(at);
  return (accepted ? "accepted" : "not accepted") + ", " + (answer ? "answer " + at : "no answer") + ", " + (renewed ? "new" : "same") + " session";
};
const operations = {
  public: function (a) { return hex(finish(new mote.CurveJob(bytes(a[1])))); },
  shared: function (a) { return hex(finish(new mote.CurveJob(bytes(a[1]), bytes(a[2])))); },
  split: function (a) { return mote.split(bytes(a[2]), a[1]).map(hex).join(" "); },
  splitStream: function (a) { return mote.split(bytes(a[2]), a[1]).map(hex).join(""); },
  join: function (a) {
    const joiner = new mote.Joiner(65536);
    let packets = [];
    a[1].forEach(function (piece) { joiner.add(bytes(piece), function (packet) { packets.push(hex(packet)); }); });
    return packets.join(" ");
  },
  stream: function (a) {
    let results = [];
    new mote.Joiner(65536).add(bytes(a[2]), function (packet) {
      results.push(attempt(function () { mote.decode(packet); return hex(packet); }));
    });
    return results.join(" ");
  },
  decode: function (a) {
    const packet = mote.decode(bytes(a[1]));
    return (hex(packet.head) || "-") + " " + (hex(packet.body) || "-") + " " + (packet.json ? JSON.stringify(packet.json) : packet.error === undefined ? "-" : "JSON");
  },
  encode: function (a) { return hex(mote.encode(bytes(a[1]), bytes(a[2]))); },
  encodeJson: function (a) { return hex(mote.encode(JSON.parse(a[1]), bytes(a[2]))); },
  order: function (a) { return exchange(a[1], a[2], a[3], ANY).order ? "odd" : "even"; },
  seal: function (a) {
    return hex(stage(exchange(a[1], a[2], a[3], [secretOf(a[4]), a[5]]), 3).encrypt(bytes(a[6])));
  },
  messageIvs: function (a) {
    const x = stage(exchange(a[1], a[2], a[3], [a[4], a[5]]), 3);
    let ivs = [];
    for (let i = 0; i < a[6]; i++) ivs.push(hex(x.encrypt(bytes("0000"))).substr(48, 8));
    return ivs.join(" ");
  },
  message: function (a) {
    const body = mote.messageBody(bytes(a[4]));
    const inner = opened(stage(exchange(a[1], a[2], a[3], ANY), 1), a[1], body);
    return inner ? hex(inner) : "!MAC";
  },
  verify: function (a) {
    const x = stage(exchange(a[1], a[2], a[3], ANY), 1);
    try { return "" + x.sent(mote.messageBody(bytes(a[4]))); } catch (e) { return "false"; }
  },
  sync: function (a) {
    const x = stage(exchange(a[1], a[2], a[3], ANY), 3);
    // the handshake that it has sent
    if (a[4]) x.handshake(a[4]);
    const results = a[5].map(function (outer) { return attempt(function () { return sync(x, a[1], outer); }); });
    return results.join("; ") + "; in " + x.in + ", out " + x.out + ", KEY " + (x.remote ? hex(x.remote) : "none");
  },
  link: function (a) {
    let code = "";
    let next = 0;
    const pipe = new mote.Pipe({ mtu: 20, limit: 2000 });
    const link = new mote.Link(
      { key: bytes(a[2]), secret: bytes(a[1]), random: function () { return bytes(ANY[next++ ? 1 : 0]); } }, bytes(a[3]), [Math.max(0, a[4] - 2), 0, 0, 0], {
        on: function (event, from, data) { if (event === "drop") code += "!" + data; },
        save: function () {}, message: 1400, content: 2000, ahead: 64,
        channels: { handlers: {}, capacity: 16, runs: 16, z: 1, wake: function () {} }
      });
    const x = link.exchange;
    // how many handshakes wait: the last has "out" as its "at"
    const said = function () {
      const count = pipe.queue.length;
      pipe.queue = [];
      return count ? "answer " + x.out + (count > 1 ? " " + count + " times" : "") : "no answer";
    };
    while (link.work(false));
    if (a[4]) {
      link.connect(pipe);
      if (said() !== "answer " + a[4]) throw new Error("the handshake that it has sent is another");
    }
    const results = a[5].map(function (outer) {
      const before = x.in;
      const remote = x.remote;
      code = "";
      link.receive(bytes(outer), pipe, 0);
      while (link.work(false));
      const answer = said();
      if (code) return code + (answer === "no answer" ? "" : ", " + answer);
      return (x.in > before ? "accepted" : "not accepted") + ", " + answer + ", " + (x.remote !== remote ? "new" : "same") + " session";
    });
    return results.join("; ") + "; in " + x.in + ", out " + x.out + ", KEY " + (x.remote ? hex(x.remote) : "none");
  },
  exchangeToken: function (a) { return hex(mote.token(stage(exchange(a[1], a[2], a[3], [secretOf(a[4]), "00000000"]), 2).ephemeral.key)); },
  token: function (a) { return hex(mote.token(bytes(a[1]))); },
  channelKey: function (a) { return hex(mote.channelKey(finish(new mote.CurveJob(bytes(secretOf(a[1])), bytes(a[2]))), bytes(a[3]), bytes(a[4]))); },
  channelSend: function (a) { return a[5] ? hex(session(a, a[7]).seal(bytes(a[8]))) : "!NOT_IN_SYNC"; },
  channelReceive: function (a) { return taken(session(a, "00000000"), bytes(a[7])); },
  channelFlips: function (a) {
    const own = session(a, "00000000");
    const packet = bytes(a[7]);
    let accepted = 0;
    for (let bit = 18 * 8; bit < packet.length * 8; bit++) {
      packet[bit >> 3] ^= 128 >> (bit & 7);
      if (attempt(function () { return taken(own, packet); })[0] !== "!") accepted++;
      packet[bit >> 3] ^= 128 >> (bit & 7);
    }
    return accepted + " of " + (packet.length - 18) * 8 + " accepted";
  },
  channelIvs: function (a) {
    const own = session(a, a[7]);
    let ivs = [];
    for (let i = 0; i < a[8]; i++) ivs.push(hex(own.seal(bytes("0000"))).substr(36, 8));
    return ivs.join(" ");
  },
  session: function (a) {
    const own = session(a, a[7], true);
    return a[8].map(function (step) {
      return attempt(function () { return hex(step[0] === "seal" ? own.seal(bytes(step[1])) : own.open(bytes(step[1]))); });
    }).join(" ");
  }
};
let number = 0;
const turn = function () {
  const a = OPERATIONS[number];
  console.log(number + " " + attempt(function () { return operations[a[0]](a); }));
  number++;
  if (number < OPERATIONS.length) setTimeout(turn, 1);
};
if (OPERATIONS.length) setTimeout(turn, 1);
`;

/** The operations that the program does. */
export const deviceOperations = [
  "public",
  "shared",
  "split",
  "splitStream",
  "join",
  "stream",
  "decode",
  "encode",
  "encodeJson",
  "order",
  "seal",
  "messageIvs",
  "message",
  "verify",
  "sync",
  "link",
  "exchangeToken",
  "token",
  "channelKey",
  "channelSend",
  "channelReceive",
  "channelFlips",
  "channelIvs",
  "session",
];
