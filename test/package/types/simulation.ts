// A test of firmware as its authors write it, with the types of the simulator: what is wrong here has to be refused.
import { SimError, runScenario, simulate } from "e3x-mote-tools/sim";
import type { Scenario, SimulateOptions, Simulation } from "e3x-mote-tools/sim";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <Claim extends true>(claim?: Claim): void => void claim;

const options: SimulateOptions = {
  board: "puckjs",
  app: "app.ts",
  seed: 2,
  medium: { loss: 0.05 },
  host: "interpreter",
};
// @ts-expect-error an application is needed
void simulate({ board: "puckjs" });
// @ts-expect-error there is no such host
options.host = "emulator";
// @ts-expect-error there is no such option of a medium
options.medium = { lost: 0.05 };

const simulation: Simulation = await simulate(options);
await simulation.until(() => simulation.messages.includes("hello"), 60);
// @ts-expect-error a condition is a function
await simulation.until(true);
await simulation.send({ led: true });
// @ts-expect-error a number is no content
await simulation.send(21);
await simulation.restart();
holds<Same<typeof simulation.messages, string[]>>();
holds<Same<typeof simulation.time, number>>();
simulation.gateway.send("hello");
// @ts-expect-error the log is not replaced
simulation.log = [];
await simulation.close();

const scenario: Scenario = {
  duration: 60,
  media: { radio: { kind: "ideal", frameSize: 20 } },
  gateways: { gateway: {} },
  devices: [{ name: "sensor", count: 2, traffic: { every: 5 } }],
  expect: [{ what: "linked", within: 30 }],
};
// @ts-expect-error there is no such medium
scenario.media = { radio: { kind: "wifi" } };
// @ts-expect-error there is no such expectation
scenario.expect = [{ what: "joined", within: 30 }];
try {
  await runScenario(scenario);
} catch (error) {
  // @ts-expect-error there is no such code
  if (error instanceof SimError && error.code === "timeuot") throw error;
}
