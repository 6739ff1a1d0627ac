import { fail } from "../errors.ts";
import { Pipe } from "../mesh/pipe.ts";
import type { PipeOptions } from "../mesh/pipe.ts";

/** A pipe whose frames are whole packets: one datagram each, without chunks. telehash v3, transports/udp.md. */
export class PacketPipe extends Pipe {
  /** @param options `mtu` is the most bytes of a packet that is sent, `limit` of one that is taken */
  constructor(options: Pick<PipeOptions, "mtu" | "limit">) {
    super(options);
  }

  /** @throws PACKET_TOO_SHORT, PACKET_TOO_LARGE */
  override send(packet: Uint8Array): void {
    if (packet.length > this.mtu) fail("PACKET_TOO_LARGE");
    super.send(packet);
  }

  /** A packet under way was sent as a whole. */
  override restart(): void {}

  override frame(): Uint8Array | undefined {
    if (!this.queue.length) this.more?.();
    return this.queue.shift();
  }

  override receive(packet: Uint8Array, _now: number, done: (packet: Uint8Array) => void): number {
    if (packet.length > this.options.limit) return 1;
    if (packet.length) done(packet);
    return 0;
  }
}
