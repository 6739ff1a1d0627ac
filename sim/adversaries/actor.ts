// What adversaries have in common. They hear what the simulator tells of the air, also what is for others, and say what
// they like: in their own name, or, where a medium's addresses are only said and not proved, in that of another.

import { Joiner, isCloaked, decloak } from "../../src/index.ts";
import type { Link } from "../../src/index.ts";
import type { Gateway } from "../gateway.ts";
import { loraSensitivity } from "../media/lora.ts";
import type { MediumKind, Transmission } from "../media/medium.ts";
import { nrf24Figures } from "../media/nrf24.ts";
import type { Nrf24Rate } from "../media/nrf24.ts";
import { Propagation } from "../media/propagation.ts";
import type { Position, PropagationOptions } from "../media/propagation.ts";
import type { Breach } from "../outcome.ts";
import type { AdversaryOf } from "../scenario.ts";
import { SimError } from "../errors.ts";
import type { SimEvent, StationOptions } from "../simulator.ts";
import { emptyOutput } from "../types.ts";
import type { Node } from "../types.ts";
import type { Adversary, Shared } from "./view.ts";

/** A frame of somebody that was on the air. */
export interface Heard {
  medium: string;
  from: string;
  to: string | undefined;
  bytes: Uint8Array;
  /** Virtual ms at which it was over. */
  end: number;
}

/** Where who sends is only said: a connection or a wire tells more. */
const claimable: readonly MediumKind[] = ["ideal", "advertising", "802.15.4", "lora", "nrf24", "udp"];

/** Breaches that are kept. */
const KEPT = 100;

/** The longest packet that is put together. */
const LIMIT = 70000;

export abstract class Actor implements Adversary {
  readonly name: string;
  readonly kind: AdversaryOf["kind"];
  readonly node: Node = { frame: (time) => emptyOutput(time), run: (time) => emptyOutput(time) };
  readonly station: StationOptions | undefined;
  readonly stats: { [what: string]: number } = { frames: 0, packets: 0, said: 0 };
  readonly contents: Uint8Array[] = [];
  /** Virtual ms at which it said something first. */
  since = Infinity;
  protected readonly view: Shared;
  /** Names of media that it is on. */
  protected readonly media: readonly string[];
  protected readonly random: () => number;
  protected stopped = false;
  readonly #position: Position | undefined;
  readonly #sensitivity: number | undefined;
  readonly #propagations = new Map<string, Propagation>();
  readonly #breaches: Breach[] = [];
  readonly #texts = new Set<string>();
  // frames that were heard: the radio may have said them several times
  readonly #known = new WeakSet<Uint8Array>();
  readonly #channels = new WeakSet<Uint8Array>();
  readonly #joiners = new Map<string, { joiner: Joiner; frames: Uint8Array[] }>();

  /** @param role without a voice it has no station; without ears it hears only what is told of the air */
  constructor(
    options: AdversaryOf,
    view: Shared,
    position: Position | undefined,
    role: "ear" | "voice" | "both",
    radio: StationOptions["radio"] = {},
  ) {
    const { name, kind, drift } = options;
    this.name = name;
    this.kind = kind;
    this.view = view;
    const joins = role !== "ear";
    this.media = options.media ?? Object.keys(view.media).slice(0, 1);
    for (const medium of this.media) {
      const known = view.media[medium];
      if (!known) throw new SimError("options", `${name}: there is no medium ${medium}`);
      if (joins && known.kind === "serial")
        throw new SimError("options", `${name}: a ${kind} cannot be on a serial line, which has two ends`);
    }
    this.random = view.simulator.engine.random(`adversary/${name}`);
    this.#position = position;
    const { sensitivity, ...own } = options.radio ?? {};
    this.#sensitivity = typeof sensitivity === "number" ? sensitivity : undefined;
    if (joins)
      this.station = {
        media: this.media,
        ...(role === "voice" && { listens: false }),
        ...(position && { position }),
        ...(drift && { drift }),
        radio: { ...radio, ...own },
      };
  }

  observe(event: SimEvent): void {
    if (event.kind === "log") {
      if (this.since !== Infinity && event.text.startsWith("Uncaught "))
        this.breach(event.time, `${event.at}: ${event.text}`);
      return;
    }
    if (event.kind !== "air") return;
    const { medium, transmission } = event;
    const { from, to, bytes, start, air, attempt, type = "data" } = transmission;
    if (from === this.name) {
      this.spoke(transmission, medium);
      return;
    }
    const kind = this.view.media[medium]!.kind;
    // a frame that never was on the air is told too
    if (!this.media.includes(medium) || attempt === 0 || (air === 0 && kind !== "ideal" && kind !== "udp")) return;
    if (this.view.adversaries.has(from) || !this.#hears(medium, transmission)) return;
    this.noticed(transmission, medium);
    if (type !== "data" || !bytes.length || this.#known.has(bytes)) return;
    this.#known.add(bytes);
    this.stats["frames"]!++;
    const heard: Heard = { medium, from, to, bytes, end: start + air };
    this.frame(heard);
    this.#join(heard, kind);
  }

  stop(): void {
    this.stopped = true;
  }

  breaches(): Breach[] {
    this.finish();
    return [...this.#breaches].sort((a, b) => a.time - b.time);
  }

  /** Is told before and after a gateway takes a frame of this one. */
  before(gateway: Gateway, frame: Uint8Array): () => void {
    const links = gateway.links.filter(({ up }) => up).map((link) => ({ link, ...stateOf(link) }));
    const drops = total(gateway.drops);
    return () => {
      for (const { link, pipe, exchange, taken, received } of links) {
        const now = stateOf(link);
        if (now.pipe === pipe || !link.up) continue;
        if (now.exchange !== exchange || now.taken !== taken || now.received !== received) continue;
        // a packet of a channel that is new changes nothing that shows here; one that comes again is refused
        if (this.#channels.has(frame) && total(gateway.drops) === drops) continue;
        this.breach(this.time, "a gateway answers to it in place of a device, for nothing new");
      }
    };
  }

  protected get time(): number {
    return this.view.simulator.time;
  }

  protected breach(time: number, text: string): void {
    if (this.#breaches.length >= KEPT || this.#texts.has(text)) return;
    this.#texts.add(text);
    this.#breaches.push({ adversary: this.name, time: time / 1000, text });
  }

  /** A frame that it hears, and a packet with all frames that carried it, the last of which is given. */
  protected frame(_heard: Heard): void {}
  protected packet(_outer: Uint8Array, _frames: readonly Uint8Array[], _heard: Heard): void {}
  /** Anything that it hears: of a radio's own too. */
  protected noticed(_transmission: Transmission, _medium: string): void {}
  /** What it said itself was on the air. */
  protected spoke(_transmission: Transmission, _medium: string): void {}
  /** What there is to be looked at at the end. */
  protected finish(): void {}

  protected kindOf(medium: string): MediumKind {
    return this.view.media[medium]!.kind;
  }

  protected claims(medium: string): boolean {
    return claimable.includes(this.kindOf(medium));
  }

  /** Whether it can say something to somebody, or to all: on a BLE connection only to the central. */
  protected reaches(medium: string, to: string | undefined): boolean {
    const options = this.view.media[medium]!;
    return options.kind !== "ble" || to === options.central;
  }

  protected at(time: number, work: () => void): void {
    this.view.simulator.engine.at(time, () => {
      if (!this.stopped) work();
    });
  }

  /** Puts a copy of a frame on the air: whom it says that it is from, and whether it is of a packet of a channel. */
  protected say(
    medium: string,
    bytes: Uint8Array,
    to: string | undefined,
    { claim, channel = false }: { claim?: string; channel?: boolean } = {},
  ): void {
    if (this.stopped) return;
    const copy = Uint8Array.from(bytes);
    if (claim !== undefined) this.view.claims.set(copy, claim);
    if (channel) this.#channels.add(copy);
    this.since = Math.min(this.since, this.time);
    this.stats["said"]!++;
    this.view.simulator.medium(medium).send(this.name, copy, to);
  }

  /** Bytes at random. */
  protected bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.random() * 256);
  }

  #join(heard: Heard, kind: MediumKind): void {
    const { medium, from, to = "", bytes } = heard;
    const name = `${medium}/${from}/${to}`;
    let known = this.#joiners.get(name);
    if (!known) this.#joiners.set(name, (known = { joiner: new Joiner(LIMIT), frames: [] }));
    const { joiner } = known;
    if (!joiner.size && !joiner.left) known.frames = [];
    known.frames.push(bytes);
    const { frames } = known;
    joiner.add(bytes, (outer) => {
      this.stats["packets"]!++;
      this.packet(Uint8Array.from(outer), frames, heard);
    });
    // a frame begins with a chunk, where it is not bytes of a stream
    if (joiner.left && kind !== "serial") joiner.reset();
  }

  #hears(medium: string, transmission: Transmission): boolean {
    const { from, detail = {} } = transmission;
    const there = this.#position && this.view.position?.(from);
    if (!this.#position || !there) return true;
    const options = this.view.media[medium]! as {
      power?: number;
      sensitivity?: number;
      propagation?: PropagationOptions;
    };
    const kind = this.kindOf(medium);
    const spreading = detail["spreading"];
    const sensitivity =
      this.#sensitivity ??
      (spreading !== undefined ? loraSensitivity[detail["bandwidth"]!]?.[spreading - 7] : undefined) ??
      nrf24Figures[detail["rate"] as Nrf24Rate]?.sensitivity ??
      options.sensitivity ??
      -95;
    let propagation = this.#propagations.get(medium);
    if (!propagation) {
      // as the medium has it: the same shadows, if it was there
      const { engine } = this.view.simulator;
      const prefix = medium === "air" ? "" : `${medium}/`;
      propagation = new Propagation({ ...(kind === "lora" && { reference: 31.2 }), ...options.propagation }, (name) =>
        engine.random(prefix + name),
      );
      this.#propagations.set(medium, propagation);
    }
    return (
      propagation.received(
        from,
        there,
        this.name,
        this.#position,
        detail["power"] ?? options.power ?? (kind === "lora" ? 14 : 0),
      ) >= sensitivity
    );
  }
}

const total = (counts: { [code: string]: number }): number => Object.values(counts).reduce((sum, n) => sum + n, 0);

const stateOf = (link: Link): { pipe: unknown; exchange: unknown; taken: number; received: unknown } => ({
  pipe: link.pipe,
  exchange: link.exchange,
  taken: link.exchange.in,
  received: link.state[3],
});

/** What is in a cloak, whose key is known to all; a packet without one as it is. */
export function plain(outer: Uint8Array): Uint8Array {
  try {
    return isCloaked(outer) ? decloak(outer).packet : outer;
  } catch {
    return outer;
  }
}
