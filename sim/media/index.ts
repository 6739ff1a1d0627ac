// The media by kind.

import { SimError } from "../errors.ts";
import type { RadioKind } from "../types.ts";
import { AdvertisingMedium } from "./advertising.ts";
import type { AdvertisingOptions } from "./advertising.ts";
import { BleMedium } from "./ble.ts";
import type { BleOptions } from "./ble.ts";
import { IdealMedium } from "./ideal.ts";
import type { IdealOptions } from "./ideal.ts";
import { Ieee802154Medium } from "./ieee802154.ts";
import type { Ieee802154Options } from "./ieee802154.ts";
import { LoRaMedium } from "./lora.ts";
import type { LoRaOptions } from "./lora.ts";
import type { Medium, MediumKind } from "./medium.ts";
import { Nrf24Medium } from "./nrf24.ts";
import type { Nrf24Options } from "./nrf24.ts";
import { SerialMedium } from "./serial.ts";
import type { SerialOptions } from "./serial.ts";
import { UdpMedium } from "./udp.ts";
import type { UdpOptions } from "./udp.ts";

/** A medium as it is said in a scenario: its kind, and the options that the kind's file tells. */
export type MediumOptions =
  | ({ kind: "ideal" } & IdealOptions)
  | ({ kind: "ble" } & BleOptions)
  | ({ kind: "advertising" } & AdvertisingOptions)
  | ({ kind: "802.15.4" } & Ieee802154Options)
  | ({ kind: "lora" } & LoRaOptions)
  | ({ kind: "nrf24" } & Nrf24Options)
  | ({ kind: "serial" } & SerialOptions)
  | ({ kind: "udp" } & UdpOptions);

const makers: { [kind in MediumKind]: (options: never) => Medium } = {
  ideal: (options) => new IdealMedium(options),
  ble: (options) => new BleMedium(options),
  advertising: (options) => new AdvertisingMedium(options),
  "802.15.4": (options) => new Ieee802154Medium(options),
  lora: (options) => new LoRaMedium(options),
  nrf24: (options) => new Nrf24Medium(options),
  serial: (options) => new SerialMedium(options),
  udp: (options) => new UdpMedium(options),
};

/** The medium that a virtual device's radio hardware is made for. */
export const mediumOfRadio: { [kind in RadioKind]: MediumKind } = {
  ble: "ble",
  nus: "ble",
  advertising: "advertising",
  serial: "serial",
  sx127x: "lora",
  nrf24: "nrf24",
  udp: "udp",
  tcp: "udp",
};

/** Throws SimError "options" for a kind that is none. */
export function mediumOf({ kind, ...options }: MediumOptions): Medium {
  if (!Object.hasOwn(makers, kind))
    throw new SimError(
      "options",
      `there is no medium of kind ${JSON.stringify(kind)}; there are ${Object.keys(makers).join(", ")}`,
    );
  return makers[kind](options as never);
}
