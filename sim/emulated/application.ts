// The application that a board is flashed with: does what the gateway's messages say, and tells what it took.

import type { Rig } from "./rig.ts";

/** What a board says of itself: seconds of its getTime(), variables in use now, at most so far, and all. */
export interface Told {
  did: string;
  seconds: number;
  usage: number;
  most: number;
  total: number;
  bytes: number;
  sum: number;
  /** Packets that it has refused since it started. */
  drops: number;
}

/** Its text. Without `channels` it is of the runtime that has none, and knows no streams. */
export function applicationOf(
  { port: { name, setup } }: Pick<Rig, "port">,
  gateway: string,
  channels: boolean,
): string {
  return `
import { create } from "e3x-mote";
import { serial } from "e3x-mote/serial";
${channels ? 'import { stream, streams } from "e3x-mote/stream";' : ""}
const begun = getTime();
let most = 0;
let drops = 0;
const look = () => {
  const memory = process.memory();
  most = Math.max(most, memory.usage);
  return memory;
};
const mote = create({ radio: serial({ port: ${name}, baud: 115200${setup ? `, setup: ${setup}` : ""} }), gateway: "${gateway}" });
const tell = (did, seconds, bytes, sum) => {
  const memory = look();
  mote.send({ did, seconds, usage: memory.usage, most, total: memory.total, bytes, sum, drops });
};
print("it runs");
mote.on("drop", () => drops++);
mote.on("up", () => tell("up", getTime() - begun, 0, 0));
mote.on("message", (_, data) => {
  const words = E.toString(data).split(" ");
  const bytes = parseInt(words[1]);
  const at = getTime();
  look();
  if (words[0] === "send") {
    mote.send("x".repeat(bytes));
    tell("sent", getTime() - at, bytes, 0);
  } else if (words[0] === "got") tell("got", 0, data.length, E.sum(data));
  else if (words[0] === "rest") setTimeout(() => tell("rest", 0, 0, 0), 10000);
  else if (words[0] === "reboot") setTimeout(() => load(), 500);
${
  channels
    ? `  else if (words[0] === "stream") {
    let left = bytes;
    const piece = new Uint8Array(128).map((_, i) => i);
    let out;
    const more = () => {
      look();
      let room = true;
      while (room && left > 0) {
        const size = Math.min(left, 128);
        left -= size;
        room = out.write(piece.subarray(0, size));
        if (!left) out.end();
      }
    };
    out = stream(mote, undefined, (event) => { if (event === "drain") more(); });
    more();
  }`
    : ""
}
});
${
  channels
    ? `streams(mote, (one) => {
  const at = getTime();
  let bytes = 0;
  let sum = 0;
  one.on = (event, data) => {
    look();
    if (event === "data") {
      bytes += data.length;
      sum += E.sum(data);
    } else if (event === "end") {
      one.end();
      tell("streamed", getTime() - at, bytes, sum);
    }
  };
});`
    : ""
}
`;
}
