// Captures as pcapng files: their blocks against bytes of the specification, checksums against the standards' examples.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import test from "ava";
import fc from "fast-check";
import { split } from "../../src/index.ts";
import { fromHex, toHex } from "../../sim/capture.ts";
import type { AirRecord, Capture, CaptureRecord, MediumRecord } from "../../sim/capture.ts";
import type { Reception } from "../../sim/media/medium.ts";
import {
  decryptionSecrets,
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  nameResolution,
  opt,
  sectionHeader,
} from "../../sim/pcapng/blocks.ts";
import { advertising, ble, crc24, isAccessAddress, rfChannel } from "../../sim/pcapng/bluetooth.ts";
import { exported } from "../../sim/pcapng/exported.ts";
import { fcs, ieee802154 } from "../../sim/pcapng/ieee802154.ts";
import { pcapngBlocks, toPcapng } from "../../sim/pcapng/index.ts";
import { loratap, packetRssi } from "../../sim/pcapng/loratap.ts";
import { Packets } from "../../sim/pcapng/packets.ts";
import type { Arrived } from "../../sim/pcapng/packets.ts";
import { serial } from "../../sim/pcapng/serial.ts";
import { Stations } from "../../sim/pcapng/stations.ts";
import { checksum, udp } from "../../sim/pcapng/udp.ts";

const hex = (text: string): string => text.replaceAll(" ", "");
const bytes = (text: string): Uint8Array => fromHex(hex(text));

const got = (to: string, ...arrivals: number[]): Reception => ({ to, fate: "delivered", arrivals });
const air = (more: Partial<AirRecord> = {}): AirRecord => ({
  k: "air",
  t: 1500,
  medium: "air",
  from: "device",
  bytes: "0301020300",
  air: 1,
  rx: [got("gateway", 1501)],
  ...more,
});
const joined: CaptureRecord[] = [
  { k: "join", t: 0, name: "gateway", what: "node", media: ["air"] },
  { k: "join", t: 0, name: "device", what: "device", media: ["air"] },
];
const captureOf = (kind: MediumRecord["kind"], records: CaptureRecord[], more: object = {}): Capture => ({
  header: { capture: "e3x-mote", version: 2, seed: 1, media: [{ name: "air", kind, frameSize: 100, ...more }] },
  records: [...joined, ...records],
});
const medium = (kind: MediumRecord["kind"], more: object = {}): MediumRecord => ({
  name: "air",
  kind,
  frameSize: 100,
  ...more,
});
const known = (): Stations => {
  const stations = new Stations();
  stations.node("gateway");
  stations.number("gateway");
  return stations;
};

/** The blocks of a file: type, and body; and of frames their interface, time in us, data and comments. */
function blocksOf(
  file: Uint8Array,
): { type: number; body: Buffer; id: number; us: number; data: string; comments: string[] }[] {
  const all = Buffer.from(file);
  const blocks = [];
  for (let at = 0; at < all.length;) {
    const length = all.readUInt32LE(at + 4);
    if (length % 4 || all.readUInt32LE(at + length - 4) !== length) throw new Error("lengths of a block differ");
    const type = all.readUInt32LE(at);
    const body = all.subarray(at + 8, at + length - 4);
    const frame = { type, body, id: 0, us: 0, data: "", comments: [] as string[] };
    if (type === 6) {
      frame.id = body.readUInt32LE(0);
      frame.us = body.readUInt32LE(4) * 2 ** 32 + body.readUInt32LE(8);
      const size = body.readUInt32LE(12);
      frame.data = body.subarray(20, 20 + size).toString("hex");
      for (
        let option = 20 + ((size + 3) & ~3);
        body.readUInt16LE(option);
        option += 4 + ((body.readUInt16LE(option + 2) + 3) & ~3)
      ) {
        if (body.readUInt16LE(option) === 1)
          frame.comments.push(body.subarray(option + 4, option + 4 + body.readUInt16LE(option + 2)).toString("utf8"));
      }
    }
    blocks.push(frame);
    at += length;
  }
  return blocks;
}
const framesOf = (capture: Capture, packets = false): ReturnType<typeof blocksOf> =>
  blocksOf(toPcapng(capture, { packets })).filter(({ type }) => type === 6);

test("blocks are those of the specification, byte for byte", (t) => {
  t.is(
    toHex(sectionHeader("ab")),
    hex("0a0d0d0a 28000000 4d3c2b1a 0100 0000 ffffffffffffffff 0400 0200 61620000 00000000 28000000"),
  );
  t.is(
    toHex(interfaceDescription(283, "wpan", "x")),
    hex(
      "01000000 30000000 1b01 0000 00000000 0200 0400 7770616e 0300 0100 78000000 0900 0100 06000000 00000000 30000000",
    ),
  );
  // 2^32 us and one: the upper half comes first
  t.is(
    toHex(enhancedPacket(1, 2 ** 32 + 1, bytes("010203"), [[opt.comment, bytes("6869")]])),
    hex("06000000 30000000 01000000 01000000 01000000 03000000 03000000 01020300 0100 0200 68690000 00000000 30000000"),
  );
  t.is(
    toHex(enhancedPacket(0, 5, bytes("01020304"))),
    hex("06000000 24000000 00000000 00000000 05000000 04000000 04000000 01020304 24000000"),
  );
  t.is(
    toHex(nameResolution([[bytes("0a000001"), "gate"]])),
    hex("04000000 20000000 0100 0900 0a000001 67617465 00000000 00000000 20000000"),
  );
  t.is(
    toHex(interfaceStatistics(2, 7, 9)),
    hex("05000000 28000000 02000000 00000000 07000000 0400 0800 09000000 00000000 00000000 28000000"),
  );
  t.is(toHex(decryptionSecrets("# x")), hex("0a000000 18000000 4b583345 03000000 23207800 18000000"));
});

test("the FCS of IEEE 802.15.4 is that of the standard's example", (t) => {
  // 7.2.11: 0100 0000 0000 0000 0101 0110 gives 0010 0111 1001 1110, the first bit of an octet the lowest
  t.is(toHex(fcs(bytes("02006a"))), "e479");
});

test("CRC-24 is what the shift register of the Core gives", (t) => {
  // Vol 6, Part B, 3.1.1: bits enter at position 23; taps at 0, 1, 3, 4, 6, 9 and 10; sent from position 23 down
  const register = (pdu: Uint8Array, first: number): string => {
    const state = Array.from({ length: 24 }, (_, i) => (first >> i) & 1);
    for (const octet of pdu) {
      for (let i = 0; i < 8; i++) {
        const bit = state[23]! ^ ((octet >> i) & 1);
        state.pop();
        state.unshift(0);
        if (bit) for (const tap of [0, 1, 3, 4, 6, 9, 10]) state[tap]! ^= 1;
      }
    }
    const sent = state.reverse();
    return [0, 8, 16]
      .map((at) =>
        sent
          .slice(at, at + 8)
          .reduce((sum, bit, i) => sum | (bit << i), 0)
          .toString(16)
          .padStart(2, "0"),
      )
      .join("");
  };
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.integer({ min: 0, max: 0xffffff }),
      (pdu, first) => toHex(crc24(pdu, first)) === register(pdu, first),
    ),
  );
  t.pass();
});

test("the checksum of IPv4 and UDP is that of RFC 1071's example", (t) => {
  // section 3: the sum is ddf2
  t.is(checksum(bytes("0001f203f4f5f6f7")), 0x220d);
  t.is(checksum(bytes("0001f203f4f5f6f700")), 0x220d);
  t.is(checksum(bytes("01")), 0xfeff);
});

test("channels of BLE have the numbers of their frequencies", (t) => {
  // 2402 + 2 k MHz: Vol 6, Part B, 1.4.1
  t.deepEqual([37, 0, 10, 38, 11, 36, 39].map(rfChannel), [0, 1, 11, 12, 13, 38, 39]);
});

test("access addresses follow the rules of the Core", (t) => {
  // the one of advertisements; one bit off it; seven zeros, seven ones; four octets alike; too many changes; too few in the highest six
  for (const wrong of [0x8e89bed6, 0x8e89bed7, 0xa1007f55, 0xa5fe1234, 0xa5a5a5a5, 0x55555655, 0x01d4b2c6])
    t.false(isAccessAddress(wrong), wrong.toString(16));
  t.true(isAccessAddress(0x50655a17));
});

test("addresses of stations are their own, and what they have to be", (t) => {
  const stations = new Stations();
  const short = new Set<string>();
  for (let i = 0; i < 20000; i++) {
    const address = toHex(stations.short(`station ${i}`));
    short.add(address);
    if (address === "feff" || address === "ffff" || address === "0000") t.fail(address);
  }
  t.is(short.size, 20000);
  t.is(stations.device("a")[5]! & 0xc0, 0xc0);
  t.is(toHex(stations.device("a")), toHex(new Stations().device("a")));
  t.not(toHex(stations.device("a")), toHex(stations.device("b")));
  t.deepEqual(
    ["x", "y", "x"].map((name) => toHex(stations.ipv4(name))),
    ["0a000001", "0a000002", "0a000001"],
  );
});

test("an advertisement is an ADV_NONCONN_IND of a random address", (t) => {
  const stations = known();
  const [frame] = advertising(medium("advertising"), stations).frames(
    air({ channel: 38, rx: [{ ...got("gateway", 1501), rssi: -61.4 }] }),
    bytes("02ff01"),
  );
  const address = toHex(stations.device("device"));
  // RF channel 12, -61 dBm; not whitened, signal and reference valid
  t.is(
    toHex(frame!.data),
    hex(`0c c3 00 00 d6be898e 1300 d6be898e 42 09 ${address} 02ff01`) +
      toHex(crc24(bytes(`42 09 ${address} 02ff01`), 0x555555)),
  );
});

test("a connection of BLE begins with what it is set to, and carries values of attributes", (t) => {
  const stations = known();
  const link = ble({ ...medium("ble", { interval: 30, latency: 2, supervision: 5000 }), frameSize: 20 }, stations);
  const up = air({ to: "gateway", channel: 4 });
  const first = link.frames(up, bytes("0100"));
  t.is(first.length, 2);
  const request = toHex(first[0]!.data);
  const address = request.slice(56, 64);
  t.true(isAccessAddress(Buffer.from(address, "hex").readUInt32LE()));
  // CONNECT_IND: both random, 34 bytes; interval 24 * 1.25 ms, latency 2, timeout 500 * 10 ms, all 37 channels, hop 5
  t.is(request.slice(28, 32), "c522");
  t.is(request.slice(32, 44), toHex(stations.device("gateway")));
  t.is(request.slice(44, 56), toHex(stations.device("device")));
  t.is(request.slice(70, 100), hex("01 0000 1800 0200 f401 ffffffff1f 05"));
  // header: L2CAP begins, SN and NESN 0; ATT: notification
  t.is(toHex(first[1]!.data).slice(20, -6), hex(`${address} 02 09 0500 0400 1b 320e 0100`));
  t.is(toHex(first[1]!.data).slice(16, 20), "910d");
  const tell = (record: AirRecord, value: string): string => {
    const frames = link.frames(record, bytes(value));
    t.is(frames.length, 1);
    return toHex(frames[0]!.data).slice(28, -6);
  };
  // a write command; it acknowledges (NESN 1)
  t.is(tell(air({ from: "gateway", to: "device", rx: [got("device", 1)] }), "05"), hex("06 08 0400 0400 52 310e 05"));
  // lost: comes again with the same SN; then an empty one
  t.is(
    tell(air({ to: "gateway", rx: [{ to: "gateway", fate: "lost", arrivals: [] }] }), "07"),
    hex("0e 08 0400 0400 1b 320e 07"),
  );
  t.is(tell(air({ to: "gateway", attempt: 2 }), "07"), hex("0e 08 0400 0400 1b 320e 07"));
  t.is(tell(air({ from: "gateway", to: "device", type: "ack", rx: [got("device", 1)] }), ""), hex("09 00"));
  // what the medium itself says comes first; of a frame in two parts the second has no headers
  t.is(
    tell(
      air({ to: "gateway", detail: { sn: 1, nesn: 1, md: 1, part: 0, parts: 2, offset: 0, length: 9 } }),
      "01020304",
    ),
    hex("1e 09 0700 0400 1b 320e 0102"),
  );
  t.is(
    tell(
      air({ to: "gateway", detail: { sn: 0, nesn: 1, md: 0, part: 1, parts: 2, offset: 2, length: 2 } }),
      "01020304",
    ),
    hex("05 02 0304"),
  );
});

test("a connection that is made anew has another access address; a larger MTU is agreed upon first", (t) => {
  const link = ble(medium("ble"), known());
  const at = (event: number): string[] =>
    link.frames(air({ to: "gateway", detail: { event, sn: 0, nesn: 0 } }), bytes("01")).map(({ data }) => toHex(data));
  const first = at(5);
  // 103; SN and NESN of both as they go on from there
  t.deepEqual(
    first.slice(1, 5).map((data) => data.slice(28, -6)),
    ["02070300040002 6700", "06070300040003 6700", "0d00", "0900"].map(hex),
  );
  t.is(at(6).length, 1);
  const again = at(0);
  t.is(again.length, 6);
  t.not(again[5]!.slice(20, 28), first[5]!.slice(20, 28));
});

test("the PHY of a connection is in the header", (t) => {
  const of = (phy: string): string =>
    toHex(
      ble({ ...medium("ble", { phy }), frameSize: 20 }, known()).frames(air({ to: "gateway" }), bytes("01"))[1]!.data,
    );
  t.is(of("2M").slice(16, 20), "914d");
  const coded = of("coded-s2");
  t.is(coded.slice(16, 20), "918d");
  // coding indicator
  t.is(coded.slice(28, 32), "0102");
});

test("a frame of IEEE 802.15.4 has its TLVs, short addresses and the number that the medium gave it", (t) => {
  const stations = known();
  const wpan = ieee802154(medium("802.15.4"), stations);
  const [to, from] = ["gateway", "device"].map((name) => toHex(stations.short(name)));
  const frame = (record: AirRecord, data: string): string => {
    const all = toHex(wpan.frames(record, bytes(data))[0]!.data);
    const length = Buffer.from(all, "hex").readUInt16LE(2) * 2;
    t.is(toHex(fcs(fromHex(all.slice(length, -4)))), all.slice(-4));
    return all.slice(0, -4);
  };
  t.is(
    frame(air({ to: "gateway", channel: 20, detail: { seq: 7, pan: 0x1234 } }), "0100"),
    hex(`0000 1400 0000 0100 01000000 0300 0300 14000000 6198 07 3412 ${to} ${from} 0100`),
  );
  // -50 dBm; to all: nothing is to be acknowledged
  t.is(
    frame(air({ detail: { seq: 8 }, rx: [{ ...got("gateway", 1), rssi: -50 }] }), "01"),
    hex(`0000 1c00 0000 0100 01000000 0100 0400 000048c2 0300 0300 0f000000 4198 08 e32e ffff ${from} 01`),
  );
  t.is(frame(air({ type: "ack", from: "gateway", to: "device", detail: { seq: 7 } }), "").slice(40), hex("0200 07"));
});

test("a frame of LoRa has LoRaTap's header", (t) => {
  // 868.3 MHz, 250 kHz, SF9, -40 dBm, sync word 0x12
  const [frame] = loratap(medium("lora"), known()).frames(
    air({ detail: { frequency: 868.3, bandwidth: 250, spreading: 9 }, rx: [{ ...got("gateway", 1), rssi: -40 }] }),
    bytes("0100"),
  );
  t.is(toHex(frame!.data), hex("00 00 000f 33c134e0 02 09 63 63 63 00 12 0100"));
  // -139 + rssi, and a quarter of it below 0 dB
  t.deepEqual(
    [packetRssi(-139, 3), packetRssi(-39, 3), packetRssi(-119, -5), packetRssi(-20, -5), packetRssi(-150, 1)],
    [0, 100, 80, 255, 0],
  );
});

test("a frame of a serial line has RTAC's header, and each line its own interface", (t) => {
  const line = serial(medium("serial"), known());
  t.is(toHex(line.frames(air({ t: 61001.25 }), bytes("0100"))[0]!.data), hex("0000003d 000004e2 01 00 0000 0100"));
  t.is(
    toHex(line.frames(air({ from: "gateway", to: "device" }), bytes("0100"))[0]!.data),
    hex("00000001 0007a120 02 00 0000 0100"),
  );
  const blocks = blocksOf(
    toPcapng(
      captureOf("serial", [
        air(),
        air({ from: "other" }),
        air({ from: "gateway", to: "device", rx: [got("device", 3)] }),
      ]),
      { packets: false },
    ),
  );
  t.is(blocks.filter(({ type }) => type === 1).length, 2);
  t.deepEqual(
    blocks.filter(({ type }) => type === 6).map(({ id, comments }) => [id, ...comments]),
    [
      [0, "device > all"],
      [1, "other > all"],
      [0, "gateway > device"],
    ],
  );
});

test("a datagram has headers with right checksums", (t) => {
  const stations = known();
  const { frames } = udp(medium("udp"), stations);
  const data = frames(air({ to: "gateway" }), bytes("0301020300"))[0]!.data;
  t.is(toHex(data), hex("4500 0021 0000 4000 40 11 26ca 0a000002 0a000001 c002 a5b8 000d 8112 0301020300"));
  t.is(checksum(data.subarray(0, 20)), 0);
  // the pseudo header: addresses, protocol, length
  t.is(checksum(Uint8Array.from([...data.subarray(12, 20), 0, 17, 0, 13, ...data.subarray(20)])), 0);
  t.is(toHex(frames(air(), bytes("01"))[0]!.data).slice(32, 40), "ffffffff");
});

test("an exported PDU has the tags of Wireshark", (t) => {
  t.is(
    toHex(exported(known(), "e3x-mote", "device", "gateway", bytes("0001"), 9)),
    hex(
      "000c 0008 6533782d6d6f7465 0014 0004 0a000002 0015 0004 0a000001 001e 0004 00000009 0023 0004 00000001 0000 0000 0001",
    ),
  );
});

test("every transmission is a frame, with what became of it", (t) => {
  const lost = (to: string, why: Reception["why"]): Reception => ({ to, fate: "lost", arrivals: [], why });
  const frames = framesOf(
    captureOf("802.15.4", [
      air({ to: "gateway" }),
      air({ t: 1600.125, to: "gateway", attempt: 2, rx: [lost("gateway", "collision")] }),
      air({ to: "gateway", type: "ack", bytes: "" }),
      air({ rx: [lost("a", "weak"), lost("b", "deaf"), got("c", 1), lost("d", "loss"), lost("e", "loss")] }),
      air({
        to: "gateway",
        rx: [lost("other", "weak"), { ...got("gateway", 1, 2), duplicated: true, reordered: true }],
      }),
      air({ type: "noise", bytes: "" }),
      air({ to: "gateway", air: 0, attempt: 0, rx: [lost("gateway", "full")] }),
    ]),
  );
  t.deepEqual(
    frames.map(({ comments }) => comments),
    [
      [],
      ["device > gateway; attempt 2; lost: collision at gateway"],
      ["device > gateway; ack"],
      ["device > all; lost: weak at a; lost: deaf at b; lost: loss at d; lost at 1 more"],
      ["device > gateway; twice at gateway; held back to gateway"],
      ["device > all; noise"],
      ["device > gateway; never sent; lost: full at gateway"],
    ],
  );
  // the last two have no frame in this link type
  t.deepEqual(
    frames.map(({ id }) => id),
    [0, 0, 0, 0, 0, 1, 1],
  );
  t.is(frames[1]!.us, 1600125);
});

test("a file begins with the section, secrets only if they are given, and describes interfaces before their frames", (t) => {
  const capture = captureOf("udp", [
    air({ to: "gateway", bytes: "03010203" }),
    air({ to: "gateway", bytes: "0104", rx: [got("gateway", 1700)] }),
    air({ to: "gateway", bytes: "00", rx: [got("gateway", 1702)] }),
  ]);
  const plain = toPcapng(capture);
  // names of both, once; what was put together is of the third frame
  t.deepEqual(
    blocksOf(plain).map(({ type }) => type),
    [0x0a0d0d0a, 4, 4, 1, 6, 6, 6, 1, 6, 5, 5],
  );
  const packet = blocksOf(plain).filter(({ type }) => type === 6)[3]!;
  t.is(packet.us, 1702000);
  t.true(packet.data.endsWith(hex("001e 0004 00000003 0023 0004 00000001 0000 0000 01020304")));
  t.deepEqual(
    blocksOf(toPcapng(capture, { secrets: "E3X" })).map(({ type }) => type),
    [0x0a0d0d0a, 10, 4, 4, 1, 6, 6, 6, 1, 6, 5, 5],
  );
  t.false(Buffer.from(plain).includes(Buffer.from("E3X")));
  t.deepEqual(toPcapng(capture), plain);
});

test("a file may have more blocks than a call has arguments", (t) => {
  const records = Array.from({ length: 130_000 }, (_, i) => air({ t: i, rx: [] }));
  t.true(toPcapng(captureOf("lora", records)).length > 130_000 * 40);
});

test("blocks come as records are read", (t) => {
  let read = 0;
  const records = function* (): Generator<CaptureRecord> {
    for (const record of captureOf(
      "udp",
      Array.from({ length: 1000 }, () => air({ to: "gateway" })),
    ).records) {
      read++;
      yield record;
    }
  };
  const blocks = pcapngBlocks({ header: captureOf("udp", []).header, records: records() });
  for (let i = 0; i < 10; i++) blocks.next();
  t.true(read < 10);
});

const arrived = (capture: Capture): Arrived[] => {
  const all: Arrived[] = [];
  const packets = new Packets(capture.header, (packet) => all.push(packet));
  for (const record of capture.records) packets.add(record);
  packets.end();
  return all;
};

test("packets are put together as their receivers do it", (t) => {
  const outer = Uint8Array.from({ length: 50 }, (_, i) => i + 1);
  const frames = split(outer, 20).map(toHex);
  const sent = (of: string[], ...more: Partial<AirRecord>[]): AirRecord[] =>
    of.map((data, i) => air({ t: i * 20, to: "gateway", bytes: data, rx: [got("gateway", i * 20 + 5)], ...more[i] }));
  const whole = arrived(captureOf("ideal", sent(frames)));
  t.deepEqual(
    whole.map(({ from, to, time, frames: count, last, outer: packet }) => [from, to, time, count, last, toHex(packet)]),
    [["device", "gateway", 45, 3, 2, toHex(outer)]],
  );
  // a frame that was lost is missing; one that is held back comes late, in order all the same
  t.is(
    toHex(arrived(captureOf("ideal", sent(frames, { rx: [{ to: "gateway", fate: "lost", arrivals: [] }] })))[0]!.outer),
    toHex(outer.subarray(19)),
  );
  t.is(
    toHex(arrived(captureOf("ideal", sent(frames, { rx: [{ ...got("gateway", 41), reordered: true }] })))[0]!.outer),
    toHex(Uint8Array.from([...outer.subarray(19, 38), ...outer.subarray(0, 19), ...outer.subarray(38)])),
  );
  // in parts: only what arrives counts
  t.is(
    arrived(captureOf("ble", [...sent(frames).map((one) => ({ ...one, rx: [got("gateway")] })), ...sent(frames)]))
      .length,
    1,
  );
  // frames for all go to native nodes, where they reach one
  const all = sent(frames).map(({ to: _, ...one }) => ({ ...one, rx: [got("gateway", one.t), got("third", one.t)] }));
  t.deepEqual(
    arrived(captureOf("ideal", all)).map(({ to }) => to),
    ["gateway"],
  );
  t.deepEqual(
    arrived(
      captureOf(
        "ideal",
        all.map((one) => ({ ...one, from: "gateway", rx: [got("device", one.t), got("third", one.t)] })),
      ),
    ).map(({ to }) => to),
    ["device", "third"],
  );
});

test("any capture is a file whose blocks are well-formed", (t) => {
  const kinds = ["ideal", "ble", "advertising", "802.15.4", "lora", "nrf24", "serial", "udp"] as const;
  const record = fc.record({
    from: fc.constantFrom("gateway", "device", "ü > ;"),
    to: fc.constantFrom("gateway", "device", undefined),
    data: fc.uint8Array({ maxLength: 31 }),
    type: fc.constantFrom("data", "ack", "noise", undefined),
    attempt: fc.constantFrom(0, 1, 2, undefined),
    time: fc.integer({ min: 0, max: 1e9 }),
  });
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.array(record, { maxLength: 8 }), (kind, given) => {
      const records = given.map(({ from, to, data, type, attempt, time }) =>
        air({
          from,
          bytes: toHex(data),
          t: time / 1000,
          rx: [got(to ?? "gateway", time / 1000)],
          ...(to !== undefined && { to }),
          ...(type && { type }),
          ...(attempt !== undefined && { attempt }),
        }),
      );
      t.true(framesOf(captureOf(kind, records), true).length >= records.length);
    }),
    { numRuns: 200 },
  );
});

test("capinfos reads a file", (t) => {
  if (spawnSync("capinfos", ["--version"]).error) {
    t.log("capinfos is not installed: left out");
    t.pass();
    return;
  }
  const folder = mkdtempSync(path(tmpdir(), "e3x-mote-pcapng-"));
  const file = path(folder, "capture.pcapng");
  try {
    writeFileSync(
      file,
      toPcapng(
        captureOf("802.15.4", [air({ to: "gateway" }), air({ t: 3000, to: "gateway", rx: [got("gateway", 3001)] })]),
        { secrets: "# nothing" },
      ),
    );
    const { stdout, status } = spawnSync("capinfos", ["-M", file], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C" },
    });
    t.is(status, 0);
    for (const line of [
      /Number of packets:\s+4\n/,
      /Number of interfaces in file: 2\n/,
      /IEEE 802\.15\.4 Wireless with TAP pseudo-header/,
      /Number of decryption secrets in file: 1\n/,
      /Name = air\n/,
    ])
      t.regex(stdout, line);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
