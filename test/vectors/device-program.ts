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
    let ephemeral = a[4];
    if (ephemeral.length === 42 && ephemeral.substr(0, 2) === "00") ephemeral = ephemeral.substr(2);
    return hex(stage(exchange(a[1], a[2], a[3], [ephemeral, a[5]]), 3).encrypt(bytes(a[6])));
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
  "public", "shared", "split", "splitStream", "join", "stream", "decode", "encode", "encodeJson", "order", "seal", "messageIvs", "message", "verify", "sync",
];
