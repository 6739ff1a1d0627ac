import { Command } from "commander";
import { hashname, toBase32, toHex } from "../src/index.ts";
import type { Csid } from "../src/index.ts";
import { usage } from "./failure.ts";
import { csids, keysOf, newPairs, readKeys, writeKeys } from "./keys-file.ts";
import type { Keys } from "./keys-file.ts";
import { pairs, print, printJson, style } from "./output.ts";

/** What anybody may know of an identity; `key` and `hex` are of its first Cipher Set. */
function publicParts(keys: Keys): { hashname: string; key: string; hex: string; keys: { [csid: string]: string } } {
  const all = Object.entries(keys).sort();
  const [, first] = all[0]!;
  return {
    hashname: hashname(keys),
    key: toBase32(first),
    hex: toHex(first),
    keys: Object.fromEntries(all.map(([csid, key]) => [csid, toBase32(key)])),
  };
}

function rows(keys: Keys): [string, string][] {
  const all = Object.entries(keys).sort();
  return [
    ["hashname", style("bold", hashname(keys))],
    ...all.map(([csid, key]): [string, string] => [
      all.length > 1 || csid !== "1a" ? `public key ${csid}` : "public key",
      `${toBase32(key)}\n${toHex(key)}`,
    ]),
  ];
}

/** CSIDs of an option that may be repeated, and have several in one. */
function addCsids(text: string, before: Csid[] = []): Csid[] {
  const found = text.split(",") as Csid[];
  for (const csid of found)
    if (!csids.includes(csid)) throw usage(`--csid is not of ${csids.join(" and ")}; correct it`);
  return [...new Set([...before, ...found])].sort();
}

interface NewOptions {
  out: string;
  csid?: Csid[];
  force?: boolean;
  json?: boolean;
}

export function register(program: Command): void {
  const keys = program.command("keys").description("make key pairs");
  keys
    .command("new")
    .description("make key pairs and write them to a file that only you can read")
    .option("-o, --out <file>", "where to write them", "mote-keys.json")
    .option("--csid <ids>", 'the Cipher Sets: 1a, 1c, or "1a,1c"; boards have 1a alone (default: 1a)', addCsids)
    .option("--force", "replace the file if it exists: its secrets are lost")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The file is JSON, all values in base32:
  {
    "hashname": "...",            the endpoint's name: for anybody
    "keys": { "1a": "..." },      its public keys: for who sends to it
    "secrets": { "1a": "..." }    for nobody else: who has them is this endpoint
  }`,
    )
    .action((options: NewOptions) => {
      const made = newPairs(options.csid ?? ["1a"]);
      writeKeys(options.out, made, !!options.force);
      const own = keysOf(made);
      const many = Object.keys(own).length > 1;
      if (options.json) printJson({ ...publicParts(own), file: options.out });
      else
        print(
          pairs([
            ...rows(own),
            [
              "file",
              `${options.out} (mode 600)\nIt holds the secret${many ? "s: keep them" : ": keep it"} to yourself. Give the public key${many ? "s" : ""} to others.`,
            ],
          ]),
        );
    });
  program
    .command("hashname")
    .description("print the hashname of public keys: of one, or of all in a keys file")
    .argument("<key>", "public key in hex or base32, or a file of mote keys new")
    .option("--json", "print JSON")
    .action(async (text: string, options: { json?: boolean }) => {
      const keys = await readKeys(text, "the key");
      if (options.json) printJson(publicParts(keys));
      else print(pairs(rows(keys)));
    });
}
