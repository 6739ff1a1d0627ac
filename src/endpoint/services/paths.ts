/**
 * Finds out by which ways two linked endpoints reach each other: the other tells its paths, and is answered by each of them.
 * telehash v3, channels/path.md.
 */
import type { Channel } from "../../channel/channel.ts";
import { E3XError } from "../../e3x-error.ts";
import { PATHS_MAX, checkPath, distinct } from "../../identity/path.ts";
import type { Path } from "../../identity/path.ts";
import type { Pipe } from "../pipe.ts";
import type { Packet } from "../../packet/lob.ts";
import type { Endpoint } from "../endpoint.ts";
import type { GatewayLink } from "../link.ts";
import { TokenBucket } from "../token-bucket.ts";

/** An answer to a request. */
export interface PathAnswer {
  /** By which of this endpoint's paths it was sent, as the other sees it; where it said so. */
  path?: Path;
  /** By which pipe it came. */
  pipe: Pipe;
  /** Since the request was made. */
  seconds: number;
}

export interface PathsOptions {
  /** This endpoint's own paths, as far as a link may know them; none if not given. */
  own?(link: GatewayLink): Path[];
  /** The pipe that leads along a path of a link, if there is one; paths come from others. Without it answers go by the link's pipe only. */
  pipe?(path: Path, link: GatewayLink): Pipe | undefined;
  /** The path that a pipe leads along, where that is known. */
  path?(pipe: Pipe, link: GatewayLink): Path | undefined;
  /** Told of what a link says of its paths; whether it can be reached by them is not known. */
  told?(link: GatewayLink, paths: Path[]): void;
}

/** How many pipes one request is answered by: somebody could have others be sent what they did not ask for. */
const ANSWERS = 8;

/** How many answers by other pipes than the link's there are in a second, and at once. */
const RATE = 1;
const BURST = 32;

/** Seconds in which a request is answered, and how many answers are told. */
const PATIENCE = 30;

/** Paths that are none are left out, and those that come twice; of the others there are 16 at most. */
function pathsOf(value: unknown): Path[] {
  const paths = Array.isArray(value) ? value.slice(0, PATHS_MAX) : [];
  return distinct(paths.flatMap((path) => checked(path) ?? []));
}

function checked(value: unknown): Path | undefined {
  try {
    return checkPath(value);
  } catch (error) {
    if (!(error instanceof E3XError)) throw error;
    return undefined;
  }
}

export class Paths {
  private _endpoint: Endpoint;
  private _options: PathsOptions;
  private _requests = new WeakMap<GatewayLink, Channel>();
  private _buckets = new WeakMap<GatewayLink, TokenBucket>();

  /** Has an endpoint answer requests, from now on. */
  constructor(endpoint: Endpoint, options: PathsOptions = {}) {
    this._endpoint = endpoint;
    this._options = options;
    endpoint.handle("path", (channel, _open, link) => {
      channel.on = (event, data) => {
        if (event !== "packet") return;
        this._answer(channel, data as Packet, link);
        // nothing more is due on either side
        channel.close();
      };
    });
  }

  /**
   * Tells a link this endpoint's paths and asks to be answered by all of them. Its pipe becomes the one by which the first
   * answer comes. One request a link: another ends the one before.
   * @param now the time in seconds
   * @param on is told of each answer, within 30 s
   * @throws NOT_IN_SYNC, CHANNEL, BUSY
   */
  request(link: GatewayLink, now: number, on: (answer: PathAnswer) => void = () => {}): void {
    let first: Pipe | undefined;
    let left = PATHS_MAX;
    this._requests.get(link)?.close();
    const own = this._options.own?.(link) ?? [];
    this._requests.set(
      link,
      link.channel({ type: "path", paths: own.slice(0, PATHS_MAX) }, undefined, (event, data, channel) => {
        if (event !== "packet") return;
        const seconds = this._endpoint.now - now;
        const pipe = link.pipe!;
        // later ones took longer, or a longer way
        link.pipe = first ??= pipe;
        const path = checked((data as Packet).json!["path"]);
        if (seconds <= PATIENCE) on({ ...(path && { path }), pipe, seconds });
        if (seconds > PATIENCE || !--left) channel.close();
      }),
    );
  }

  private _answer(channel: Channel, { json }: Packet, link: GatewayLink): void {
    const { pipe: pipeOf, path: pathOf, told } = this._options;
    const given = pathsOf(json!["paths"]);
    const here = link.pipe!;
    const path = pathOf?.(here, link);
    const ways = new Map<Pipe, Path | undefined>([[here, path]]);
    for (const each of [...given, ...link.paths]) {
      const pipe = ways.size < ANSWERS ? pipeOf?.(each, link) : undefined;
      if (pipe && !ways.has(pipe)) ways.set(pipe, each);
    }
    let bucket = this._buckets.get(link);
    if (!bucket) this._buckets.set(link, (bucket = new TokenBucket(RATE, BURST)));
    for (const [pipe, each] of ways) {
      if (pipe !== here && !bucket.take(1, this._endpoint.now)) break;
      try {
        link.channels.put(pipe, channel, each ? { path: each } : {});
      } catch (error) {
        // as a frame that is lost: that pipe takes no more, or is closed
        if (!(error instanceof E3XError)) throw error;
      }
    }
    // by this one it can be reached
    if (path) link.paths = distinct([...link.paths, path]).slice(-PATHS_MAX);
    if (given.length) told?.(link, given);
  }
}
