/**
 * `require("e3x-mote/nrf24")`: a Nordic nRF24L01+ on SPI. Registers and commands: nRF24L01+ Product Specification 1.0,
 * chapters 6 to 9.
 */
import type { Radio } from "../../link/radio.ts";

// what it uses of Espruino
type Pin = unknown;
declare function digitalWrite(pin: Pin, value: number): void;
declare function setWatch(listener: () => void, pin: Pin, options: { edge: string; repeat: boolean }): void;

export interface Nrf24Options {
  /** SPI1 or a software port, set up by the application: at most 8 MHz, mode 0. */
  spi: { send(data: unknown[], select: Pin): Uint8Array };
  /** The module's CSN. */
  cs: Pin;
  /** The module's CE. */
  ce: Pin;
  /** The module's IRQ. */
  irq: Pin;
  /** Own address, five bytes or characters, the least significant first. Each module in reach has another. */
  rx: Uint8Array | number[] | string;
  /** The other side's address. */
  tx: Uint8Array | number[] | string;
  /** Carrier in MHz above 2,400, 0 to 125; 76 if not given. Same on both sides. */
  channel?: number;
  /** kbit/s: 250, 1000 (if not given) or 2000. Same on both sides. */
  rate?: number;
}

// commands
const WRITE = 0x20;
const R_RX_PL_WID = 0x60;
const R_RX_PAYLOAD = 0x61;
const W_TX_PAYLOAD = 0xa0;
const FLUSH_TX = 0xe1;
const FLUSH_RX = 0xe2;

// registers
const CONFIG = 0x00;
const EN_RXADDR = 0x02;
const SETUP_RETR = 0x04;
const RF_CH = 0x05;
const RF_SETUP = 0x06;
const STATUS = 0x07;
const RX_ADDR_P0 = 0x0a;
const RX_ADDR_P1 = 0x0b;
const TX_ADDR = 0x10;
const FIFO_STATUS = 0x17;
const DYNPD = 0x1c;
const FEATURE = 0x1d;

// CONFIG: CRC of two bytes, powered up
const TRANSMITTER = 0x0e;
const RECEIVER = 0x0f;

// STATUS: RX_DR; TX_DS or MAX_RT
const RECEIVED = 0x40;
const SENT = 0x30;

/**
 * An nRF24L01+ as a radio: frames of 32 bytes, each acknowledged by the module of the other side and sent up to 16 times
 * (24 to 40 ms), then given up, as on other radios that lose frames. "open" once the module is set up; "drain" after each
 * frame. A module that lost its settings is set up again when a frame is written.
 */
export function nrf24(options: Nrf24Options): Radio {
  const listeners: { [event: string]: (data?: Uint8Array) => void } = {};
  let ready = false;
  const emit = (event: string, data?: Uint8Array): void => {
    const listener = listeners[event];
    if (listener) listener(data);
  };
  /** One transaction. The first byte that comes back is STATUS. */
  const transfer = (code: number, data: unknown): Uint8Array => options.spi.send([code, data], options.cs);
  const enable = (value: number): void => digitalWrite(options.ce, value);
  /** Turns to receiving or sending. The pipe that hears acknowledgements (0) would else answer for the other side. */
  const turn = (config: number): void => {
    enable(0);
    transfer(WRITE | EN_RXADDR, config === RECEIVER ? 2 : 3);
    transfer(WRITE | CONFIG, config);
  };
  const listen = (): void => {
    turn(RECEIVER);
    // in this order, and with CE low: a frame that was given up would be sent again
    transfer(FLUSH_TX, []);
    transfer(WRITE | STATUS, SENT);
    enable(1);
  };
  const setup = (): void => {
    const rate = options.rate;
    enable(0);
    // length of each frame in it
    transfer(WRITE | FEATURE, 4);
    transfer(WRITE | DYNPD, 3);
    // 15 more times, 1.5 ms apart
    transfer(WRITE | SETUP_RETR, 0x5f);
    transfer(WRITE | RF_CH, options.channel || 76);
    // 0 dBm
    transfer(WRITE | RF_SETUP, rate === 250 ? 0x26 : rate === 2000 ? 0x0e : 0x06);
    transfer(WRITE | RX_ADDR_P0, options.tx);
    transfer(WRITE | TX_ADDR, options.tx);
    transfer(WRITE | RX_ADDR_P1, options.rx);
    listen();
  };
  const serve = (): void => {
    // cleared before it is served: what comes meanwhile raises IRQ again
    if (transfer(WRITE | STATUS, RECEIVED)[0]! & SENT) {
      listen();
      emit("drain");
    }
    // its FIFO holds three
    for (let i = 3; i-- && !(transfer(FIFO_STATUS, 0)[1]! & 1);) {
      const length = transfer(R_RX_PL_WID, 0)[1]!;
      if (length > 32) transfer(FLUSH_RX, []);
      else emit("data", transfer(R_RX_PAYLOAD, new Uint8Array(length)).subarray(1));
    }
  };

  // power on reset
  setTimeout(() => {
    ready = true;
    setup();
    setWatch(serve, options.irq, { edge: "falling", repeat: true });
    emit("open");
  }, 100);
  return {
    mtu: 32,
    write: (frame) => {
      if (!ready) return false;
      const config = transfer(CONFIG, 0)[1];
      if (config === TRANSMITTER) {
        // also when the watch was not told
        setTimeout(serve, 50);
        return false;
      }
      if (config !== RECEIVER) setup();
      turn(TRANSMITTER);
      transfer(W_TX_PAYLOAD, frame);
      enable(1);
      return true;
    },
    on: (event, listener) => {
      listeners[event] = listener as never;
    },
  };
}
