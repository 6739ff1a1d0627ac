import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import test from "ava";
import { MTUS, ours, theirHandshakes, theirReadings, totalOf } from "../../bench/overhead.ts";
import type { Size } from "../../bench/overhead.ts";

const { handshakes, readings, others } = ours();
const sizes = (rows: (Size & { name: string })[]) => Object.fromEntries(rows.map(({ name, bytes }) => [name, bytes]));
const air = (row: Size, part: "frames" | "bytes") => row.air.map((on) => on[part]);

test("a link takes two messages, and both sides know each other after one round trip", (t) => {
  // OUTER 32; INNER: LENGTH 2, HEAD {"type":"link","at":1}, attached packet of LENGTH 2, HEAD {"1a":true}, key 21
  const one = 32 + 2 + 22 + 2 + 11 + 21;
  t.deepEqual(
    handshakes.map(({ name, packets, bytes }) => ({ name, packets, bytes })),
    [
      { name: "link", packets: [one, one], bytes: 180 },
      // ,"z":1
      { name: "link with z=1", packets: [one + 6, one + 6], bytes: 192 },
      // nine digits more
      { name: "link, `at` in Unix time", packets: [one + 9, one + 9], bytes: 198 },
    ],
  );
  for (const { sendable, authenticated } of handshakes) t.deepEqual([sendable, authenticated], [1, 1]);
});

test("bytes of a reading of 16 bytes", (t) => {
  t.deepEqual(sizes(readings), {
    // OUTER 32, INNER with `at` 6
    "message": 32 + 6 + 16,
    // OUTER 26: LENGTH 2, TOKEN 16, IV 4, MAC 4; INNER in LOB: LENGTH 2, HEAD {"c":1}
    "unreliable channel, LOB": 26 + 2 + 7 + 16,
    // INNER in CBOR: c, head of a byte string, LENGTH of the packet in it
    "unreliable channel, CBOR": 26 + 1 + 1 + 2 + 16,
    // ,"seq":5
    "reliable channel, LOB": 26 + 2 + 15 + 16,
    "reliable channel, CBOR": 26 + 1 + 1 + 2 + 16 + 1,
  });
  t.deepEqual(sizes(others), {
    // ,"type":"reading"
    "first of an unreliable channel, LOB": 26 + 2 + 24 + 16,
    "first of an unreliable channel, CBOR": 26 + 1 + 1 + 2 + 16 + 8,
    // {"c":1,"ack":5}
    "ack of a reliable channel, LOB": 26 + 2 + 15,
    "ack of a reliable channel, CBOR": 26 + 3,
  });
});

test("frames: a length byte each, and a zero at the end", (t) => {
  t.deepEqual(MTUS, [20, 50, 120, 250]);
  const [message, , cbor] = readings;
  // 19 + 19 + 16 bytes
  t.deepEqual(air(message!, "frames"), [3, 2, 1, 1]);
  t.deepEqual(air(message!, "bytes"), [54 + 3 + 1, 54 + 2 + 1, 54 + 1 + 1, 54 + 1 + 1]);
  t.deepEqual(air(cbor!, "frames"), [3, 1, 1, 1]);
  t.deepEqual(air(cbor!, "bytes"), [46 + 3 + 1, 46 + 1 + 1, 46 + 1 + 1, 46 + 1 + 1]);
  t.deepEqual(air(handshakes[0]!, "frames"), [10, 4, 2, 2]);
  t.deepEqual(air(handshakes[0]!, "bytes"), [180 + 10 + 2, 180 + 4 + 2, 180 + 2 + 2, 180 + 2 + 2]);
  // message_3 of EDHOC, 19 bytes, fills a frame: the zero has one of its own
  t.is(air(theirHandshakes[0]!, "frames")[0], 2 + 3 + 2);
});

test("flights of others add up to the totals that their sources print, and each figure has its source", (t) => {
  t.deepEqual(sizes(theirHandshakes), {
    "EDHOC, static DH, kid": 101,
    "EDHOC, signatures, kid": 216,
    "DTLS 1.3 CID, raw public keys": 894,
    "DTLS 1.3 CID, PSK and ECDHE": 501,
    "Noise KK, 25519": 96,
    "Noise IK, 25519": 144,
    "Noise XX, 25519": 192,
    "LoRaWAN 1.0.4 join": 40,
    "Reticulum link": 297,
  });
  for (const { name, source } of [...theirHandshakes, ...theirReadings]) t.truthy(source, name);
  for (const { after } of theirReadings)
    t.true(after === undefined || theirHandshakes.some(({ name }) => name === after));
});

test("totals have the handshake in them, once", (t) => {
  const [message, lob, cbor] = readings;
  t.is(totalOf(message!, handshakes, 10), 540);
  t.is(totalOf(lob!, handshakes, 10), 180 + 510);
  t.is(totalOf(cbor!, handshakes, 10), 192 + 460);
  t.is(totalOf(theirReadings[0]!, theirHandshakes, 10), 101 + 300);
});

test("the command prints a table, or JSON", (t) => {
  const run = (...args: string[]) =>
    execFileSync(
      process.execPath,
      ["--import=tsx", fileURLToPath(new URL("../../bench/overhead.ts", import.meta.url)), ...args],
      { encoding: "utf8" },
    );
  t.deepEqual(
    JSON.parse(run("--json")).ours.readings.map(({ bytes }: Size) => bytes),
    readings.map(({ bytes }) => bytes),
  );
  const lines = run().split("\n");
  t.regex(
    lines.find((line) => line.startsWith("  link "))!,
    / 90 \+ 90 +180 /,
  );
  // below 1 ours is smaller
  t.regex(
    lines.find((line) => line.startsWith("  DTLS 1.3 CID, raw public keys"))!,
    / 894 +0\.20 /,
  );
  t.regex(
    lines.find((line) => line.startsWith("  OSCORE request"))!,
    / 30 +14 +1\.80 +1\.53 /,
  );
});
