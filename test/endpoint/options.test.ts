// What an application gives is checked at once: the error is typed, names the field and says why, and holds no secret.
import test from "ava";
import fc from "fast-check";
import { E3XError, Endpoint, Pipe, generate, toBase32 } from "../../src/index.ts";
import type { EndpointOptions, PipeOptions, State } from "../../src/index.ts";
import { hex, seeded } from "../helpers/core.ts";
import { linked, side, tick } from "./sides.ts";

const refusal = (work: () => unknown): E3XError => {
  try {
    work();
  } catch (error) {
    if (error instanceof E3XError) return error;
    throw error;
  }
  throw new Error(`it was taken: ${String(work)}`);
};
const refused = (work: () => unknown): [string, string | undefined] => {
  const { code, field, message } = refusal(work);
  if (message.length < 20) throw new Error(`it says too little: ${message}`);
  return [code, field];
};
const pipe = (options: unknown): Pipe => new Pipe(options as PipeOptions);

test("a transport is framed, with a whole number of 2 to 256 bytes, or takes whole packets", (t) => {
  for (const mtu of [2, 20, 256]) t.is(pipe({ mtu }).mtu, mtu);
  for (const mtu of [256, 1400, 65535]) t.is(pipe({ mtu, datagram: true }).mtu, mtu);
  for (const mtu of [undefined, null, "20", 0, 1, 257, 1400, 20.5, NaN, Infinity, -20, [20], { mtu: 20 }, true]) {
    t.deepEqual(
      refused(() => pipe({ mtu, limit: 100 })),
      ["OPTION", "mtu"],
      String(mtu),
    );
  }
  for (const mtu of [undefined, "1400", 0, 20, 255, 65536, 1400.5, NaN])
    t.deepEqual(
      refused(() => pipe({ mtu, datagram: true })),
      ["OPTION", "mtu"],
      String(mtu),
    );
});

test("the size of frames may change, to another that it may have", (t) => {
  const one = pipe({ mtu: 20 });
  for (const mtu of [1, 257, "50", NaN, undefined])
    t.deepEqual(
      refused(() => {
        one.mtu = mtu as number;
      }),
      ["OPTION", "mtu"],
    );
  t.is(one.mtu, 20);
  one.mtu = 50;
  t.is(one.mtu, 50);
  const whole = pipe({ mtu: 1400, datagram: true });
  t.deepEqual(
    refused(() => {
      whole.mtu = 20;
    }),
    ["OPTION", "mtu"],
  );
});

test("all else of a transport is checked, too, and says what it is", (t) => {
  for (const options of [undefined, null, 20, "ble"])
    t.deepEqual(
      refused(() => pipe(options)),
      ["OPTION", "options"],
    );
  for (const name of ["stream", "blocking", "datagram"])
    for (const value of [1, "false", null])
      t.deepEqual(
        refused(() => pipe({ mtu: 20, [name]: value })),
        ["OPTION", name],
      );
  for (const name of ["stream", "blocking"])
    t.deepEqual(
      refused(() => pipe({ mtu: 1400, datagram: true, [name]: true })),
      ["OPTION", name],
    );
  for (const name of ["limit", "queue"])
    for (const value of [0, -1, 1.5, "100", Infinity])
      t.deepEqual(
        refused(() => pipe({ mtu: 20, [name]: value })),
        ["OPTION", name],
      );
  for (const name of ["room", "over"])
    t.deepEqual(
      refused(() => pipe({ mtu: 20, [name]: 5 })),
      ["OPTION", name],
    );
  t.regex(refusal(() => pipe({ mtu: "20" })).message, /^mtu: .*2 to 256.*datagram.*a string$/);
});

test("what carries whole packets does: messages, handshakes and channels, none of them cut, none too long", (t) => {
  const whole = { mtu: 300, datagram: true };
  const got: string[] = [];
  const { a, b, ab } = linked({ pipe: whole }, { pipe: whole });
  const sizes: number[] = [];
  const watch = (frame: Uint8Array): Uint8Array[] => {
    sizes.push(frame.length);
    // each is a packet: channels begin with 0 0, messages with 0 1
    t.is(frame[0], 0);
    return [frame];
  };
  b.endpoint.handle("say", (channel) => {
    channel.on = (event, data) => {
      if (event === "packet") got.push(hex((data as { body: Uint8Array }).body));
    };
  });
  const content = Uint8Array.from({ length: 2000 }, (_, i) => i & 255);
  ab.send(content);
  ab.send("short");
  tick(a, b, 1, watch);
  t.deepEqual(b.events, [`message ${hex(content)}`, `message ${hex(Buffer.from("short"))}`]);
  const channel = ab.channel({ type: "say", seq: 1 }, content.subarray(0, ab.quota()));
  for (let i = 0; i < 4; i++) channel.send({}, content.subarray(0, channel.quota()));
  for (let now = 2; now < 5; now += 0.25) tick(a, b, now, watch);
  t.deepEqual(
    got.map(({ length }) => length),
    Array.from({ length: 5 }, () => ab.quota() * 2),
  );
  t.true(Math.max(...sizes) <= 300 && Math.max(...sizes) > 280, `${Math.max(...sizes)}`);
  t.deepEqual([a.endpoint.drops, b.endpoint.drops], [{}, {}]);
});

test("a datagram that is too long is refused where it is sent, and dropped where it comes", (t) => {
  const one = pipe({ mtu: 256, datagram: true });
  t.is(refusal(() => one.send(new Uint8Array(257))).code, "PACKET_TOO_LARGE");
  t.is(one.frame(), undefined);
  one.send(new Uint8Array(256).fill(1));
  t.is(one.frame()!.length, 256);
  const got: number[] = [];
  t.is(
    one.receive(new Uint8Array(257), 0, () => got.push(1)),
    1,
  );
  t.is(
    one.receive(new Uint8Array(0), 0, () => got.push(1)),
    0,
  );
  t.deepEqual(got, []);
  const b = side("b", { pipe: { mtu: 256, datagram: true } });
  for (const length of [257, 1, 40]) b.endpoint.receive(b.pipe, new Uint8Array(length), 1);
  t.deepEqual(Object.keys(b.endpoint.drops).sort(), ["PACKET_TOO_LARGE", "PACKET_TOO_SHORT", "TOKEN"]);
});

test("frames may be any view of bytes, and nothing else", (t) => {
  const kinds: { [name: string]: (frame: Uint8Array) => ArrayBufferView | ArrayBuffer } = {
    Buffer: (frame) => Buffer.from(frame),
    ArrayBuffer: (frame) => frame.slice().buffer,
    // in the middle of what it is a view of, as Web Bluetooth has it
    DataView: (frame) => new DataView(Uint8Array.of(9, 9, ...frame, 9).buffer, 2, frame.length),
    Int8Array: (frame) => new Int8Array(frame.slice().buffer),
    Uint8ClampedArray: (frame) => new Uint8ClampedArray(frame.slice().buffer),
  };
  for (const [name, as] of Object.entries(kinds)) {
    const { a, b, ab } = linked();
    ab.send("hello");
    for (let frame = a.pipe.frame(); frame; frame = a.pipe.frame()) b.endpoint.receive(b.pipe, as(frame), 1);
    t.deepEqual(b.events, [`message ${hex(Buffer.from("hello"))}`], name);
  }
  const b = side("b");
  for (const frame of [undefined, null, "text", [1, 2, 3], 5, { length: 3 }]) {
    t.deepEqual(
      refused(() => b.endpoint.receive(b.pipe, frame as never, 1)),
      ["OPTION", "frame"],
    );
    t.deepEqual(
      refused(() => b.endpoint.packet(b.pipe, frame as never, 1)),
      ["OPTION", "packet"],
    );
  }
  t.deepEqual(b.endpoint.drops, {});
});

test("without a time nothing is done, instead of timers that never come", (t) => {
  const b = side("b");
  for (const now of [undefined, NaN, Infinity, "5"]) {
    t.deepEqual(
      refused(() => b.endpoint.receive(b.pipe, new Uint8Array(3), now as number)),
      ["OPTION", "now"],
    );
    t.deepEqual(
      refused(() => b.endpoint.poll(now as number)),
      ["OPTION", "now"],
    );
    t.deepEqual(
      refused(() => b.endpoint.drain(now as number, { write: () => undefined })),
      ["OPTION", "now"],
    );
  }
});

const pairs = generate(seeded("options"));
const other = generate(seeded("other"))["1a"].key;
const endpoint = (options: object): Endpoint =>
  new Endpoint({ pairs, random: seeded("endpoint"), events: {}, ...options } as EndpointOptions);

test("wrong key pairs name the field, with the code of what is wrong", (t) => {
  const { key, secret } = pairs["1a"];
  const zeros = new Uint8Array(20);
  for (const [given, code, field] of [
    [undefined, "OPTION", "pairs"],
    [null, "OPTION", "pairs"],
    ["1a", "OPTION", "pairs"],
    [{}, "CSID", "pairs"],
    [{ "1a": undefined }, "CSID", "pairs"],
    [{ key, secret }, "CSID", "pairs"],
    [{ "1A": pairs["1a"] }, "CSID", "pairs"],
    [{ "3a": pairs["1a"] }, "CSID", "pairs"],
    [{ ...pairs, "2a": pairs["1a"] }, "CSID", "pairs"],
    [{ "1a": null }, "OPTION", "pairs.1a"],
    [{ "1a": "key" }, "OPTION", "pairs.1a"],
    [{ "1a": { key } }, "OPTION", "pairs.1a.secret"],
    [{ "1a": { key: toBase32(key), secret } }, "OPTION", "pairs.1a.key"],
    [{ "1a": { key, secret: hex(secret) } }, "OPTION", "pairs.1a.secret"],
    [{ "1a": { key: key.subarray(1), secret } }, "KEY_LENGTH", "pairs.1a.key"],
    [{ "1a": { key: new Uint8Array(21), secret } }, "KEY_PREFIX", "pairs.1a.key"],
    [{ "1a": { key: new Uint8Array(21).fill(255).fill(2, 0, 1), secret } }, "KEY_RANGE", "pairs.1a.key"],
    [{ "1a": { key, secret: secret.subarray(1) } }, "SECRET_LENGTH", "pairs.1a.secret"],
    [{ "1a": { key, secret: zeros } }, "SECRET_RANGE", "pairs.1a.secret"],
    [{ "1c": pairs["1a"] }, "KEY_LENGTH", "pairs.1c.key"],
  ] as const)
    t.deepEqual(
      refused(() => endpoint({ pairs: given })),
      [code, field],
    );
  t.notThrows(() => endpoint({ pairs: { ...pairs, "1c": undefined } }));
});

test("an error about a secret does not quote it", (t) => {
  const { key, secret } = pairs["1a"];
  for (const wrong of [hex(secret), toBase32(secret), new Uint8Array([...secret, 7, 7])]) {
    const { message, stack } = refusal(() => endpoint({ pairs: { "1a": { key, secret: wrong } } }));
    for (const text of [hex(secret), toBase32(secret), secret.join(",")]) t.false(`${message}${stack!}`.includes(text));
  }
});

test("each other option of an endpoint is checked and named", (t) => {
  for (const [name, values] of Object.entries({
    random: [undefined, null, 5],
    events: [undefined, null, "on"],
    save: ["file", null],
    accept: [true],
    judge: [1],
    recent: [{}],
    epoch: [5],
    wake: ["x"],
    room: [0, "5", 1.5],
    patience: [0, -1, NaN, "30"],
    message: [0, 70000, "1"],
    content: [0, 1.5],
    z: [3, -1, "1"],
    window: [0, "64"],
  }))
    for (const value of values)
      t.deepEqual(
        refused(() => endpoint({ [name]: value })),
        ["OPTION", name],
      );
  t.deepEqual(
    refused(() => endpoint({ events: { message: "log" } })),
    ["OPTION", "events.message"],
  );
  t.deepEqual(
    refused(() => new Endpoint(undefined as never)),
    ["OPTION", "options"],
  );
});

const id = toBase32(other);
const good = { handshakes: [3, 2], messages: [64, 7] };

test("a bad entry of the state is named, whatever is wrong with it", (t) => {
  const own = toBase32(pairs["1a"].key);
  const off = Uint8Array.from(other);
  const offCurve = (): string => {
    for (let last = 0; last < 256; last++) {
      off[20] = last;
      const text = toBase32(off);
      if (text !== id && refusalOr(() => endpoint({ state: { [text]: good } }))) return text;
    }
    throw new Error("all are on the curve");
  };
  const refusalOr = (work: () => unknown): boolean => {
    try {
      work();
      return false;
    } catch {
      return true;
    }
  };
  for (const [entries, field] of [
    [{ "not base32!": good }, "state.not base32!"],
    [{ [id.toUpperCase()]: good }, `state.${id.toUpperCase()}`],
    [{ [id.slice(1)]: good }, `state.${id.slice(1)}`],
    [{ "": good }, "state."],
    [{ [`${id}aaaa`]: good }, `state.${id}aaaa`],
    [{ ["b".repeat(34)]: good }, `state.${"b".repeat(34)}`],
    [{ [own]: good }, `state.${own}`],
    [{ ["a".repeat(500)]: good }, `state.${"a".repeat(60)}...`],
    [{ [offCurve()]: good }, `state.${toBase32(off)}`],
    [{ [id]: null }, `state.${id}`],
    [{ [id]: "3,2,64,7" }, `state.${id}`],
    [{ [id]: 5 }, `state.${id}`],
    [{ [id]: {} }, `state.${id}.handshakes`],
    [{ [id]: { ...good, messages: 5 } }, `state.${id}.messages`],
    [{ [id]: { ...good, messages: [1] } }, `state.${id}.messages`],
    [{ [id]: { ...good, handshakes: ["3", 2] } }, `state.${id}.handshakes[0]`],
    [{ [id]: { ...good, handshakes: [3, -1] } }, `state.${id}.handshakes[1]`],
    [{ [id]: { ...good, handshakes: [2 ** 53, 2] } }, `state.${id}.handshakes[0]`],
    [{ [id]: { ...good, messages: [64, 2 ** 32] } }, `state.${id}.messages[1]`],
    [{ [id]: { ...good, messages: [1.5, 7] } }, `state.${id}.messages[0]`],
    [{ [id]: { ...good, messages: [NaN, 7] } }, `state.${id}.messages[0]`],
    [{ [id]: { ...good, messages: [null, 7] } }, `state.${id}.messages[0]`],
    [{ [id]: { ...good, token: "xyz" } }, `state.${id}.token`],
    [{ [id]: { ...good, token: 5 } }, `state.${id}.token`],
    [{ [id]: { ...good, blocked: 1 } }, `state.${id}.blocked`],
    [{ [id]: [1, 2, 3] }, `state.${id}.messages[1]`],
  ] as const)
    t.deepEqual(
      refused(() => endpoint({ state: { ...entries } })),
      ["STATE", field],
      field,
    );
  for (const state of [null, "text", 5, []])
    t.deepEqual(
      refused(() => endpoint({ state })),
      ["STATE", "state"],
    );
});

test("a good state is taken, as it is now and as 0.1.0 wrote it, and not changed", (t) => {
  const token = "00112233445566778899aabbccddeeff";
  for (const entry of [{ ...good, token }, [3, 2, 64, 7, 0, token]]) {
    const state = { [id]: entry } as State;
    const before = structuredClone(state);
    const one = endpoint({ state });
    t.deepEqual(one.links[0]!.state, [3, 2, 64, 7]);
    t.deepEqual(one.state, { [id]: { ...good, token } } as State);
    one.links[0]!.pipe = new Pipe({ mtu: 20 });
    one.links[0]!.send("raises what is kept");
    t.deepEqual(state, before);
  }
});

test("whatever a state is, it is taken or refused by an error that names it", (t) => {
  fc.assert(
    fc.property(
      fc.oneof(fc.anything(), fc.dictionary(fc.constantFrom(id, toBase32(pairs["1a"].key), "x"), fc.anything())),
      (state) => {
        try {
          endpoint({ state: state ?? {} });
        } catch (error) {
          t.true(
            error instanceof E3XError && error.code === "STATE" && error.field!.startsWith("state"),
            String(error),
          );
        }
      },
    ),
    { seed: 3, numRuns: 300 },
  );
});
