/**
 * `require("e3x-mote/sx127x")`: LoRa by a Semtech SX1276, SX1277, SX1278 or SX1279 on SPI. Register names are
 * those of the datasheet "SX1276/77/78/79".
 *
 * How much may be sent is for the application to see to. EU868 (EN 300 220): 868.0 to 868.6 MHz 25 mW (14 dBm) e.r.p.
 * and 1 % of each hour, 36 s; 869.4 to 869.65 MHz 500 mW and 10 %. A frame of 52 bytes takes 0.1 s at SF7, 2.5 s at SF12.
 */
import type { Radio } from "../../link/radio.ts";

// what it uses of Espruino
type Pin = unknown;
declare function digitalPulse(pin: Pin, value: number, ms: number): void;
declare function digitalRead(pin: Pin): number;
declare function setWatch(listener: () => void, pin: Pin, options: { edge: string; repeat: boolean }): void;

export interface Sx127xOptions {
  /** SPI1 or a software port, set up by the application: at most 10 MHz, mode 0. */
  spi: { send(data: unknown[], select: Pin): Uint8Array };
  /** The module's NSS. */
  cs: Pin;
  /** The module's DIO0. */
  dio0: Pin;
  /** The module's NRESET. Without it the module is reset by its power only. */
  rst?: Pin;
  /** MHz; 868.1 if not given. */
  frequency?: number;
  /** Spreading factor, 7 to 12; 7 if not given. */
  spreading?: number;
  /** kHz: 125 (if not given), 250 or 500. */
  bandwidth?: number;
  /** Coding rate 4/5 to 4/8: its second number; 5 if not given. */
  coding?: number;
  /** dBm at the pin PA_BOOST, 2 to 17; 14 if not given. */
  power?: number;
  /** Sync word; 0x12 (private networks) if not given. */
  sync?: number;
  /** Bytes of a frame, at most 255; 250 if not given. */
  mtu?: number;
}

// registers
const WRITE = 0x80;
const FIFO = 0x00;
const OP_MODE = 0x01;
const FRF = 0x06;
const FIFO_ADDR_PTR = 0x0d;
const FIFO_RX_CURRENT_ADDR = 0x10;
const IRQ_FLAGS = 0x12;
const MODEM_STAT = 0x18;
const MODEM_CONFIG_1 = 0x1d;
const PAYLOAD_LENGTH = 0x22;
const MODEM_CONFIG_3 = 0x26;
const IF_FREQ_2 = 0x2f;
const SYNC_WORD = 0x39;
const DIO_MAPPING_1 = 0x40;

// OP_MODE, all with LoRa
const SLEEP = 0x80;
const STANDBY = 0x81;
const TRANSMIT = 0x83;
const RECEIVE = 0x85;

// IRQ_FLAGS
const RX_DONE = 0x40;
const CRC_ERROR = 0x20;
const TX_DONE = 0x08;

/**
 * A LoRa modem as a radio, half duplex: it receives but while it sends. "open" once the module is set up; "drain" after
 * each frame. A module that lost its settings is set up again when a frame is written.
 */
export function sx127x(options: Sx127xOptions): Radio {
  const dio0 = options.dio0;
  const listeners: { [event: string]: (data?: Uint8Array) => void } = {};
  let ready = false;
  const emit = (event: string, data?: Uint8Array): void => {
    const listener = listeners[event];
    if (listener) listener(data);
  };
  /** One transaction: an address, and bytes to or for the registers from there on. The first byte that comes back is void. */
  const transfer = (address: number, data: unknown): Uint8Array => options.spi.send([address, data], options.cs);
  const listen = (): void => {
    transfer(WRITE | DIO_MAPPING_1, 0x00);
    transfer(WRITE | OP_MODE, RECEIVE);
  };
  const setup = (): void => {
    const spreading = options.spreading || 7;
    const bandwidth = options.bandwidth || 125;
    // in steps of 32 MHz / 2^19
    const carrier = (options.frequency || 868.1) * 16384;
    // LoRa can be chosen in sleep only
    transfer(WRITE | OP_MODE, SLEEP);
    transfer(WRITE | OP_MODE, SLEEP);
    // carrier, PA_BOOST and power, ramp 40 us, limit 100 mA, LNA boosted, FIFO pointer and both bases 0
    transfer(WRITE | FRF, [
      carrier >> 16,
      carrier >> 8,
      carrier,
      126 + (options.power || 14),
      0x09,
      0x2b,
      0x23,
      0,
      0,
      0,
    ]);
    // bandwidth (7, 8, 9), coding rate (from 1), explicit header; spreading factor, CRC
    transfer(WRITE | MODEM_CONFIG_1, [
      ((bandwidth / 125) >> 1) * 16 + (options.coding || 5) * 2 + 0x68,
      spreading * 16 + 4,
    ]);
    // gain by itself; low data rate: symbols of more than 16 ms
    transfer(WRITE | MODEM_CONFIG_3, (1 << spreading) / bandwidth > 16 ? 0x0c : 0x04);
    // errata note, 2.3: or it receives signals beside the channel
    if (bandwidth < 500) transfer(WRITE | IF_FREQ_2, [0x40, 0x00, 0x43]);
    transfer(WRITE | SYNC_WORD, options.sync || 0x12);
    listen();
  };
  const serve = (): void => {
    // FIFO_RX_CURRENT_ADDR, IRQ_FLAGS_MASK, IRQ_FLAGS, RX_NB_BYTES
    const status = transfer(FIFO_RX_CURRENT_ADDR, [0, 0, 0, 0]);
    const flags = status[3]!;
    transfer(WRITE | IRQ_FLAGS, flags);
    if (flags & TX_DONE) listen();
    else if ((flags & (RX_DONE | CRC_ERROR)) === RX_DONE) {
      transfer(WRITE | FIFO_ADDR_PTR, status[1]);
      emit("data", transfer(FIFO, new Uint8Array(status[4]!)).subarray(1));
    }
    emit("drain");
  };

  if (options.rst) digitalPulse(options.rst, 0, 1);
  setTimeout(() => {
    ready = true;
    setup();
    setWatch(serve, dio0, { edge: "rising", repeat: true });
    emit("open");
  }, 20);
  return {
    mtu: options.mtu || 250,
    write: (frame) => {
      if (!ready) return false;
      const mode = transfer(OP_MODE, 0)[1];
      if (mode === TRANSMIT) return false;
      // what was received, or is being, comes first; also when the watch was not told
      if (digitalRead(dio0) || (mode === RECEIVE && transfer(MODEM_STAT, 0)[1]! & 1)) {
        setTimeout(serve, 20);
        return false;
      }
      if (mode !== RECEIVE) setup();
      transfer(WRITE | OP_MODE, STANDBY);
      transfer(WRITE | DIO_MAPPING_1, 0x40);
      transfer(WRITE | FIFO_ADDR_PTR, 0);
      transfer(WRITE | FIFO, frame);
      transfer(WRITE | PAYLOAD_LENGTH, frame.length);
      transfer(WRITE | OP_MODE, TRANSMIT);
      return true;
    },
    on: (event, listener) => {
      listeners[event] = listener as never;
    },
  };
}
