// The application's own bundle, on a simulated {{title}} next to a gateway. Minutes take no time here.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { simulate } from "e3x-mote-tools/sim";

const gateway = JSON.parse(readFileSync(new URL("gateway.json", import.meta.url), "utf8"));
const options = { board: "{{board}}", app: "app.ts", gateway{{options}} };

test("the board links, and its readings arrive", async (t) => {
  const simulation = await simulate(options);
  t.after(() => simulation.close());
  await simulation.until(() => simulation.messages.length === 3);
  const readings = simulation.messages.map((text) => JSON.parse(text));
  for (const { temperature } of readings) assert.equal(typeof temperature, "number");
  assert.ok(readings[2].uptime > readings[0].uptime);
});

test("what the gateway says is printed, also over a bad radio that comes back, and after a restart", async (t) => {
  const simulation = await simulate({ ...options, medium: { loss: 0.05 } });
  t.after(() => simulation.close());
  const oneMore = () => {
    const before = simulation.messages.length;
    return simulation.until(() => simulation.messages.length > before);
  };
  await oneMore();
  await simulation.disconnect(100);
  await oneMore();
  await simulation.restart();
  await oneMore();
  await simulation.send("hello");
  await simulation.until(() => simulation.log.includes("gateway says hello"));
});
