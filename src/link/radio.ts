/** What the runtime asks of a radio. Espruino's stream objects (Bluetooth, Serial1) are radios as they are. */
export interface Radio {
  /** Bytes of a frame now; may change. Without it the option `mtu` counts, or 20. */
  mtu?: number;
  /** Whether the other side answers every chunk before the next may be written (serial ports). */
  blocking?: boolean;
  /** Whether bytes come without bounds (serial, TCP). */
  stream?: boolean;
  /** Whether nobody can answer (advertising): messages go without a handshake. */
  oneWay?: boolean;
  /** Takes a frame, at most `mtu` bytes. False: not now; the same frame is offered again after "drain" or "open". */
  write(frame: Uint8Array): boolean | void;
  /**
   * "data": bytes came; "open": the other is reached, anew: the packet under way is sent from its beginning; "close": it
   * is not reached any more; "drain": `write` takes frames again.
   */
  on(event: "data" | "open" | "close" | "drain", listener: (data: Uint8Array | ArrayBuffer | string) => void): void;
}
