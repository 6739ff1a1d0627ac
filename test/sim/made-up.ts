// A run that never was, for tests of the report: an outcome and its capture, made up from a seed.

import { split, toHex, token } from "../../src/index.ts";
import { deriveState, sfc32, uniform } from "../../sim/index.ts";
import type { AirRecord, Capture, CaptureRecord, Reception, Why } from "../../sim/index.ts";
import type { Delivery, DeviceOutcome, Outcome } from "../../sim/outcome.ts";

export interface MadeUpOptions {
  devices: number;
  /** Messages of each device. */
  messages: number;
  seed?: number;
  /** By number of the device. */
  name?: (i: number) => string;
  log?: string;
  positions?: boolean;
}

const whys: Why[] = ["collision", "weak", "loss", "deaf"];

/** Devices handshake with a gateway through a LoRa cell, then send messages that it answers on a channel, frames of 20 bytes. */
export function madeUp({
  devices,
  messages,
  seed = 1,
  name = (i) => `sensor-${i + 1}`,
  log = "linked",
  positions = true,
}: MadeUpOptions): { outcome: Outcome; capture: Capture } {
  const random = uniform(seed, "made up");
  const byte = sfc32(deriveState(seed, "made up bytes"));
  const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, () => byte());
  const records: CaptureRecord[] = [];
  const air: AirRecord[] = [];
  const deliveries: Delivery[] = [];
  const rows: DeviceOutcome[] = [];
  const period = 60_000;
  const end = (messages + 1) * period;
  let lost = 0;
  let receptions = 0;

  /** Sends a packet; returns when the last frame arrived, or undefined. */
  const send = (time: number, from: string, to: string, outer: Uint8Array, loss: number): number | undefined => {
    let at = time;
    let whole = true;
    for (const frame of split(outer, 20)) {
      for (let attempt = 1; attempt <= 2; attempt++) {
        const length = 20 + frame.length * 1.6;
        const why = random() < loss ? whys[Math.floor(random() * whys.length)]! : undefined;
        const rssi = Math.round(-70 - random() * 40);
        const rx: Reception[] = [
          { to, fate: why ? "lost" : "delivered", arrivals: why ? [] : [at + length], rssi, ...(why && { why }) },
        ];
        air.push({
          k: "air",
          t: at,
          medium: "cell",
          from,
          to,
          bytes: toHex(frame),
          air: length,
          attempt,
          channel: Math.floor(random() * 3),
          detail: { spreading: 7 },
          rx,
        });
        receptions++;
        at += length + 15 + random() * 20;
        if (why) lost++;
        if (!why) break;
        if (attempt === 2) whole = false;
      }
    }
    return whole ? at : undefined;
  };

  records.push({
    k: "join",
    t: 0,
    name: "gateway",
    what: "node",
    media: ["cell"],
    ...(positions && { position: [0, 0] as const }),
  });
  for (let i = 0; i < devices; i++) {
    const device = name(i);
    const angle = random() * 2 * Math.PI;
    const far = Math.sqrt(random()) * 900;
    const position = [Math.round(Math.cos(angle) * far), Math.round(Math.sin(angle) * far)] as const;
    const loss = Math.min(0.7, (far / 1000) ** 3 * 0.7 + 0.01);
    const started = Math.round(random() * 20_000);
    const key = Uint8Array.of(2, ...bytes(20));
    const gatewayKey = Uint8Array.of(3, ...bytes(20));
    const message = (own: Uint8Array, size: number): Uint8Array => Uint8Array.of(0, 1, 0x1a, ...own, ...bytes(size));
    const channel = (other: Uint8Array, size: number): Uint8Array =>
      Uint8Array.of(0, 0, ...token(other), ...bytes(size));
    records.push({
      k: "join",
      t: started,
      name: device,
      what: "node",
      media: ["cell"],
      ...(positions && { position }),
    });
    const asked = send(started, device, "gateway", message(key, 60), loss);
    const answered =
      asked === undefined ? undefined : send(asked + 30, "gateway", device, message(gatewayKey, 60), loss);
    const logs = [{ time: started / 1000, text: `boot: ${log}` }];
    if (answered !== undefined) logs.push({ time: answered / 1000, text: log });
    for (const line of logs) records.push({ k: "log", t: line.time * 1000, at: device, text: line.text });
    for (let n = 1; n <= messages; n++) {
      const sent = started + n * period * 0.95 + random() * 2000;
      const arrived = send(sent, device, "gateway", message(key, 30 + (n % 4) * 6), loss);
      if (arrived !== undefined && n % 5 === 0) send(arrived + 40, "gateway", device, channel(key, 24), loss);
      if (answered !== undefined)
        deliveries.push({
          device,
          gateway: "gateway",
          way: "up",
          bytes: 12,
          sent: sent / 1000,
          ...(arrived !== undefined && { delivered: arrived / 1000 }),
          times: arrived === undefined ? 0 : 1,
        });
    }
    const tx = 4 + random() * 3;
    rows.push({
      name: device,
      group: "sensor",
      host: "native",
      gateway: "gateway",
      ...(positions && { position }),
      started: started / 1000,
      ...(answered !== undefined && { linked: answered / 1000 }),
      boots: i % 17 === 5 ? 2 : 1,
      radio: {},
      duty: 0.0004 + random() * 0.0006,
      energy: { tx, rx: 1 + random(), idle: 0.8, total: tx + 2.3 },
      log: logs,
      exceptions: i % 23 === 7 ? ["Uncaught Error: out of memory <script>"] : [],
    });
  }
  air.sort((a, b) => a.t + a.air - b.t - b.air);
  for (const one of air) records.push(one);
  const delivered = deliveries.filter((one) => one.delivered !== undefined).length;
  const outcome: Outcome = {
    title: `${devices} sensors in a LoRa cell`,
    seed,
    time: end / 1000,
    took: end / 1000 / 180,
    events: air.length * 4,
    devices: rows,
    gateways: [
      {
        name: "gateway",
        ...(positions && { position: [0, 0] as const }),
        messages: delivered,
        links: rows.filter((row) => row.linked !== undefined).length,
        drops: { TWICE: 3 },
        radio: {},
      },
    ],
    media: [
      {
        name: "cell",
        kind: "lora",
        transmissions: air.length,
        bytes: 0,
        air: air.reduce((sum, one) => sum + one.air, 0),
        receptions,
        lost: { collision: lost },
      },
    ],
    deliveries,
    forged: 0,
    breaches: [],
    verdicts: [
      {
        text: "all devices link within 60 s",
        held: rows.every((row) => row.linked !== undefined),
        got: `${rows.filter((row) => row.linked !== undefined).length} of ${devices}`,
      },
      {
        text: "at least 70 % of messages are delivered",
        held: delivered >= deliveries.length * 0.7,
        got: `${((100 * delivered) / Math.max(1, deliveries.length)).toFixed(1)} %`,
      },
      { text: "no message is accepted twice", held: true, got: "0" },
    ],
    held: false,
    command: `mote sim scenario cell.json --seed ${seed}`,
  };
  return {
    outcome,
    capture: {
      header: { capture: "e3x-mote", version: 2, seed, media: [{ name: "cell", kind: "lora", frameSize: 20 }] },
      records,
    },
  };
}
