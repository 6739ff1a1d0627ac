import { Command } from "commander";
import { hashname, toBase32, toHex } from "../index.ts";
import { newPair, readKey, writeKeys } from "./keys-file.ts";
import { pairs, print, printJson, style } from "./output.ts";

/** What anybody may know of an identity. */
const publicParts = (key: Uint8Array) => ({ hashname: hashname({ "1a": key }), key: toBase32(key), hex: toHex(key) });

const rows = (key: Uint8Array): [string, string][] => {
  const { hashname: name, key: base32, hex } = publicParts(key);
  return [["hashname", style("bold", name)], ["public key", `${base32}\n${hex}`]];
};

export function register(program: Command): void {
  const keys = program.command("keys").description("make key pairs");
  keys
    .command("new")
    .description("make a key pair and write it to a file that only you can read")
    .option("-o, --out <file>", "where to write it", "mote-keys.json")
    .option("--force", "replace the file if it exists: its secret is lost")
    .option("--json", "print JSON")
    .addHelpText("after", `
The file is JSON, all values in base32:
  {
    "hashname": "...",            the endpoint's name: for anybody
    "keys": { "1a": "..." },      its public key: for who sends to it
    "secrets": { "1a": "..." }    for nobody else: who has it is this endpoint
  }`)
    .action((options: { out: string; force?: boolean; json?: boolean }) => {
      const pair = newPair();
      writeKeys(options.out, pair, !!options.force);
      if (options.json) printJson({ ...publicParts(pair.key), file: options.out });
      else print(pairs([...rows(pair.key), ["file", `${options.out} (mode 600)\nIt holds the secret: keep it to yourself. Give the public key to others.`]]));
    });
  program
    .command("hashname")
    .description("print the hashname of a public key")
    .argument("<key>", "public key in hex or base32, or a file of mote keys new")
    .option("--json", "print JSON")
    .action(async (text: string, options: { json?: boolean }) => {
      const key = await readKey(text, "the key");
      if (options.json) printJson(publicParts(key));
      else print(pairs(rows(key)));
    });
}
