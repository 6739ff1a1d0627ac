#!/usr/bin/env node
/** The program of the package e3x-mote: the whole of `mote` where e3x-mote-tools is installed, or else what needs no tools. */
import { main } from "./program.ts";
import { register as registerMissing } from "./missing.ts";

const tools = "e3x-mote-tools/cli";

function isInstalled(): boolean {
  try {
    import.meta.resolve(tools);
    return true;
  } catch {
    return false;
  }
}

if (isInstalled()) await import(tools);
else await main([registerMissing]);
