/** A channel of a gateway: what a device has no room for. */
import type { Packet } from "../packet/lob.ts";
import { Channel } from "./channel.ts";

/** Closes a channel, and tells the other why where that is possible. */
export function end(channel: Channel, reason = "error"): void {
  try {
    channel.fail(reason);
  } catch {
    // too much waits to be sent
    channel.close(reason);
  }
}

export class HostChannel extends Channel {
  override manualAck = false;
  /** Told of what `on` throws, which goes no further then. */
  failed: ((error: unknown) => void) | undefined = undefined;
  // with `manualAck`: up to where it is acknowledged
  private _confirmed = 0;

  override acknowledge = (seq: number = this._done): void => {
    const upTo = Math.min(seq, this._done);
    if (!this.manualAck || !(upTo > this._confirmed)) return;
    this._confirmed = upTo;
    this._due = this._due ?? 0;
    this._keeper.wake();
  };

  protected override _emit(event: "packet" | "drain" | "close", data?: Packet | string): void {
    const { failed } = this;
    if (!failed) return super._emit(event, data);
    try {
      super._emit(event, data);
    } catch (error) {
      failed(error);
    }
  }

  override receive(packet: Packet, now: number): void {
    const { json } = packet;
    const { _done: done, _due: due } = this;
    const beyond = this.manualAck && (json!["seq"] as number) - this._confirmed > this._keeper.capacity;
    // taken as one that came before: it is answered with where the window ends
    super.receive(beyond ? { ...packet, json: { ...json, seq: done } } : packet, now);
    // what came in order is for the application to acknowledge
    if (this.manualAck && this._done > done && !this._count) this._due = due;
  }

  override next(now: number): ReturnType<Channel["next"]> {
    const next = super.next(now);
    const head = next?.[0];
    if (this.manualAck && head?.["ack"] !== undefined) {
      const miss = head["miss"] as number[];
      const behind = this._done - this._confirmed;
      // steps are from what is acknowledged on, and the window is as long behind it as ever
      if (miss.length > 1) {
        miss[0]! += behind;
        miss[miss.length - 1]! -= behind;
      }
      head["ack"] = this._told = this._confirmed;
    }
    return next;
  }
}
