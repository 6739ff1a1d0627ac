import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test from "ava";
import { findInterpreter, loadScenario, scenario } from "../../../sim/index.ts";

const path = (file: string): string => fileURLToPath(new URL(`../../../examples/scenarios/${file}`, import.meta.url));

for (const file of readdirSync(path("")).filter((name) => name !== "app.ts")) {
  test.serial(`examples/scenarios/${file} holds`, async (t) => {
    const {
      scenario: { devices },
    } = await loadScenario(path(file));
    if (devices.some(({ host }) => host === "interpreter") && findInterpreter() === undefined) {
      t.log("skipped: no espruino-linux");
      t.pass();
      return;
    }
    const outcome = await scenario(t, path(file));
    t.true(outcome.deliveries.length > 0);
    t.log(`${outcome.took.toFixed(1)} s`);
  });
}
