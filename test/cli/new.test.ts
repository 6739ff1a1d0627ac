import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { install, isBuilt } from "../package/install.ts";
import { folder, mote } from "./mote.ts";

/** Runs a command in a project, with what npm run would find: the package's command, and that of its dependencies. */
function run(cwd: string, command: string): { status: number | null; stdout: string; stderr: string } {
  const bin = join(cwd, "bin");
  if (!existsSync(bin)) {
    mkdirSync(bin);
    symlinkSync(join(cwd, "../node_modules/e3x-mote/dist/host/cli.js"), join(bin, "mote"));
    symlinkSync(join(cwd, "../node_modules/typescript/bin/tsc"), join(bin, "tsc"));
  }
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  return spawnSync("sh", ["-c", command], {
    cwd,
    encoding: "utf8",
    timeout: 240_000,
    env: { ...env, PATH: `${bin}:${process.env["PATH"]}` },
  });
}

const built = isBuilt ? test.serial : test.serial.skip;
if (!isBuilt)
  test("starter projects", (t) => {
    t.pass();
    t.log("skipped: npm run build comes first");
  });

built("a starter project builds, and its tests pass, from outside the package", (t) => {
  t.timeout(300_000);
  const outside = install(["e3x-mote", "e3x-mote-tools"], [], ["espruino"]);
  t.teardown(() => rmSync(outside, { recursive: true }));
  const cli = join(outside, "node_modules/e3x-mote/dist/host/cli.js");
  const flash = spawnSync(process.execPath, [cli, "flash", "--board", "puckjs", "--port", "/dev/none"], {
    encoding: "utf8",
  });
  t.is(flash.status, 1);
  t.regex(
    flash.stderr,
    /^mote: EspruinoTools is not installed or does not start \(Cannot find module 'espruino'\); run "npm install espruino", and try again\n$/,
  );
  // Bluetooth, Wi-Fi, and a cable
  for (const board of ["puckjs", "esp32", "pico"]) {
    const made = spawnSync(process.execPath, [cli, "new", board, "--board", board], { cwd: outside, encoding: "utf8" });
    t.is(made.status, 0, made.stderr);
    const cwd = join(outside, board);
    const keys = readFileSync(join(cwd, "gateway.json"), "utf8");
    t.is(statSync(join(cwd, "gateway.json")).mode & 0o777, 0o600);
    t.true(
      readFileSync(join(cwd, "app.ts"), "utf8").includes((JSON.parse(keys) as { keys: { "1a": string } }).keys["1a"]),
    );
    for (const file of readdirSync(cwd))
      t.notRegex(readFileSync(join(cwd, file), "utf8"), /\{\{|(?<!\| )undefined/, file);
    const { scripts } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const build = run(cwd, scripts["build"]!);
    t.is(build.status, 0, build.stdout + build.stderr);
    t.true(existsSync(join(cwd, `dist/boards/${board}/bundle.js`)));
    const tests = run(cwd, scripts["test"]!);
    t.is(tests.status, 0, tests.stdout);
    t.regex(tests.stdout, /# pass 2\n/);
    // a test that can fail
    const app = readFileSync(join(cwd, "app.ts"), "utf8");
    writeFileSync(join(cwd, "app.ts"), app.replace("mote.send({ temperature", "mote.send({ degrees"));
    const failed = run(cwd, scripts["test"]!);
    t.is(failed.status, 1, failed.stdout);
    t.regex(failed.stdout, /# fail 1\n/);
    // types are checked against the board's
    writeFileSync(join(cwd, "app.ts"), `${app}\ndocument.title = mote.key(1);\n`);
    const wrong = run(cwd, "tsc");
    t.regex(wrong.stdout, /app\.ts\(\d+,1\): error TS2\d+: Cannot find name 'document'/);
    t.regex(wrong.stdout, /Expected 0 arguments/);
    if (board === "puckjs") channels(t, cwd);
  }
});

/** An application of the project that uses every standard channel: its types, and what is built of it. */
function channels(t: ExecutionContext, cwd: string): void {
  const app = `
    import { create } from "e3x-mote";
    import "e3x-mote/channels";
    import { stream, streams } from "e3x-mote/stream";
    import { request, serve } from "e3x-mote/thtp";
    import { blocks } from "e3x-mote/block";
    import { sock } from "e3x-mote/sock";
    import { answer, ping } from "e3x-mote/path";
    import { inbox } from "e3x-mote/box";
    const mote = create({ radio: Bluetooth, gateway: "anizsfsjvof6xx3gf5nz2vatfvta5cw3ji" });
    serve(mote, (asked, respond) => respond({ body: asked.path }));
    streams(mote, (one) => { one.on = (event) => print(event); });
    answer(mote);
    mote.on("up", () => {
      request(mote, { method: "GET", path: "/" }, (error, response) => print(error || response!.status));
      stream(mote).end("hello");
      blocks(mote).send(new Uint8Array(9));
      sock(mote, { sock: "connect", dst: { ip: "10.0.0.1", port: 1 } });
      ping(mote, getTime, (seconds) => print(seconds));
      inbox(mote, "0123456789abcdef", (message) => print(message.length));
      mote.channel({ type: "own", seq: 1 }, undefined, (event) => print(event)).send({ end: true });
    });
`;
  writeFileSync(join(cwd, "app.ts"), app);
  const types = run(cwd, "tsc");
  t.is(types.status, 0, types.stdout);
  const build = run(cwd, "mote build --board puckjs --app app.ts");
  t.is(build.status, 0, build.stdout + build.stderr);
  const kinds = ["channels", "stream", "thtp", "block", "sock", "path", "box"];
  for (const kind of kinds) t.true(existsSync(join(cwd, `dist/boards/puckjs/${kind}.js`)), kind);
  writeFileSync(
    join(cwd, "app.ts"),
    `${app}import { peer } from "e3x-mote/peer";\nprint(peer(mote, "", "").id, serve(mote, 5));\n`,
  );
  const wrong = run(cwd, "tsc");
  t.regex(wrong.stdout, /Property 'id' does not exist on type 'Peer'/);
  t.regex(wrong.stdout, /Argument of type 'number' is not assignable/);
  t.is(
    wrong.stdout
      .trim()
      .split("\n")
      .filter((line) => line.startsWith("app.ts")).length,
    2,
    wrong.stdout,
  );
}

test("a folder with something in it is left alone; so are boards that hold no application", (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "mine.txt"), "mine");
  const full = mote(["new", "."], { cwd });
  t.is(full.code, 1);
  t.regex(full.err, /^mote: [^\n]* is not empty; choose another folder, or empty it\n$/);
  t.deepEqual(readdirSync(cwd), ["mine.txt"]);
  const file = mote(["new", "mine.txt"], { cwd });
  t.regex(file.err, /^mote: mine\.txt is a file; choose another folder\n$/);
  const small = mote(["new", "small", "--board", "microbit1"], { cwd });
  t.is(small.code, 1);
  t.regex(small.err, /^mote: BBC micro:bit 1 cannot hold an application: [^\n]+\n$/);
  t.false(existsSync(join(cwd, "small")));
  t.is(mote(["new", "other", "--board", "none"], { cwd }).code, 1);
});
