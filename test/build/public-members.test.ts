import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { channelKinds, loadBoard } from "../../tools/build/boards.ts";
import { buildBoard } from "../../tools/build/bundle.ts";
import { members } from "../../tools/build/espruino-names.ts";
import { publicMembers, publicMembersOf } from "../../tools/build/public-members.ts";

/** Keys of JSON that an application gives, and a module passes on without looking. */
const passedOn = ["dst", "ip", "src"];

test("each public member is there for a reason: code that boards get has it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const app = join(folder, "app.js");
  const words = new Set<string>();
  // between them, these two can use all radios
  for (const name of ["puckjs", "esp32"]) {
    const board = loadBoard(name);
    const kinds = [...board.radios.map((radio) => radio.kind), ...(name === "esp32" ? channelKinds : [])];
    writeFileSync(app, kinds.map((kind) => `require("e3x-mote/${kind}");`).join("\n"));
    const { files } = await buildBoard(board, { app });
    for (const [file, text] of Object.entries(files))
      if (file !== "app.js" && file !== "bundle.js") for (const word of text.match(/\w+/g)!) words.add(word);
  }
  t.deepEqual(
    [...publicMembers()].filter((name) => !words.has(name) && !members.includes(name) && !passedOn.includes(name)),
    [],
  );
  // nobody outside calls these
  for (const name of ["step", "exchange", "poll", "gone", "acknowledge", "queue"])
    t.false(publicMembers().has(name), name);
});

test("what an entry's types have is public, without a list; what is private, internal or the host's is not", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const entry = join(folder, "horn.ts");
  writeFileSync(
    join(folder, "sound.ts"),
    `
    export class Sound {
      pitch = 1;
      private _hidden = 2;
      /** @internal */
      shared = this._hidden;
      declare onHost: number;
      play(each: (beat: { strength: number }) => void): void { each({ strength: this.pitch }); }
    }
  `,
  );
  writeFileSync(
    entry,
    `
    import { Sound } from "./sound.ts";
    interface Own { nobody: number }
    export interface HornOptions { volume: number; echo?: { delay: number }[]; lengths: { [name: string]: { seconds: number } } }
    export interface HornError extends Error { why: number }
    const own: Own = { nobody: 1 };
    export const horn = (options: HornOptions): Sound | { silent: true } => options.volume > own.nobody ? new Sound() : { silent: true };
  `,
  );
  t.deepEqual([...publicMembersOf([entry])].sort(), [
    "delay",
    "echo",
    "horn",
    "lengths",
    "pitch",
    "play",
    "seconds",
    "silent",
    "strength",
    "volume",
    "why",
  ]);
});
