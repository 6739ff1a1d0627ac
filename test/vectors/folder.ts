/** Reads a folder of vectors, with or without peers/: which files there are, and the cases in them. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Collector } from "./collector.ts";
import { Fields, VectorError } from "./fields.ts";
import { negative } from "./negative-cases.ts";
import { chunks, ecdh, hashnames, messages, sessions } from "./own-files.ts";
import {
  peerCbor,
  peerChunks,
  peerCloak,
  peerEcdh,
  peerKeys,
  peerMessages,
  peerSessions,
  published,
} from "./peer-files.ts";
import type { Cases } from "./target.ts";

type Take = (entry: Fields, to: Collector) => void;

const FILES: Record<string, Take> = {
  "chunks.json": chunks,
  "ecdh.json": ecdh,
  "hashnames.json": hashnames,
  "messages.json": messages,
  "sessions.json": sessions,
  "peers/cbor-z1.json": peerCbor,
  "peers/chunks.json": peerChunks,
  "peers/cloak.json": peerCloak,
  "peers/ecdh.json": peerEcdh,
  "peers/keys-hashnames.json": peerKeys,
  "peers/messages.json": peerMessages,
  "peers/negative.json": negative,
  "peers/published.json": published,
  "peers/sessions.json": peerSessions,
};

export interface Folder extends Cases {
  /** Files of the format that are not there. */
  missing: string[];
  /** Files that are there and are not of the format. */
  unknown: string[];
}

/** The entries of a file: a list, or in peers/ an object with a list. */
function entriesOf(path: string): unknown[] {
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new VectorError(`can not be read as JSON: ${(error as Error).message.split("\n")[0]}`);
  }
  const list = Array.isArray(data) ? data : new Fields(data, "file ").list("vectors");
  if (!list.length) throw new VectorError("has no entries");
  return list;
}

function listed(folder: string, under: string): string[] {
  const path = join(folder, under);
  if (!existsSync(path)) return [];
  const all = readdirSync(path, { withFileTypes: true });
  return all.flatMap((one) =>
    one.isDirectory() ? (under || one.name !== "peers" ? [join(under, one.name) + "/"] : []) : [join(under, one.name)],
  );
}

export function readFolder(folder: string): Folder {
  const result: Folder = { cases: [], inapplicable: [], faults: [], missing: [], unknown: [] };
  for (const [file, take] of Object.entries(FILES)) {
    const path = join(folder, file);
    if (!existsSync(path)) {
      result.missing.push(file);
      continue;
    }
    const collector = new Collector(file);
    let entries: unknown[] = [];
    collector.entry("", () => {
      entries = entriesOf(path);
    });
    entries.forEach((value, i) => {
      const name = (value as { name?: unknown } | null)?.name;
      collector.entry(typeof name === "string" ? `${i} (${name})` : String(i), () =>
        take(new Fields(value), collector),
      );
    });
    result.cases.push(...collector.cases);
    result.inapplicable.push(...collector.inapplicable);
    result.faults.push(...collector.faults);
  }
  result.unknown = [...listed(folder, ""), ...listed(folder, "peers")].filter(
    (file) => !(file in FILES) && file !== "README.md" && file !== "cs1c.json",
  );
  return result;
}
