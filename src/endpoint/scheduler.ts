/** Schedules links: when each is polled, and which of those that share a pipe transmits next (round-robin). */
import type { Application } from "./application.ts";
import type { Discovery } from "./discovery.ts";
import { GatewayLink, finishWork } from "./link.ts";
import type { Pipe } from "./pipe.ts";
import { TimerQueue } from "./timer-queue.ts";

/** A source of packets for a pipe whose queue is empty: a link, or what forwards packets of others. */
export interface Source {
  pipe?: Pipe | undefined;
  fill(pipe: Pipe): void;
}

/** How an endpoint is driven: what its owner gives `drain`. */
export interface Outlet {
  /** Hands a frame to the radio of a pipe, which takes it. */
  write(pipe: Pipe, frame: Uint8Array): void;
  /** Whether the radio of a pipe takes a frame now: asked before each is made, so that none has to be kept. Without it all do. */
  ready?(pipe: Pipe): boolean;
}

/** When an endpoint wants `drain` to be called, in seconds, and for what. */
export interface Wake {
  at: number;
  /**
   * "handshake": one is sent again, or given up; "channel": a packet is acknowledged or sent again, or a channel times out;
   * "announcement": see `discover`; "line": a pipe with answers may begin a packet then; "frames": there is more at once.
   */
  why: "handshake" | "channel" | "announcement" | "line" | "frames";
}

/** How often `drain` asks pipes for frames in one call, as what was sent brings more to be sent. */
const ROUNDS = 4;

/** The transmit state of a pipe. */
interface Outgoing {
  /** The sources that share the pipe, in round-robin order: the next one first. */
  sources: Set<Source>;
  /** Whether the queue held packets after the last poll of a link: its links are told once it has drained. */
  busy: boolean;
}

/** The pipe whose frames carry the packets of a pipe. */
const carrier = <P extends Pipe | undefined>(pipe: P): Pipe | P => pipe?.options.over?.() ?? pipe;

export class Scheduler {
  /** The time that the endpoint was told last, in seconds. */
  now = 0;
  private _application: Application;
  private _discovery: Discovery;
  private _closed: (pipe: Pipe) => void;
  // links that are polled by the next call, and the deadlines of the others
  private _ready = new Set<GatewayLink>();
  private _timers = new TimerQueue<GatewayLink>();
  // pipes that are not closed
  private _pipes = new WeakMap<Pipe, Outgoing>();
  // pipes that may have frames now: `drain` skips all others, so that its cost does not grow with the number of links
  private _wanting = new Set<Pipe>();

  /** @param closed called when an attached pipe is closed */
  constructor(application: Application, discovery: Discovery, closed: (pipe: Pipe) => void) {
    this._application = application;
    this._discovery = discovery;
    this._closed = closed;
  }

  /** Registers a pipe until it is closed, and returns its transmit state. */
  attach(pipe: Pipe): Outgoing {
    let outgoing = this._pipes.get(pipe);
    if (outgoing) return outgoing;
    outgoing = { sources: new Set(), busy: false };
    this._pipes.set(pipe, outgoing);
    pipe.onClose(() => {
      this._pipes.delete(pipe);
      this._wanting.delete(pipe);
      this._closed(pipe);
    });
    return outgoing;
  }

  /** Marks a pipe, or the one that carries its packets, as possibly having frames to transmit. */
  want(pipe: Pipe): void {
    this._wanting.add(carrier(pipe));
  }

  /** Registers a link to be polled by the next call: it has something to do. */
  wake(link: GatewayLink): void {
    this._ready.add(link);
  }

  /** Unregisters a link as a source of its pipe; the next poll of the link registers it again. */
  leave(link: GatewayLink): void {
    const way = carrier(link.pipe);
    if (way) this._pipes.get(way)?.sources.delete(link);
  }

  /** Unregisters a link that was removed: it is neither a source nor polled any more. */
  remove(link: GatewayLink): void {
    this.leave(link);
    this._ready.delete(link);
    this._timers.set(link, undefined);
  }

  /** See Endpoint.source. */
  source(source: Source): void {
    const pipe = carrier(source.pipe);
    if (!pipe || pipe.closed) return;
    this.attach(pipe).sources.add(source);
    pipe.more ??= () => this._fill(pipe);
  }

  private _fill(pipe: Pipe): void {
    const outgoing = this._pipes.get(pipe);
    if (!outgoing) return;
    const { sources, busy } = outgoing;
    outgoing.busy = false;
    if (busy) {
      for (const source of sources)
        if (source instanceof GatewayLink && carrier(source.pipe) === pipe) source.sent(this.now);
    }
    for (let left = sources.size; left > 0 && !pipe.queue.length; left--) {
      const source = sources.values().next().value!;
      sources.delete(source);
      // the source may have moved to another pipe meanwhile
      if (carrier(source.pipe) !== pipe) continue;
      sources.add(source);
      source.fill(pipe);
      // its deadline changes with what it sends
      if (pipe.queue.length && source instanceof GatewayLink) this._ready.add(source);
    }
  }

  /** Polls the links that are due and sends announcements. Returns the time of the next deadline in seconds, if there is one. */
  poll(now: number): number | undefined {
    this.now = now;
    for (let due = this._timers.take(now); due; due = this._timers.take(now)) this._ready.add(due);
    // an event of one link may give another something to do
    for (let round = 0; round < 2; round++) {
      for (const link of [...this._ready]) {
        this._ready.delete(link);
        if (!link.removed) this._poll(link, now);
      }
    }
    const { next } = this._timers;
    for (const pipe of this._discovery.poll(now)) this.want(pipe);
    const announcement = this._discovery.next;
    return announcement !== undefined && !(announcement > next!) ? announcement : next;
  }

  private _poll(link: GatewayLink, now: number): void {
    finishWork(link);
    this.source(link);
    const due = link.poll(now);
    // a handshake that timed out may have begun again, with new curve work
    finishWork(link);
    this._timers.set(link, link.removed ? undefined : due);
    const way = carrier(link.pipe);
    if (!way) return;
    this._wanting.add(way);
    if (way.queue.length) this.attach(way).busy = true;
  }

  /** See Endpoint.drain. */
  drain(now: number, outlet: Outlet): Wake | undefined {
    this.poll(now);
    for (let round = 1; ; round++) {
      const { wrote, until } = this._write(now, outlet);
      // only now it is known what was sent in channels
      this.poll(now);
      const more = wrote && [...this._wanting].some((pipe) => pipe.queue.length && this._takes(outlet, pipe));
      if (!more) return this._next(until);
      if (round === ROUNDS) return { at: now, why: "frames" };
    }
  }

  /** Writes frames of pipes while there are some and their radios take them. `until`: when a line that is paced may begin a packet. */
  private _write(now: number, outlet: Outlet): { wrote: boolean; until: number | undefined } {
    let wrote = false;
    let until: number | undefined;
    for (const pipe of this._wanting) {
      // one that is not ready stays: its owner calls again when it is
      if (!this._takes(outlet, pipe)) continue;
      let frame: Uint8Array | undefined;
      let ready = true;
      while (ready && (frame = pipe.frame(now))) {
        const written = frame;
        // where `write` throws, the frame counts as lost
        this._application.emit("write", undefined, () => {
          outlet.write(pipe, written);
        });
        wrote = true;
        ready = this._takes(outlet, pipe);
      }
      if (pipe.until !== undefined) until = until! <= pipe.until ? until : pipe.until;
      else if (!frame) this._wanting.delete(pipe);
    }
    return { wrote, until };
  }

  private _takes(outlet: Outlet, pipe: Pipe): boolean {
    let taken = false;
    this._application.emit("ready", undefined, () => {
      taken = outlet.ready?.(pipe) !== false;
    });
    return taken;
  }

  /** @param line when a pipe that has just answered may begin a packet */
  private _next(line: number | undefined): Wake | undefined {
    const { first } = this._timers;
    const announcement = this._discovery.next;
    let wake: Wake | undefined = first && { at: first.time, why: first.of.why };
    if (announcement !== undefined && !(wake && wake.at <= announcement))
      wake = { at: announcement, why: "announcement" };
    if (line !== undefined && !(wake && wake.at <= line)) wake = { at: line, why: "line" };
    return wake;
  }
}
