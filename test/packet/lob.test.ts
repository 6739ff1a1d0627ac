import test from "ava";
import fc from "fast-check";
import { lob } from "../../src/index.ts";
import { codeOf, hex } from "../helpers/core.ts";

const SEED = { seed: 1, numRuns: 300 };
const data = (maxLength: number) => fc.uint8Array({ maxLength, size: "max" });

test("a packet with a binary head is read as it was made", (t) => {
  fc.assert(
    fc.property(data(6), data(600), (head, body) => {
      const packet = lob.encode(head, body);
      const decoded = lob.decode(packet);
      t.is(packet.length, 2 + head.length + body.length);
      t.deepEqual(
        [hex(decoded.head), hex(decoded.body), decoded.json, decoded.error],
        [hex(head), hex(body), undefined, undefined],
      );
    }),
    SEED,
  );
});

test("a packet with a JSON head is read as it was made", (t) => {
  const heads = fc.dictionary(
    fc.string({ unit: "grapheme", minLength: 1 }).filter((key) => key !== "__proto__"),
    fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
    { minKeys: 1 },
  );
  fc.assert(
    fc.property(heads, data(100), (json, body) => {
      const decoded = lob.decode(lob.encode(json, body));
      if (decoded.head.length < 7) t.is(decoded.json, undefined);
      else t.deepEqual(decoded.json, JSON.parse(JSON.stringify(json)));
      t.is(decoded.error, undefined);
      t.is(hex(decoded.body), hex(body));
    }),
    SEED,
  );
});

test("any bytes are a packet, a typed error, or HEAD and BODY with an error flag", (t) => {
  let flagged = 0;
  // small LENGTHs are likelier than chance would have them
  const packets = fc
    .tuple(fc.oneof(fc.constant(0), fc.nat(255)), data(120))
    .map(([high, rest]) => Uint8Array.of(high > 2 ? 0 : high, ...rest));
  fc.assert(
    fc.property(packets, (packet) => {
      const length = packet.length < 2 ? -1 : packet[0]! * 256 + packet[1]!;
      const code = codeOf(() => lob.decode(packet));
      t.is(code, length < 0 ? "PACKET_TOO_SHORT" : length + 2 > packet.length ? "PACKET_LENGTH" : undefined);
      if (code) return;
      const decoded = lob.decode(packet);
      t.is(hex(lob.encode(decoded.head, decoded.body)), hex(packet));
      if (length > 6) {
        t.is(decoded.error, decoded.json ? undefined : "JSON");
        if (decoded.error) flagged++;
      } else t.deepEqual([decoded.error, decoded.json], [undefined, undefined]);
    }),
    { seed: 2, numRuns: 2000 },
  );
  t.true(flagged > 100, `${flagged}`);
});

test("every cut of a packet is a typed error or a shorter BODY", (t) => {
  const packet = lob.encode({ type: "link", at: 1000 }, new Uint8Array(30));
  for (let length = 0; length < packet.length; length++) {
    const code = codeOf(() => lob.decode(packet.subarray(0, length)));
    t.is(code, length < 2 ? "PACKET_TOO_SHORT" : length < packet.length - 30 ? "PACKET_LENGTH" : undefined);
  }
});

test("a HEAD of 7 bytes is JSON, of 6 is not", (t) => {
  const six = new TextEncoder().encode('{"a":1');
  t.is(lob.decode(lob.encode(six)).error, undefined);
  t.deepEqual(lob.decode(lob.encode({ a: 1 })).json, { a: 1 });
  t.is(lob.decode(lob.encode(Uint8Array.of(...six, 32))).error, "JSON");
});

test("a HEAD may have 65,535 bytes and no more", (t) => {
  const packet = lob.encode(new Uint8Array(65535), Uint8Array.of(1));
  t.is(hex(packet.subarray(0, 2)), "ffff");
  t.is(lob.decode(packet).head.length, 65535);
  t.is(
    codeOf(() => lob.encode(new Uint8Array(65536))),
    "PACKET_HEAD",
  );
});
