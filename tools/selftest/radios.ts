// What can be asked of a radio without another device.

import type { Board, RadioKind } from "../build/index.ts";
import { ask, judge, type Check } from "./check.ts";

type Radio = Board["radios"][number];

const service = "f11d0001-72f6-4ea6-9678-d0c860a351ea";

/** Names of those global objects of the firmware that are there. */
const there = (names: string): string => `'${names}'.split(' ').filter(n=>global[n]).join(', ')`;

const serialPorts = "Serial1 Serial2 Serial3 Serial4 Serial5 Serial6 USB";

// Services stay until Bluetooth starts again: with others set after them it does so when nobody is connected.

/** For each kind: what is expected, an expression that gives what is said, and whether that will do. */
const questions: Record<
  RadioKind,
  (radio: Radio) => [expected: string, expression: string, holds?: (said: string) => boolean]
> = {
  ble: ({ frameSize }) => [
    `a service with ${frameSize} bytes is taken`,
    `(NRF.setServices({'${service}':{'${service.replace("01", "02")}':{maxLen:${frameSize},writable:true,onWrite:()=>0}}}),NRF.setServices({}),'taken')`,
    (said) => said === "taken",
  ],
  nus: () => ["Bluetooth", there("Bluetooth")],
  advertising: () => ["31 bytes or less", "NRF.getAdvertisingData({}).length+' bytes'", (said) => parseInt(said) <= 31],
  serial: () => ["a port", there(serialPorts)],
  sx127x: () => ["SPI", there("SPI1 SPI2 SPI3 SPI")],
  nrf24: () => ["SPI", there("SPI1 SPI2 SPI3 SPI")],
  udp: () => ["createSocket", "typeof require('dgram').createSocket=='function'?'createSocket':''"],
  tcp: () => ["connect", "typeof require('net').connect=='function'?'connect':''"],
};

function kindCheck(radio: Radio): Check {
  const [expected, expression, holds] = questions[radio.kind](radio);
  return {
    name: `radio ${radio.kind}`,
    why: `the module e3x-mote/${radio.kind} is made on it`,
    expected,
    run: async ({ console }) => {
      const said = String(await ask(console, expression));
      return judge(said || "nothing", holds ? holds(said) : said !== "");
    },
  };
}

/** The connection is encrypted or not, bonded or not: as asked, without a word about addresses. */
const security: Check = {
  name: "NRF.getSecurityStatus()",
  why: "the runtime's encryption does not rely on Bluetooth's; a console that is paired may behave otherwise",
  expected: "an answer",
  run: async ({ console }) => {
    const said = String(
      await ask(
        console,
        "(s=>['connected','encrypted','bonded'].filter(k=>s[k]).join(', ')||'not connected')(NRF.getSecurityStatus())",
      ),
    );
    return judge(said, true);
  },
};

/** The checks of a board's radios. */
export function radioChecks({ radios }: Board): Check[] {
  return [...(radios.some(({ kind }) => kind === "ble") ? [security] : []), ...radios.map(kindCheck)];
}
