// Boards with an nRF52: what buttons.ts has. Their Bluetooth is there, without anybody near, also when another radio is in use.

import { buttonsText } from "./buttons.ts";

export const nrf52Text = buttonsText(String.raw`
  if (typeof NRF === "undefined") global.NRF = w.emitter({
    sleep: function () {},
    wake: function () {},
    setAdvertising: function () {},
  });
`);
