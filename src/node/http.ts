/** HTTP to devices: requests of HTTP clients as "thtp" requests to the endpoint that their path names. telehash v3, channels/thtp.md. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Opener } from "../channel/channel.ts";
import { request as open } from "../channel/thtp.ts";
import type { Answer, Request } from "../channel/thtp.ts";
import { E3XError } from "../e3x-error.ts";
import type { GatewayLink } from "../endpoint/link.ts";

export interface AskOptions {
  /** Seconds until there must be a response; 30 if not given. */
  timeout?: number;
  /** The most bytes of a response, headers included; 65,536 if not given. */
  limit?: number;
  /** Gives the request up. */
  signal?: AbortSignal;
}

/** Why a request has no response. */
export interface AskError extends Error {
  /** The status that a gateway has for it: 504 too late, 502 all else; where the other itself has one, that. */
  status: number;
}

function failed(reason: string): AskError {
  const status = /^[45][0-9][0-9]$/.test(reason) ? Number(reason) : reason === "timeout" ? 504 : 502;
  return Object.assign(new Error(`no response: ${reason}`), { status });
}

/** Sends a request to another endpoint. Rejects with AskError. */
export function ask(link: Opener, message: Request, options: AskOptions = {}): Promise<Answer> {
  const { timeout = 30, limit = 65536, signal } = options;
  return new Promise((resolve, reject) => {
    const done = (error?: string, response?: Answer): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      if (response) resolve(response);
      else reject(failed(error!));
    };
    const abort = (): void => channel.fail("aborted");
    const timer = setTimeout(() => channel.fail("timeout"), timeout * 1000);
    if (signal?.aborted) return done("aborted");
    signal?.addEventListener("abort", abort);
    let channel: ReturnType<Opener["channel"]>;
    try {
      channel = open(link, message, done, limit);
    } catch (error) {
      if (!(error instanceof E3XError)) throw error;
      done(error.code);
    }
  });
}

export interface HttpOptions extends Omit<AskOptions, "signal"> {
  /** What paths begin with, before the slash and the hashname; nothing if not given. */
  base?: string;
  /** Whether a client's request may go to a device; all may if not given: who serves this is to see to it otherwise. */
  allow?(incoming: IncomingMessage, link: GatewayLink): boolean;
  /**
   * The headers of requests that are passed on, in lower case; "accept", "content-type" and "if-none-match" if not given. The
   * other headers of a browser are more than many a device has room for.
   */
  headers?: string[];
  /** The most bytes of a request's contents; 4,000 if not given, which is what a device takes if it does not say. */
  contents?: number;
  /** The most requests to one device at a time, 4 if not given; more are answered with 503. */
  most?: number;
}

/** Headers of a connection, which is not the device's. */
const OWN = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Contents of a request, to be read to their end; undefined where they are too long. */
async function contentsOf(incoming: IncomingMessage, most: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  // what is destroyed has no response
  for await (const part of incoming.iterator({ destroyOnReturn: false })) {
    parts.push(part as Buffer);
    if ((size += (part as Buffer).length) > most) return undefined;
  }
  return Buffer.concat(parts);
}

function send(outgoing: ServerResponse, method: string, { status, reason, headers, body }: Answer): void {
  if (!Number.isInteger(status) || status < 200 || status > 599) throw failed("malformed");
  for (const [name, value] of Object.entries(headers)) {
    if (OWN.has(name)) continue;
    try {
      outgoing.setHeader(name, value);
    } catch {
      // HTTP has no such header
    }
  }
  if (typeof reason === "string" && /^[\t -~]+$/.test(reason)) outgoing.statusMessage = reason;
  outgoing.statusCode = status;
  if (status === 204 || status === 304) outgoing.end();
  else {
    // what a response to HEAD says that it would have
    const length = headers["content-length"] ?? "";
    if (method !== "HEAD") outgoing.setHeader("content-length", body.length);
    else if (/^[0-9]+$/.test(length)) outgoing.setHeader("content-length", length);
    outgoing.end(body);
  }
}

/**
 * A listener for "request" of an HTTP server: /<hashname>/path goes to the device of that name as /path. It answers by itself
 * with 404 where there is no such device, 403, 413, 503, 504 where the device takes too long, and 502 for what else fails.
 */
export function httpHandler(
  endpoint: { links: readonly GatewayLink[] },
  options: HttpOptions = {},
): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  const {
    base = "",
    allow,
    headers: passed = ["accept", "content-type", "if-none-match"],
    contents = 4000,
    most = 4,
  } = options;
  const busy = new Map<GatewayLink, number>();
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse, signal: AbortSignal): Promise<void> => {
    const { method = "GET", url = "" } = incoming;
    const [, name, path] =
      (url.startsWith(base) && /^\/([a-z2-7]{52})((?:[/?].*)?)$/s.exec(url.slice(base.length))) || [];
    const link = endpoint.links.find(({ hashname }) => hashname === name);
    if (!link) throw failed("404");
    if (allow && !allow(incoming, link)) throw failed("403");
    if (Number(incoming.headers["content-length"] ?? 0) > contents) throw failed("413");
    const body = await contentsOf(incoming, contents);
    if (!body) throw failed("413");
    const headers: Record<string, string> = {};
    for (const name of passed) {
      const value = incoming.headers[name];
      if (value !== undefined && value !== "*/*") headers[name] = String(value);
    }
    const asked = busy.get(link) ?? 0;
    if (asked >= most) throw failed("503");
    busy.set(link, asked + 1);
    try {
      send(
        outgoing,
        method,
        await ask(
          link,
          { method, path: path!.startsWith("/") ? path! : `/${path}`, headers, body },
          { ...options, signal },
        ),
      );
    } finally {
      const left = busy.get(link)! - 1;
      if (left) busy.set(link, left);
      else busy.delete(link);
    }
  };
  return (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.on("close", () => gone.abort());
    pass(incoming, outgoing, gone.signal).catch((error: AskError) => {
      const status = error.status ?? 500;
      if (outgoing.headersSent || outgoing.destroyed) return;
      // a fault of this program or of the application
      if (!error.status) process.emitWarning(error);
      for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name);
      // what is left of the request is not read
      if (!incoming.complete) outgoing.setHeader("connection", "close");
      outgoing.writeHead(status, { "content-type": "text/plain" }).end(`${status}\n`);
    });
  };
}
