import test from "ava";
import { mote } from "./mote.ts";

test("what is wrong with a command line is one line with exit code 2", (t) => {
  const cases: [string[], RegExp][] = [
    [["mesage"], /unknown command 'mesage' \(did you mean message\?\); see mote --help/],
    [["keys", "old"], /unknown command 'old'.*; see mote keys --help/],
    [["keys", "new", "--colour"], /unknown option '--colour'; see mote keys new --help/],
    [["chunk", "split", "0000"], /required option .*--size.*; see mote chunk split --help/],
    [["hashname"], /missing required argument 'key'; see mote hashname --help/],
    [["chunk", "join"], /no frame was given; /],
    [["build"], /say which board; /],
    [["build", "--all", "--board", "puckjs"], /say which board; /],
    [
      ["packet", "inspect", "--as", "letter", "00"],
      /Allowed choices are packet, frame, payload; see mote packet inspect --help/,
    ],
  ];
  for (const [args, expected] of cases) {
    const run = mote(args);
    t.is(run.code, 2, args.join(" "));
    t.is(run.out, "");
    t.regex(run.err, /^mote: [^\n]+\n$/);
    t.regex(run.err, expected);
  }
});

test("a value behind an option that there is not is not repeated", (t) => {
  const run = mote(["keys", "new", "--secret=hunter2"]);
  t.is(run.code, 2);
  t.false((run.out + run.err).includes("hunter2"));
});

test("help and version", (t) => {
  const help = mote(["--help"]);
  t.is(help.code, 0);
  for (const name of ["keys", "hashname", "message", "packet", "chunk", "build", "boards", "sim", "replay"])
    t.regex(help.out, new RegExp(`^  ${name} `, "m"));
  t.is(mote([]).code, 2);
  t.regex(mote(["--version"]).out, /^\d+\.\d+\.\d+\n$/);
});

test("with --json an error is JSON too", (t) => {
  const run = mote(["hashname", "--json", "no-such-file.json"]);
  t.is(run.code, 1);
  t.deepEqual(JSON.parse(run.out).error.code, "ENOENT");
});
