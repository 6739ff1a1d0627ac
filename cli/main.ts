/** The whole of `mote`, as the package e3x-mote-tools has it. */
import { register as registerBuild } from "./build.ts";
import { register as registerDemo } from "./demo.ts";
import { register as registerFlash } from "./flash.ts";
import { register as registerNew } from "./new.ts";
import { main } from "./program.ts";
import { register as registerSelftest } from "./selftest.ts";
import { register as registerSim } from "./sim.ts";

await main([registerBuild, registerFlash, registerSelftest, registerNew, registerSim, registerDemo]);
