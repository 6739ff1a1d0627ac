// Datagrams of UDP over a network: late, in another order, twice or never, as IP allows. A datagram that does not fit into
// the MTU is not sent: frames are what fits, 1472 bytes for Ethernet (1500 without the headers of IPv4, 20, and UDP, 8).

import { exact } from "../engine.ts";
import { BaseMedium } from "./medium.ts";
import type { CommonOptions, Reception, Station } from "./medium.ts";

export interface UdpOptions extends Omit<CommonOptions, "propagation"> {
  /** Bytes of an IP packet at most. Default 1500. */
  mtu?: number;
  /** ms on the way, and up to so many more, evenly. Default 5 and 0. */
  latency?: number;
  jitter?: number;
  /** Bits a second at which a station sends. Left out: it takes no time. */
  rate?: number;
  /** Share of datagrams that arrive twice, and that are held back so that later ones overtake them, by up to `holdback` ms (default 50). Default 0. */
  duplication?: number;
  reordering?: number;
  holdback?: number;
}

const headers = 28;

interface Link {
  random: () => number;
  /** Arrival of the last datagram that kept its place. */
  last: number;
}

export class UdpMedium extends BaseMedium {
  readonly kind = "udp";
  readonly frameSize: number;
  readonly options: UdpOptions & Required<Omit<UdpOptions, keyof CommonOptions | "rate">>;
  readonly #links = new Map<string, Link>();
  /** Up to when stations send. */
  readonly #busy = new Map<string, number>();

  constructor(options: UdpOptions = {}) {
    super(options);
    this.options = { mtu: 1500, latency: 5, jitter: 0, duplication: 0, reordering: 0, holdback: 50, ...options };
    this.frameSize = this.options.mtu - headers;
  }

  protected transmit({ name: from }: Station, bytes: Uint8Array, only: string | undefined): void {
    const { rate } = this.options;
    const start = Math.max(this.air.time, this.#busy.get(from) ?? 0);
    const air = rate === undefined ? 0 : exact(((bytes.length + headers) * 8000) / rate);
    if (air) this.#busy.set(from, exact(start + air));
    const rx: Reception[] = [];
    const to = (station: Station): void => {
      if (station.name !== from && station.listens !== false)
        rx.push(this.#one(from, station.name, bytes, start + air));
    };
    if (only === undefined) this.stations.forEach(to);
    else to(this.station(only));
    this.heard({ start, from, ...(only !== undefined && { to: only }), bytes, air, rx });
  }

  #one(from: string, to: string, bytes: Uint8Array, sent: number): Reception {
    const { latency, jitter, duplication, reordering, holdback } = this.options;
    const name = `${from}>${to}`;
    let link = this.#links.get(name);
    if (!link) this.#links.set(name, (link = { random: this.air.random(`udp/${name}`), last: 0 }));
    // as many draws for each: one option then does not disturb what becomes of the others
    const lossy = this.lossy(from, to);
    const duplicated = link.random() < duplication;
    const reordered = link.random() < reordering;
    const spread = link.random() * jitter;
    const held = link.random() * holdback;
    if (lossy || this.apart(from, to)) return { to, fate: "lost", arrivals: [], why: lossy ? "loss" : "away" };
    let arrival = exact(sent + latency + spread);
    if (reordered) arrival = exact(arrival + held);
    else arrival = link.last = Math.max(arrival, link.last);
    const arrivals = duplicated ? [arrival, exact(arrival + held)] : [arrival];
    for (const at of arrivals)
      this.air.at(at, () => (this.reaches(to) ? this.air.deliver(to, bytes, from) : undefined));
    return { to, fate: "delivered", arrivals, ...(duplicated && { duplicated }), ...(reordered && { reordered }) };
  }
}
