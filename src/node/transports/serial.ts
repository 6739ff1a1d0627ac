/** A serial port whose other side answers every chunk, as e3x-mote/serial on a device does. */
import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import { realTime } from "../clock.ts";
import type { Clock } from "../clock.ts";
import { Backoff } from "./backoff.ts";
import { NoSerialPort, openSerialPort } from "./serial-port.ts";
import type { Transport } from "./transport.ts";

/** What of a board's file (boards/*.json) counts here: how many bytes its port holds. */
export interface SerialBoard {
  radios: readonly { kind: string; frameSize: number; fifo?: number }[];
}

export interface SerialOptions {
  /** Its path: /dev/ttyUSB0, COM3. */
  path: string;
  /** Bits a second; default 115,200. */
  baud?: number;
  /** The board at its other end: frames are as long as its port holds two of. */
  board?: SerialBoard;
  /** Bytes of a frame in place of the board's; 64 without either. */
  mtu?: number;
  /** Opens the port; the npm package serialport unless given. */
  open?: (path: string, baud: number) => Promise<Duplex>;
  clock?: Clock;
}

/** Bytes of a frame: the other's port holds two of them, as an answer and the next chunk may come together. */
function mtuOf({ mtu, board }: SerialOptions): number {
  const radio = board?.radios.find(({ kind }) => kind === "serial");
  return mtu ?? (radio?.fifo === undefined ? (radio?.frameSize ?? 64) : Math.min(radio.frameSize, radio.fifo >> 1));
}

/** Seconds without an answer after which a packet begins again: by then the other side has given up its pieces. */
const PATIENCE = 12;

/**
 * A serial port that is opened again whenever it was lost: a board may be plugged in late, and anew. "open" also when the
 * other has not answered for 12 s, so that a line that was cut goes on.
 */
export class Serial extends EventEmitter implements Transport {
  readonly name: string;
  readonly mtu: number;
  readonly stream = true;
  readonly blocking = true;
  private _options: SerialOptions;
  private _clock: Clock;
  private _backoff = new Backoff(0.5, 5);
  private _port: Duplex | undefined;
  private _cancel: () => void = () => undefined;
  private _closed = false;

  constructor(options: SerialOptions) {
    super();
    this.name = `serial ${options.path}`;
    this.mtu = mtuOf(options);
    this._options = options;
    this._clock = options.clock ?? realTime;
    void this._open();
  }

  write(frame: Uint8Array): boolean {
    const port = this._port;
    if (!port || port.writableNeedDrain) return false;
    this._cancel();
    port.write(frame);
    // a lone zero, too: one that ends a packet is answered. After an answer, which gets none, "open" finds nothing to begin again
    this._cancel = this._clock.after(PATIENCE, () => this.emit("open"));
    return true;
  }

  pause(): void {
    this._port?.pause();
  }

  resume(): void {
    this._port?.resume();
  }

  close(): void {
    if (this._closed) return;
    this._closed = true;
    this._cancel();
    this._port?.destroy();
    this.emit("end");
  }

  private async _open(): Promise<void> {
    const { path, baud = 115_200, open = openSerialPort } = this._options;
    let port: Duplex;
    try {
      port = await open(path, baud);
    } catch (error) {
      if (error instanceof NoSerialPort) this.emit("error", error);
      else this._retry();
      return;
    }
    if (this._closed) {
      port.destroy();
      return;
    }
    this._port = port;
    this._backoff.reset();
    port.on("data", (data: Uint8Array) => {
      this._cancel();
      this.emit("data", data);
    });
    port.on("drain", () => this.emit("drain"));
    // the reason is of no use: "close" follows
    port.on("error", () => undefined);
    port.on("close", () => {
      this._port = undefined;
      this._cancel();
      if (this._closed) return;
      this.emit("close");
      this._retry();
    });
    this.emit("open");
  }

  private _retry(): void {
    if (!this._closed) this._cancel = this._clock.after(this._backoff.next(), () => void this._open());
  }
}

/** Opens a serial port: see Serial. */
export const serial = (options: SerialOptions): Serial => new Serial(options);
