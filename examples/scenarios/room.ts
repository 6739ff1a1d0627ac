// A room of Puck.js on Bluetooth connections, with the bundle that is flashed: the gateway restarts, and one board
// loses its power. What they tell afterwards arrives all the same.

import type { Scenario } from "e3x-mote-tools/sim";

const at = [100, 200, 250];

export default {
  title: "A room of Puck.js: the gateway restarts, one board is without power",
  duration: 300,
  media: { room: { kind: "ble", central: "gateway", interval: 30, loss: { p: 0.02, r: 0.2, bad: 0.5 } } },
  gateways: { gateway: { position: [0, 0, 2] } },
  devices: [
    {
      name: "puck",
      count: 4,
      board: "puckjs",
      app: "app.ts",
      position: { around: [0, 0, 1], radius: 5 },
      start: { over: 10 },
      happens: at.map((second) => ({ at: second * 1000, press: "BTN" })),
    },
  ],
  faults: [
    // a central that restarts loses its connections too
    { at: 120, what: "gateway restart" },
    { at: 120, what: "radio", device: "puck", for: 5 },
    { at: 170, what: "power cut", device: "puck-2", for: 20 },
  ],
  expect: [
    { what: "linked", within: 60, atLeast: 1 },
    { what: "delivered", within: 10, atLeast: 0.8 },
    { what: "exceptions" },
    { what: "forged" },
    { what: "twice" },
    {
      what: "check",
      title: "each tells of itself in the last minute",
      check: ({ devices, deliveries, time }) => {
        const quiet = devices.filter(
          ({ name }) =>
            !deliveries.some(
              ({ device, delivered }) => device === name && delivered !== undefined && delivered > time - 60,
            ),
        );
        return quiet.length ? `${quiet.map(({ name }) => name).join(", ")} did not` : undefined;
      },
    },
  ],
} satisfies Scenario;
