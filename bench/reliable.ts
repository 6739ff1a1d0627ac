/**
 * What a reliable channel gets through a bad radio: a Puck.js with the bundle as it is flashed, in V8 and simulated time, a
 * gateway, and between them Bluetooth frames of 20 bytes, one each 16 ms either way. Every byte is checked by its position.
 * The time that Espruino's interpreter would take is not in it, but that of native code is: what limits is the link.
 * `npx tsx bench/reliable.ts [BYTES]`, 1,000,000 if not given; `--json` for programs.
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import { loadBoard, measureBoard } from "../tools/build/index.ts";
import { compress, errorCode, generate, toBase32 } from "../src/index.ts";
import type { Packet } from "../src/index.ts";
import { Gateway, Simulator, VmHost, randomOf } from "../sim/index.ts";
import type { DeviceHost } from "../sim/index.ts";

/** Bytes of a frame, and milliseconds from one to the next: what ble.ts of the device keeps to. */
const FRAME = 20;
const PACE = 16;

/** Bytes a second that the link takes each way. */
export const CAPACITY = (FRAME * 1000) / PACE;

/** Shares of frames that are lost. */
export const LOSSES = [0, 0.05, 0.1, 0.2, 0.3];

/** The rest of what is bad: 5 % of frames twice, 5 % late; the copy, and what is late, by up to ten frames. */
export const BAD = { duplication: 0.05, reordering: 0.05, holdback: 10 * PACE };

export interface TransferOptions {
  /** Bytes that the channel carries. */
  bytes: number;
  loss?: number;
  duplication?: number;
  reordering?: number;
  holdback?: number;
  /** Who sends. Default "device". */
  from?: "device" | "gateway";
  /** Packets that may wait, of both; 1 is stop-and-wait. Default: what they have by themselves. */
  window?: number;
  seed?: number;
  /** Default: V8. */
  host?: DeviceHost;
  /** Virtual seconds after which it is given up. */
  limit?: number;
}

export interface Transfer {
  /** Bytes that came, in order, each the one of its position, and how many came that were not. */
  got: number;
  wrong: number;
  /** Why the channel closed on either side; "well" where all was acknowledged. */
  closed: { device: string | undefined; gateway: string | undefined };
  /** Virtual seconds from the opening to the last byte. */
  seconds: number;
  /** Bytes a second, and their share of what the link takes, and of what headers and chunks of packets of the sizes used leave. */
  goodput: number;
  ofLink: number;
  ofRest: number;
  /** Frames on the air from each, the link's setup and end included. */
  frames: { device: number; gateway: number };
  /** How many packets had a BODY of a size. */
  sizes: Map<number, number>;
  /** What was refused, by code. */
  drops: { device: Partial<Record<string, number>>; gateway: Partial<Record<string, number>> };
}

const app = fileURLToPath(new URL("../test/sim/fixtures/bulk.js", import.meta.url));
const board = loadBoard("puckjs");
// native code takes its own time: what else getTime adds for a step of the curve is not so
const fast = { ...board, curveStepMs: 0.01 };
let bundle: Promise<string> | undefined;

/** The byte at a position. */
const byte = (i: number): number => (i * 13 + (i >> 8) * 5 + (i >> 16) * 3) & 255;

/** Has one side send to the other by a reliable channel. */
export async function transfer(options: TransferOptions): Promise<Transfer> {
  const {
    bytes,
    loss = 0,
    duplication = 0,
    reordering = 0,
    holdback = 1,
    from = "device",
    window,
    seed = 1,
    host = new VmHost({ memory: false }),
    limit = 1e6,
  } = options;
  bundle ??= measureBoard(board, { app }).then(({ files }) => files["bundle.js"]!);
  const timeout = 600;
  const pair = generate(randomOf(seed, "gateway/identity"))["1a"];
  const gateway = new Gateway({
    pair,
    random: randomOf(seed, "gateway/random"),
    mtu: FRAME,
    pace: PACE,
    pairing: true,
    ...(window && { window }),
  });
  const result: Transfer = {
    got: 0,
    wrong: 0,
    closed: { device: undefined, gateway: undefined },
    seconds: 0,
    goodput: 0,
    ofLink: 0,
    ofRest: 0,
    frames: { device: 0, gateway: 0 },
    sizes: new Map(),
    drops: { device: {}, gateway: {} },
  };
  const { frames, drops, closed } = result;
  let start: number | undefined;
  let end = 0;
  let packets = 0;
  let ups = 0;
  const simulator = new Simulator({
    seed,
    medium: { frameSize: FRAME, latency: 5, loss, duplication, reordering, holdback },
    sink: () => undefined,
    observe: (event) => {
      if (event.kind === "sent") frames[event.from as "device" | "gateway"]++;
      if (event.kind !== "log" || event.at !== "device") return;
      const [what, ...more] = event.text.split(" ");
      if (what === "up") {
        ups++;
        if (from === "device") start ??= event.time;
      } else if (what === "drop") {
        const code = errorCode(Number(more[0]))!;
        drops.device[code] = (drops.device[code] ?? 0) + 1;
      } else if (what === "closed") closed.device = more.join(" ");
      else if (what === "got") {
        result.got = Number(more[0]);
        end = event.time;
      } else if (what === "wrong") result.wrong++;
      else if (what !== "down") throw new Error(event.text);
    },
  });
  /** Frames that a packet of the device takes, or of the gateway. */
  const count = ({ json, body }: Pick<Packet, "json" | "body">): void => {
    result.sizes.set(body.length, (result.sizes.get(body.length) ?? 0) + 1);
    packets += Math.ceil((26 + compress(json!, body).length + 1) / (FRAME - 1));
  };
  gateway.handle("bulk", (channel) => {
    channel.timeout = timeout;
    channel.on = (event, data) => {
      if (event === "close") closed.gateway = data === undefined ? "well" : (data as string);
      if (event !== "packet") return;
      const packet = data as Packet;
      for (const one of packet.body) if (one !== byte(result.got++)) result.wrong++;
      if (packet.body.length) count(packet);
      if (packet.json!["end"]) {
        end = simulator.time;
        channel.send({ end: true });
      }
    };
  });
  const config = {
    gateway: toBase32(gateway.key),
    bytes: from === "device" ? bytes : 0,
    timeout,
    ...(window && { window }),
  };
  await simulator.addNode("gateway", gateway);
  await simulator.addDevice("device", host, {
    board: fast,
    bundle: await bundle,
    radio: "ble",
    mtu: FRAME + 3,
    storage: { config: Uint8Array.from(Buffer.from(JSON.stringify(config))) },
  });
  try {
    if (from === "gateway") {
      await simulator.runWhile(() => ups > 0, limit * 1000);
      start = simulator.time;
      let at = 0;
      const channel = gateway.links[0]!.channel({ type: "bulk", seq: 1 }, undefined, (event, data) => {
        if (event === "close") closed.gateway = data === undefined ? "well" : (data as string);
        if (event === "drain") more();
      });
      channel.timeout = timeout;
      const more = (): void => {
        for (let room = true; room && at < bytes;) {
          const size = Math.min(channel.quota(), bytes - at);
          const body = Uint8Array.from({ length: size }, (_, i) => byte(at + i));
          at += size;
          // as long as packets are in the middle of it
          count({ json: { c: channel.id, seq: Math.ceil(at / size) }, body });
          room = channel.send(at < bytes ? undefined : { end: true }, body);
        }
      };
      // what opens it takes the one place of a window of 1
      if (window !== 1) more();
      await simulator.poke("gateway");
    }
    await simulator.runWhile(() => closed.device !== undefined && closed.gateway !== undefined, limit * 1000);
  } finally {
    await simulator.close();
  }
  result.seconds = (end - (start ?? 0)) / 1000;
  result.goodput = result.got / result.seconds;
  result.ofLink = result.goodput / CAPACITY;
  result.ofRest = result.ofLink / (result.got / (packets * FRAME));
  drops.gateway = { ...gateway.drops };
  return result;
}

const number = (value: number): string => Math.round(value).toLocaleString("en");
const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;

/** The sizes of most packets, the most frequent first. */
function sizesOf({ sizes }: Transfer): string {
  const all = [...sizes.values()].reduce((sum, count) => sum + count, 0);
  const often = [...sizes].filter(([, count]) => count * 20 > all).sort((one, other) => other[1] - one[1]);
  return often.map(([size, count]) => `${size} (${Math.round((count / all) * 100)} %)`).join(", ");
}

async function main(): Promise<void> {
  const json = process.argv.includes("--json");
  const bytes = Number(process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? 1e6);
  const say = (text: string): void => {
    if (!json) console.log(text);
  };
  const rows: { name: string; loss: number; transfer: Transfer; alone: Transfer }[] = [];
  say(
    `${number(bytes)} bytes by a reliable channel, frames of ${FRAME} bytes, one each ${PACE} ms: ${number(CAPACITY)} bytes/s`,
  );
  say(
    `bad: 5 % of frames twice, 5 % late, both by up to 10 frames; stop-and-wait: one packet at a time, of the same sizes\n`,
  );
  say(`                              bytes/s  of link  of what     stop-and-wait     hours   frames`);
  say(
    `                                               headers leave  bytes/s  times           device    gateway   bytes of content in a packet`,
  );
  for (const from of ["device", "gateway"] as const) {
    for (const [bad, loss] of [[false, 0], ...LOSSES.map((loss) => [true, loss] as const)] as const) {
      const options = { bytes, loss, from, ...(bad && BAD) };
      const done = await transfer(options);
      // it is slower, and evens out as soon
      const alone = await transfer({ ...options, bytes: bytes / 10, window: 1 });
      for (const { got, wrong, closed } of [done]) {
        if (got !== bytes || wrong || closed.device !== "well" || closed.gateway !== "well")
          throw new Error(`not all came: ${JSON.stringify({ got, wrong, closed })}`);
      }
      const name = `from ${from}, ${bad ? "bad" : "good"}, ${Math.round(loss * 100)} % lost`;
      rows.push({ name, loss, transfer: done, alone });
      say(
        [
          name.padEnd(29),
          number(done.goodput).padStart(8),
          percent(done.ofLink).padStart(9),
          percent(done.ofRest).padStart(13),
          number(alone.goodput).padStart(9),
          (done.goodput / alone.goodput).toFixed(1).padStart(7),
          (done.seconds / 3600).toFixed(2).padStart(8),
          number(done.frames.device).padStart(10),
          number(done.frames.gateway).padStart(10),
          `   ${sizesOf(done)}`,
        ].join(""),
      );
      const drops = (["device", "gateway"] as const).map(
        (side) =>
          `${side} ${
            Object.entries(done.drops[side])
              .map(([code, n]) => `${code} ${n}`)
              .join(", ") || "nothing"
          }`,
      );
      say(`    refused: ${drops.join("; ")}`);
    }
  }
  if (json)
    console.log(
      JSON.stringify(
        {
          bytes,
          capacity: CAPACITY,
          rows: rows.map((row) => ({
            ...row,
            transfer: { ...row.transfer, sizes: Object.fromEntries(row.transfer.sizes) },
            alone: { ...row.alone, sizes: Object.fromEntries(row.alone.sizes) },
          })),
        },
        undefined,
        2,
      ),
    );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
