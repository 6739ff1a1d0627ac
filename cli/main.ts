#!/usr/bin/env node
/** `mote`: the command line. */
import { register as registerDemo } from "./demo.ts";
import { run } from "./program.ts";
import { register as registerSim } from "./sim.ts";

// who reads may stop early, as `head` does
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await run(process.argv.slice(2), [registerSim, registerDemo]);
