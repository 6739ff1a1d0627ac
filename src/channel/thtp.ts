/**
 * HTTP requests and responses over reliable channels of type "thtp", one of each a channel: HEAD of a packet has what
 * begins a message and its headers, BODY the contents; the packet is cut into BODYs of the channel. telehash v3, channels/thtp.md.
 */
import { concat, toBytes } from "#platform/engine";
import { decode, encode } from "../packet/lob.ts";
import type { Json, Packet } from "../packet/lob.ts";
import type { Channel, Opener, Taker } from "./channel.ts";
import { pour } from "./pour.ts";
import type { Pour } from "./pour.ts";

/** By name; in lower case where they came from the other. */
export interface Headers {
  [name: string]: string;
}

export interface Request {
  /** In upper case. */
  method: string;
  path: string;
  headers?: Headers;
  body?: Uint8Array | string;
}

export interface Response {
  /** 200 if not given. */
  status?: number;
  reason?: string;
  headers?: Headers;
  body?: Uint8Array | string;
}

/** A request as it came. */
export interface Asked extends Request {
  headers: Headers;
  body: Uint8Array;
}

/** A response as it came. */
export interface Answer extends Response {
  status: number;
  headers: Headers;
  body: Uint8Array;
}

/** The most bytes of a packet that are put together, if not given. */
const LIMIT = 4096;

function pack(message: Request | Response, start: Json): Uint8Array {
  const headers = message.headers;
  const body = message.body;
  const json: Json = {};
  for (const name in headers) json[name.toLowerCase()] = "" + headers[name];
  return encode(Object.assign(json, start), typeof body === "string" ? toBytes(body) : body);
}

function headersOf(json: Json): Headers {
  const headers: Headers = {};
  for (const name in json)
    if (name[0] !== ":" && typeof json[name] === "string") headers[name.toLowerCase()] = json[name] as string;
  return headers;
}

/**
 * Puts together what comes on a channel, up to its end: `done` gets the packet, undefined where it is none. It is told too that
 * the channel is over, and why: `much` where more came than the limit.
 */
function gather(
  channel: Channel,
  limit: number,
  much: string,
  done: (packet?: Packet, over?: boolean, reason?: string) => void,
): Pour {
  const write = pour(channel);
  const parts: Uint8Array[] = [];
  channel.on = (event, data) => {
    if (event === "drain") write();
    else if (event === "close") done(undefined, true, data as string);
    else {
      const body = (data as Packet).body;
      let packet: Packet | undefined;
      parts.push(body);
      // packets without any count too
      limit -= body.length || 1;
      if (limit < 0) channel.fail(much);
      else if ((data as Packet).json!["end"]) {
        try {
          packet = decode(concat(parts));
        } catch (_) {
          // it is none
        }
        done(packet);
      }
    }
  };
  return write;
}

/**
 * Sends a request. `done` is called once: with the response, or with why there is none ("malformed", "too large", or why the
 * channel is over). An answer may take any time: who does not want to wait any longer calls `fail` of the channel.
 * @param limit the most bytes of a response with its headers, 4,096 if not given
 * @throws as `Opener.channel`
 */
export function request(
  opener: Opener,
  request: Request,
  done: (error: string | undefined, response?: Answer) => void,
  limit?: number,
): Channel {
  const bytes = pack(request, { ":method": request.method, ":path": request.path });
  const first = Math.min(opener.quota(), bytes.length);
  const rest = bytes.length > first;
  const open: Json = { "type": "thtp", "seq": 1 };
  let waiting = true;
  if (!rest) open["end"] = true;
  const channel = opener.channel(open, bytes.subarray(0, first));
  const write = gather(channel, limit ?? LIMIT, "too large", (packet, _over, reason) => {
    const json = packet && packet.json;
    const status = json && json[":status"];
    if (!waiting) return;
    waiting = false;
    if (typeof status === "number")
      done(undefined, { status, reason: json![":reason"] as string, headers: headersOf(json!), body: packet!.body });
    else done(reason ?? "malformed");
  });
  if (rest) write(bytes.subarray(first), { "end": true });
  return channel;
}

/**
 * Answers requests: `handler` gets each, and a function that sends the response, now or later; a second one is not sent. What
 * is no request is answered with status 400.
 * @param limit the most bytes of a request with its headers, 4,096 if not given; beyond, its channel fails with "413"
 */
export function serve<From>(
  taker: Taker<From>,
  handler: (request: Asked, respond: (response: Response) => void, from: From) => void,
  limit?: number,
): void {
  taker.handle("thtp", (channel, _open, from) => {
    let waiting = true;
    if (!channel.reliable) return;
    const respond = (response: Response): void => {
      const start: Json = { ":status": response.status ?? 200 };
      if (response.reason) start[":reason"] = response.reason;
      if (waiting) write(pack(response, start), { "end": true });
      waiting = false;
    };
    const write = gather(channel, limit ?? LIMIT, "413", (packet, over) => {
      const json = packet && packet.json;
      const method = json && json[":method"];
      const path = json && json[":path"];
      if (over) waiting = false;
      else if (typeof method === "string" && typeof path === "string")
        handler({ method, path, headers: headersOf(json!), body: packet!.body }, respond, from);
      else respond({ status: 400 });
    });
  });
}
