// What Wireshark makes of captures, with the dissector and the keys: a Puck.js and a gateway that talk, on every medium.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import type { ExecutionContext } from "ava";
import fc from "fast-check";
import { loadBoard, measureBoard } from "../../tools/build/index.ts";
import { seal, token } from "../../src/cipher/seal.ts";
import { pack, unpack } from "../../src/channel/compression/standard.ts";
import {
  CurveJob,
  cloak,
  decompress,
  finish,
  generate,
  lob,
  messageKey,
  split,
  stamp,
  toBase32,
  toHex,
} from "../../src/index.ts";
import type { Json, KeyPair, Packet } from "../../src/index.ts";
import { Gateway, Simulator, VmHost, readCapture } from "../../sim/index.ts";
import { fromHex, recordAir } from "../../sim/capture.ts";
import type { AirRecord, Capture, CaptureRecord } from "../../sim/capture.ts";
import { Engine } from "../../sim/engine.ts";
import { Keylog } from "../../sim/keylog.ts";
import { AdvertisingMedium } from "../../sim/media/advertising.ts";
import { BleMedium } from "../../sim/media/ble.ts";
import { Ieee802154Medium } from "../../sim/media/ieee802154.ts";
import type { Medium, MediumKind } from "../../sim/media/medium.ts";
import { toPcapng } from "../../sim/pcapng/index.ts";
import { randomOf } from "../../sim/random.ts";

const dissector = fileURLToPath(new URL("../../sim/dissector/e3x-mote.lua", import.meta.url));
const folder = mkdtempSync(path(tmpdir(), "e3x-mote-dissector-"));
test.after.always(() => {
  rmSync(folder, { recursive: true });
});

const missing = spawnSync("tshark", ["--version"]).error !== undefined;
const withTshark = (name: string, run: (t: ExecutionContext) => unknown): void => {
  test(name, async (t) => {
    if (missing) {
      t.log("tshark is not installed: left out");
      t.pass();
    } else await run(t);
  });
};

let files = 0;
function fileOf(content: Uint8Array | string): string {
  const file = path(folder, String(++files));
  writeFileSync(file, content);
  return file;
}

/** What tshark says of a file; throws where it or the dissector fails. */
function tshark(file: string, keys: string, ...more: string[]): string {
  const { stdout, stderr, status } = spawnSync(
    "tshark",
    ["-X", `lua_script:${dissector}`, "-o", `e3x-mote.keys:${keys}`, "-r", file, ...more],
    {
      encoding: "utf8",
      maxBuffer: 1 << 27,
      env: { ...process.env, HOME: folder, LC_ALL: "C.UTF-8" },
    },
  );
  const said = stderr.replace(/^Running as user.*\n/m, "");
  if (status !== 0 || said.trim() !== "") throw new Error(`tshark: ${status} ${said}`);
  if (/Lua Error/i.test(stdout)) throw new Error(stdout.slice(stdout.search(/Lua Error/i) - 1000).slice(0, 2000));
  return stdout;
}

/** Fields of frames that a filter lets through, a list for each frame. */
function fieldsOf(file: string, keys: string, filter: string, ...names: string[]): string[][] {
  const text = tshark(
    file,
    keys,
    "-Y",
    filter,
    "-T",
    "fields",
    "-E",
    "separator=/t",
    ...names.flatMap((name) => ["-e", name]),
  );
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t"));
}

const gatewayJoined: CaptureRecord = { k: "join", t: 0, name: "gateway", what: "node", media: ["air"] };

/** What frames had that is a warning, or worse: their numbers. */
const strange = "_ws.malformed || _ws.expert.severity >= 0x00600000";

/** The packets of a file with these fields: by the dissector from frames, and as the simulator put them together. Both must be the same, and nothing strange. */
function packetsOf(t: ExecutionContext, file: string, keys: string, ...names: string[]): string[][] {
  const all = fieldsOf(
    file,
    keys,
    `e3x-mote.packet || ${strange}`,
    "frame.interface_name",
    "_ws.expert.severity",
    "_ws.malformed",
    ...names,
  );
  t.deepEqual(
    all.filter(
      ([, severity, malformed]) => malformed !== "" || severity!.split(",").some((one) => Number(one) >= 0x600000),
    ),
    [],
  );
  const [whole, frames] = [true, false].map((of) =>
    all.filter(([name]) => name!.endsWith(": packets") === of).map((line) => line.slice(3)),
  );
  t.deepEqual(frames, whole);
  return whole!;
}

interface Conversation {
  capture: Capture;
  keys: string;
  log: Keylog;
  pair: KeyPair;
}

/** A Puck.js that says much to its gateway, for 9 s on a radio without physics. */
async function talk(): Promise<Conversation> {
  const board = loadBoard("microbit2");
  const app = fileURLToPath(new URL("./fixtures/chatter.js", import.meta.url));
  const { files: made } = await measureBoard(board, { app });
  const pair = generate(randomOf(1, "gateway/identity"))["1a"];
  const log = new Keylog(pair);
  const gateway = new Gateway({
    pair,
    random: log.overhear(randomOf(1, "gateway/random")),
    mtu: 20,
    pace: 16,
    pairing: true,
  });
  gateway.handle("log", (channel, _open, link) => {
    channel.on = (event, data) => {
      if (event !== "packet" || !(data as Packet).json!["end"]) return;
      channel.send({ end: true });
      link.send("well done");
    };
  });
  gateway.handle("ping", (channel) => {
    channel.on = (event) => {
      if (event === "packet") channel.send({ end: true });
    };
  });
  const lines: string[] = [];
  const simulator = new Simulator({
    seed: 1,
    medium: { frameSize: 20, latency: 5 },
    sink: (line) => {
      lines.push(line);
    },
  });
  const config = { gateway: toBase32(gateway.key), packets: 6, pace: 100, filling: "x".repeat(30), pings: true };
  await simulator.addNode("gateway", gateway);
  await simulator.addDevice("device", new VmHost(), {
    board: { ...board, curveStepMs: 0.01 },
    bundle: made["bundle.js"]!,
    radio: "ble",
    mtu: 23,
    storage: { config: Uint8Array.from(Buffer.from(JSON.stringify(config))) },
  });
  await simulator.runUntil(9000);
  await simulator.close();
  const capture = readCapture(lines.join(""));
  log.read(capture);
  return { capture, keys: fileOf(log.lines()), log, pair };
}

let talked: Promise<Conversation> | undefined;
const conversation = (): Promise<Conversation> => (talked ??= talk());

/** The same as if it had been on a medium of another kind. */
const as = (capture: Capture, kind: MediumKind): Capture => ({
  header: { ...capture.header, media: [{ name: "air", kind, frameSize: 100 }] },
  records: capture.records.map((record) => (record.k === "air" ? { ...record, air: 1 } : record)),
});

/** Frames of a capture once more, on another medium. */
async function through(capture: Capture, medium: Medium, options: object): Promise<Capture> {
  const engine = new Engine(1);
  const records: CaptureRecord[] = capture.records.filter(({ k }) => k === "join");
  medium.begin({
    get time() {
      return engine.time;
    },
    at: (time, work) => engine.at(time, work),
    random: (name) => engine.random(name),
    deliver: () => undefined,
    link: () => undefined,
    heard: (transmission) => {
      records.push(recordAir("air", transmission));
    },
  });
  for (const name of ["gateway", "device"]) medium.join({ name });
  let last = 0;
  for (const record of capture.records) {
    if (record.k !== "air") continue;
    last = record.t;
    engine.at(500 + record.t, () => {
      medium.send(record.from, fromHex(record.bytes), record.from === "gateway" ? "device" : "gateway");
    });
  }
  await engine.runUntil(last + 3000);
  return {
    header: { ...capture.header, media: [{ ...options, name: "air", kind: medium.kind, frameSize: medium.frameSize }] },
    records,
  };
}

test("a key log has the keys of all packets, for who has the gateway's secrets", async (t) => {
  const { capture, log, pair } = await conversation();
  t.is(log.counts.unknown, 0);
  t.true(log.counts.found > 100);
  const lines = log.lines().split("\n");
  // one of each side, one of each direction
  t.deepEqual(
    lines.map((line) => line.split(" ")[0]),
    ["E3X_MESSAGE", "E3X_MESSAGE", "E3X_CHANNEL", "E3X_CHANNEL", ""],
  );
  for (const line of lines.slice(0, 2))
    t.regex(line, /^E3X_MESSAGE [0-9a-f]{42} [0-9a-f]{42} [0-9a-f]{32} [0-9a-f]{40}$/);
  t.is(lines.filter((line) => line.split(" ")[2] === toHex(pair.key)).length, 1);
  // without the ephemeral secrets only what comes to the gateway can be read, and no channels
  const late = new Keylog(pair);
  late.read(capture);
  t.deepEqual(
    late
      .lines()
      .split("\n")
      .map((line) => line.split(" ")[0]),
    ["E3X_MESSAGE", ""],
  );
  t.true(late.counts.unknown > 0);
  // and nothing without the identity
  const other = new Keylog(generate(randomOf(2, "other"))["1a"]);
  other.read(capture);
  t.is(other.lines(), "");
});

test("a key log knows messages of before a handshake, once their sender is known", (t) => {
  const [one, two] = ["one", "two"].map((name) => generate(randomOf(3, name))["1a"]) as [KeyPair, KeyPair];
  const key = generate(randomOf(3, "ephemeral"))["1a"];
  const log = new Keylog(one);
  // sealed with the two's own secrets
  const sealed = new Keylog(two);
  sealed.overhear(() => key.secret)(20);
  const outer = messageOf(two, key, one.key, stamp(1, 0, Uint8Array.of(1)));
  log.add(outer);
  t.is(log.lines(), "");
  log.know(two.key);
  sealed.know(one.key);
  sealed.add(outer);
  t.is(log.lines(), sealed.lines());
  t.regex(log.lines(), /^E3X_MESSAGE /);
  t.notThrows(() => {
    for (const wrong of [[], [0], [0, 1, 0x1a], [9, 9, 9]]) log.add(Uint8Array.from(wrong));
  });
});

const ecdh = (own: KeyPair, key: Uint8Array): Uint8Array => finish(new CurveJob(own.secret, key));

/** A message as an exchange makes it. */
function messageOf(
  from: KeyPair,
  ephemeral: KeyPair,
  to: Uint8Array,
  inner: Uint8Array,
  iv = Uint8Array.of(1, 2, 3, 4),
): Uint8Array {
  return seal(Uint8Array.of(0, 1, 0x1a), ephemeral.key, messageKey(ecdh(ephemeral, to)), ecdh(from, to), iv, inner);
}

withTshark("readings are decrypted on every medium, and nothing is malformed", async (t) => {
  const { capture, keys, log } = await conversation();
  let first: string[][] | undefined;
  for (const kind of ["ideal", "ble", "802.15.4", "lora", "nrf24", "serial", "udp"] as const) {
    const packets = packetsOf(
      t,
      fileOf(toPcapng(as(capture, kind))),
      keys,
      "e3x-mote.packet",
      "e3x-mote.mac.right",
      "e3x-mote.at",
      "e3x-mote.type",
      "e3x-mote.text",
      "e3x-mote.json",
    );
    t.is(packets.length, log.counts.found, kind);
    t.true(
      packets.every(([, right]) => right === "1"),
      kind,
    );
    const readings = packets.filter(([what, , , , text]) => what === "message" && text === "reading");
    t.true(readings.length >= 3, kind);
    t.is(new Set(readings.map(([, , at]) => at)).size, readings.length);
    t.true(packets.some(([, , , , text]) => text === "well done"));
    t.deepEqual(
      packets.filter(([what]) => what === "handshake").map(([, , at, type]) => [at, type]),
      [
        ["1", "link"],
        ["1", "link"],
      ],
    );
    t.true(packets.some(([what, , , type, , json]) => what === "channel" && type === "ping" && json!.includes('"c":')));
    t.deepEqual(packets, (first ??= packets), kind);
  }
});

withTshark("Wireshark finds the checksums right, and its own fields", async (t) => {
  const { capture, keys } = await conversation();
  const wpan = fileOf(toPcapng(as(capture, "802.15.4"), { packets: false }));
  t.deepEqual(
    [...new Set(fieldsOf(wpan, keys, "wpan", "wpan.fcs_ok", "wpan.frame_type", "wpan-tap.ch_num").map(String))],
    ["1,0x0001,15"],
  );
  const udp = fileOf(toPcapng(as(capture, "udp"), { packets: false }));
  const checked = tshark(
    udp,
    keys,
    "-o",
    "ip.check_checksum:TRUE",
    "-o",
    "udp.check_checksum:TRUE",
    "-T",
    "fields",
    "-e",
    "ip.checksum.status",
    "-e",
    "udp.checksum.status",
  );
  t.deepEqual([...new Set(checked.trim().split("\n"))], ["1\t1"]);
  const ble = fileOf(toPcapng(as(capture, "ble"), { packets: false }));
  t.deepEqual(fieldsOf(ble, keys, "btle.crc.incorrect || btle.crc.indeterminate", "frame.number"), []);
  t.deepEqual([...new Set(fieldsOf(ble, keys, "btatt.value", "btatt.opcode", "btatt.handle").map(String))].sort(), [
    "0x1b,0x0e32",
    "0x52,0x0e31",
  ]);
  const lora = fileOf(toPcapng(as(capture, "lora"), { packets: false }));
  t.deepEqual(
    [
      ...new Set(
        fieldsOf(lora, keys, "loratap", "loratap.channel.frequency", "loratap.channel.sf", "loratap.syncword").map(
          String,
        ),
      ),
    ],
    ["868100000,7,0x12"],
  );
});

withTshark("frames of IEEE 802.15.4 and BLE are well-formed for a Wireshark without the dissector", async (t) => {
  const { capture } = await conversation();
  // these guess what the payload of a MAC frame is by a bit or two
  const guesses = ["zbee_nwk", "lwm", "6lowpan"].flatMap((name) => ["--disable-protocol", name]);
  for (const [kind, protocol] of [
    ["802.15.4", "wpan"],
    ["ble", "btatt"],
  ] as const) {
    const file = fileOf(toPcapng(as(capture, kind), { packets: false }));
    const { stdout, status } = spawnSync(
      "tshark",
      [
        "-r",
        file,
        ...guesses,
        "-T",
        "fields",
        "-e",
        "_ws.malformed",
        "-e",
        "_ws.expert.severity",
        "-e",
        "frame.protocols",
      ],
      { encoding: "utf8", env: { ...process.env, HOME: folder } },
    );
    t.is(status, 0);
    const frames = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    t.true(frames.filter(([, , protocols]) => protocols!.includes(protocol)).length > 400);
    // comments are all that an expert has to say
    t.true(frames.every(([malformed, severity]) => malformed === "" && ["", "1048576"].includes(severity!)));
  }
});

withTshark("a wrong checksum would be found", async (t) => {
  const { capture, keys } = await conversation();
  const file = toPcapng(as(capture, "802.15.4"), { packets: false });
  const at = Buffer.from(file).indexOf(Buffer.from("6198", "hex"));
  file[at + 12]! ^= 1;
  t.is(fieldsOf(fileOf(file), keys, "wpan.fcs_ok == 0", "frame.number").length, 1);
});

withTshark("what radios send again is not taken twice, what is cut into parts is put together", async (t) => {
  const { capture, keys, log } = await conversation();
  const kinds: [Medium, object][] = [
    [new BleMedium({ central: "gateway", loss: 0.1 }), { central: "gateway" }],
    [
      new BleMedium({ central: "gateway", loss: 0.1, phy: "coded", mtu: 63, eventLength: 30, interval: 30 }),
      { central: "gateway", phy: "coded" },
    ],
    [new Ieee802154Medium({ loss: 0.1 }), {}],
  ];
  for (const [medium, options] of kinds) {
    const taken = await through(capture, medium, options);
    t.true(
      taken.records.some((record) => record.k === "air" && record.attempt === 2 && record.rx[0]!.fate === "delivered"),
    );
    const file = fileOf(toPcapng(taken));
    const packets = packetsOf(t, file, keys, "e3x-mote.packet", "e3x-mote.mac.right");
    t.is(packets.length, log.counts.found, medium.kind);
    t.true(packets.every(([, right]) => right === "1"));
    const again = fieldsOf(
      file,
      keys,
      'frame.comment contains "attempt 2" && e3x-mote-chunks',
      "e3x-mote.chunk.again",
      "frame.comment",
    );
    t.true(again.length > 10 && again.every(([flag]) => flag === "1"));
    t.true(again.some(([, comment]) => comment!.includes("lost: loss at ")));
  }
});

withTshark("the long frames of a connection come in parts, which Wireshark puts together", async (t) => {
  const [own, other, key] = ["own", "other", "key"].map((name) => generate(randomOf(4, name))["1a"]) as [
    KeyPair,
    KeyPair,
    KeyPair,
  ];
  const log = new Keylog(other);
  log.know(own.key);
  const content = "a reading that takes more than one frame, as long ones do. ".repeat(3);
  const outer = messageOf(own, key, other.key, stamp(7, 0, Uint8Array.from(Buffer.from(content))));
  log.add(outer);
  const records: CaptureRecord[] = [gatewayJoined];
  split(outer, 60).forEach((frame, i) => {
    records.push({
      k: "air",
      t: i * 100,
      medium: "air",
      from: "device",
      to: "gateway",
      bytes: toHex(frame),
      air: 1,
      rx: [{ to: "gateway", fate: "delivered", arrivals: [i * 100 + 1] }],
    });
  });
  const capture: Capture = { header: { capture: "e3x-mote", version: 2, seed: 1, media: [] }, records };
  const taken = await through(capture, new BleMedium({ central: "gateway", mtu: 63 }), { central: "gateway" });
  t.true(taken.records.some((record) => record.k === "air" && record.detail?.["part"] === 2));
  const file = fileOf(toPcapng(taken));
  const keys = fileOf(log.lines());
  t.deepEqual(packetsOf(t, file, keys, "e3x-mote.at", "e3x-mote.text"), [["7", content]]);
});

withTshark(
  "advertisements are understood, and a packet in them is put together of fragments in any order",
  async (t) => {
    const [own, other, key] = ["own", "other", "key"].map((name) => generate(randomOf(5, name))["1a"]) as [
      KeyPair,
      KeyPair,
      KeyPair,
    ];
    const log = new Keylog(other);
    log.know(own.key);
    const outer = messageOf(own, key, other.key, stamp(9, 0, Uint8Array.from(Buffer.from("21.5 degrees"))));
    log.add(outer);
    const parts: Uint8Array[] = [];
    for (let at = 0; at < outer.length; at += 23) parts.push(outer.slice(at, at + 23));
    const payload = (i: number): Uint8Array =>
      Uint8Array.of(parts[i]!.length + 7, 0xff, 0x90, 5, 0xe3, 77, i, parts.length - 1, ...parts[i]!);
    const records: CaptureRecord[] = [gatewayJoined];
    [2, 0, 2, 1, 0, 1, 2].forEach((i, turn) => {
      records.push({
        k: "air",
        t: turn * 100,
        medium: "air",
        from: "device",
        bytes: toHex(payload(i)),
        air: 1,
        rx: [{ to: "gateway", fate: "delivered", arrivals: [turn * 100] }],
      });
    });
    t.is(parts.length, 3);
    const taken = await through(
      { header: { capture: "e3x-mote", version: 2, seed: 1, media: [] }, records },
      new AdvertisingMedium({}),
      {},
    );
    const file = fileOf(toPcapng(taken));
    const keys = fileOf(log.lines());
    const seen = fieldsOf(
      file,
      keys,
      "btle",
      "btle.advertising_header.pdu_type",
      "btcommon.eir_ad.entry.company_id",
      "btle.crc.incorrect",
      "btle.crc.indeterminate",
      "e3x-mote.fragment.last",
    );
    t.is(seen.length, 21);
    t.deepEqual([...new Set(seen.map(String))], ["0x02,0x0590,,,2"]);
    t.deepEqual(packetsOf(t, file, keys, "e3x-mote.at", "e3x-mote.text", "e3x-mote.mac.right"), [
      ["9", "21.5 degrees", "1"],
    ]);
  },
);

withTshark(
  "keys come from the secrets of a file too, in one reading or two; without keys packets stay closed",
  async (t) => {
    const { capture, keys, log } = await conversation();
    const plain = fileOf(toPcapng(as(capture, "ble")));
    const file = fileOf(toPcapng(as(capture, "ble"), { secrets: log.lines() }));
    const once = fieldsOf(plain, keys, "e3x-mote", "frame.number", "e3x-mote.packet", "e3x-mote.text", "_ws.col.Info");
    t.deepEqual(
      fieldsOf(file, file, "e3x-mote", "frame.number", "e3x-mote.packet", "e3x-mote.text", "_ws.col.Info"),
      once,
    );
    const names = ["frame.number", "e3x-mote.packet", "e3x-mote.text", "_ws.col.Info"].flatMap((name) => ["-e", name]);
    const twice = tshark(plain, keys, "-2", "-Y", "e3x-mote", "-T", "fields", ...names);
    t.is(twice, once.map((line) => `${line.join("\t")}\n`).join(""));
    for (const nothing of [path(folder, "nothing"), plain]) {
      const closed = fieldsOf(
        plain,
        nothing,
        "e3x-mote.packet",
        "e3x-mote.packet",
        "e3x-mote.inner",
        "e3x-mote.text",
        "e3x-mote.mac.right",
      );
      t.true(closed.every(([, ...more]) => more.every((field) => field === "")));
      t.is(closed.filter(([what]) => what === "channel").length, once.filter(([, what]) => what === "channel").length);
    }
    const [packet] = JSON.parse(tshark(plain, keys, "-Y", "e3x-mote.text", "-T", "json")) as {
      _source: { layers: { "e3x-mote": { "e3x-mote.csid"?: string; "e3x-mote.token"?: string } } };
    }[];
    t.truthy(packet!._source.layers["e3x-mote"]);
  },
);

/** A file of packets, each in one datagram. */
function datagramsOf(outers: Uint8Array[]): string {
  const records = outers.map((outer, i): AirRecord => ({
    k: "air",
    t: i,
    medium: "air",
    from: "device",
    to: "gateway",
    bytes: toHex(outer),
    air: 0,
    rx: [],
  }));
  return fileOf(
    toPcapng({
      header: { capture: "e3x-mote", version: 2, seed: 1, media: [{ name: "air", kind: "udp", frameSize: 1000 }] },
      records: [gatewayJoined, ...records],
    }),
  );
}

const aes = Uint8Array.from({ length: 16 }, (_, i) => i * 7);
const ephemeral = Uint8Array.from({ length: 21 }, (_, i) => i + 2);
const fixed = Uint8Array.from({ length: 20 }, (_, i) => 200 - i);
const channelLine = `E3X_CHANNEL ${toHex(token(ephemeral))} ${"00".repeat(21)} ${toHex(ephemeral)} ${toHex(aes)}\n`;
const messageLine = `E3X_MESSAGE ${toHex(ephemeral)} ${"00".repeat(21)} ${toHex(aes)} ${toHex(fixed)}\n`;
/** As chunks, one a frame. */
const framed = (outer: Uint8Array): Uint8Array => Uint8Array.from(split(outer, 256).flatMap((frame) => [...frame]));
const ivOf = (i: number): Uint8Array => Uint8Array.of(i, i >> 8, 0, 1);
const channelPacket = (inner: Uint8Array, i: number): Uint8Array =>
  seal(Uint8Array.of(0, 0), token(ephemeral), aes, aes, ivOf(i), inner);
const messagePacket = (inner: Uint8Array, i: number): Uint8Array =>
  seal(Uint8Array.of(0, 1, 0x1a), ephemeral, aes, fixed, ivOf(i), inner);

withTshark("channel packets are shown as this package reads them, whatever their compression", (t) => {
  const text = fc.string({ unit: "grapheme", maxLength: 8 }).filter((value) => !/[\p{Surrogate}\p{Cc}]/u.test(value));
  const uint = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 0xffffffff }));
  const json = fc.record(
    {
      c: uint,
      type: text,
      seq: uint,
      ack: uint,
      miss: fc.array(uint, { minLength: 1, maxLength: 4 }),
      end: fc.constant(true),
      note: text,
      count: fc.integer({ min: -5000, max: 5000 }),
    },
    { requiredKeys: ["c"] },
  );
  const packets = fc
    .sample(fc.tuple(fc.constantFrom(0, 1, 2), json, fc.uint8Array({ maxLength: 60 })), { numRuns: 150, seed: 1 })
    .map(([z, head, body]) => {
      const { miss, ...rest } = head;
      return { z, head: (head.ack === undefined ? rest : head) as Json, body, miss };
    });
  const outers = packets.map(({ z, head, body }, i) => channelPacket(pack(z, head, body), i));
  const seen = fieldsOf(
    datagramsOf(outers.map(framed)),
    fileOf(channelLine),
    "e3x-mote.packet",
    "e3x-mote.mac.right",
    "e3x-mote.channel.c",
    "e3x-mote.channel.seq",
    "e3x-mote.channel.ack",
    "e3x-mote.channel.miss",
    "e3x-mote.channel.end",
    "e3x-mote.channel.body",
    "e3x-mote.compression",
  );
  t.is(seen.length, packets.length);
  packets.forEach(({ z, head, body }, i) => {
    const read = unpack(z, pack(z, head, body));
    const { c, seq = "", ack = "", miss, end } = read.json!;
    t.deepEqual(
      seen[i],
      [
        "1",
        String(c),
        String(seq),
        String(ack),
        ((miss ?? []) as number[]).join(" "),
        end ? "1" : "",
        toHex(read.body),
        ["", "CBOR", "DEFLATE"][z]!,
      ],
      JSON.stringify(head),
    );
  });
  t.true(packets.some(({ z, head, body }) => z === 1 && decompress(pack(z, head, body)).body.length > 0));
});

withTshark("messages, handshakes and what is wrong with them are told apart", (t) => {
  const attached = lob.encode({ "1a": true }, ephemeral);
  const right = messagePacket(stamp(4000000000, 0, Uint8Array.from(Buffer.from("grüße"))), 1);
  const wrong = Uint8Array.from(right);
  wrong[wrong.length - 1]! ^= 1;
  const outers = [
    messagePacket(lob.encode({ type: "link", at: 9007199254740991, z: 1 }, attached), 0),
    right,
    messagePacket(stamp(3, 128 + 5, Uint8Array.of(1, 2)), 2),
    messagePacket(lob.encode({ type: "jwt", at: 12 }, Uint8Array.from(Buffer.from("token"))), 3),
    wrong,
    cloak(right, (n) => Uint8Array.from({ length: n }, (_, i) => i + 1), 1),
    lob.encode({ type: "something", of: "nobody" }, Uint8Array.of(1)),
    Uint8Array.of(1, 0, 5),
    Uint8Array.of(0, 1, 0x1a, 1, 2, 3),
    messagePacket(new Uint8Array(0), 4),
  ];
  const file = datagramsOf(outers.map(framed));
  const keys = fileOf(messageLine);
  const seen = fieldsOf(
    file,
    keys,
    "udp",
    "e3x-mote.packet",
    "e3x-mote.type",
    "e3x-mote.at",
    "e3x-mote.mac.right",
    "e3x-mote.text",
    "e3x-mote.identity",
    "e3x-mote.pieces",
    "_ws.expert.severity",
  );
  const [note, error] = ["", "8388608"];
  t.deepEqual(seen, [
    ["handshake", "link", "9007199254740991", "1", "", toHex(ephemeral), "", note],
    ["message", "", "4000000000", "1", "grüße", "", "", note],
    ["message", "", "3", "1", "", "", "5", note],
    ["handshake", "jwt", "12", "1", "token", "", "", note],
    ["message", "", "4000000000", "0", "grüße", "", "", error],
    ["cloaked", "", "", "", "", "", "", note],
    ["other", "", "", "", "", "", "", note],
    ["malformed", "", "", "", "", "", "", error],
    ["other", "", "", "", "", "", "", error],
    ["message", "", "", "1", "", "", "", note],
  ]);
});

withTshark("nothing that is on the air makes the dissector fail", (t) => {
  const bytes = fc.uint8Array({ maxLength: 200, minLength: 1 });
  const inner = fc.oneof(
    bytes,
    fc.json({ maxDepth: 2 }).map((text) => lob.encode(Uint8Array.from(Buffer.from(`{"c":1,"a":${text}}`)))),
    fc.string().map((text) => lob.encode(Uint8Array.from(Buffer.from(`{"c":1${text}}`)))),
  );
  const given = fc.sample(fc.tuple(fc.constantFrom("frame", "channel", "message", "cut"), inner), {
    numRuns: 400,
    seed: 2,
  });
  const frames = given.map(([what, data], i) => {
    if (what === "frame") return data;
    const outer = what === "channel" ? channelPacket(data, i) : messagePacket(data, i);
    return what === "cut" ? framed(outer.subarray(0, 1 + (i % outer.length))) : framed(outer);
  });
  const records = frames.map((data, i): AirRecord => ({
    k: "air",
    t: i * 10,
    medium: "air",
    from: "device",
    to: "gateway",
    bytes: toHex(data),
    air: 1,
    rx: [{ to: "gateway", fate: "delivered", arrivals: [i * 10] }],
  }));
  const keys = fileOf(channelLine + messageLine);
  for (const kind of ["udp", "serial", "ble", "802.15.4"] as const) {
    const file = fileOf(
      toPcapng({
        header: { capture: "e3x-mote", version: 2, seed: 1, media: [{ name: "air", kind, frameSize: 1000 }] },
        records: [gatewayJoined, ...records],
      }),
    );
    t.true(tshark(file, keys, "-V").length > 100000, kind);
  }
});
