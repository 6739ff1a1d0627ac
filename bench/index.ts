/** `npm run bench`: ratios to peers of the same run, and instruction counts. `-- --json` for programs. */
import { benchDevice } from "./device.ts";
import { benchHost } from "./host.ts";

const json = process.argv.includes("--json");
const say = (text: string): void => {
  if (!json) console.log(text);
};
const number = (value: number): string => (value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString("en"));

say(`On V8 (Node ${process.version}), medians; a ratio above 1 means that ours is faster\n`);
const host = benchHost();
for (const { what, perSecond, ratios } of host) {
  const peers = Object.entries(ratios).map(([name, ratio]) => `${number(ratio)} x ${name}`);
  say(`  ${what.padEnd(58)}${number(perSecond).padStart(9)}/s   ${peers.join(", ")}`);
}
say("\nIn the real interpreter (Espruino's Linux build, native crypto), instructions by callgrind\n");
const device = await benchDevice((what) => process.stderr.isTTY && process.stderr.write(`\r  ${what}\x1b[K`));
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
if (typeof device === "string") say(`  skipped: ${device}`);
else {
  const ecdh = device.find(({ what }) => what.startsWith("ECDH"))!.instructions;
  for (const { what, instructions } of device) {
    say(
      `  ${what.padEnd(58)}${(instructions / 1e6).toFixed(2).padStart(9)} M  ${(instructions / ecdh).toFixed(4)} x ECDH`,
    );
  }
}
if (json) console.log(JSON.stringify({ node: process.version, host, device }, undefined, 2));
