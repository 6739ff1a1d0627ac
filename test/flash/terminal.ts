import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync } from "node:fs";
import { once } from "node:events";
import { findInterpreter } from "../../sim/index.ts";

// Linux only: makes a pseudo-terminal, prints its path, and then copies: standard input to what a program that opens
// the path reads, and what it writes to standard output. Node.js can not do that by itself, and Debian always has perl.
const program = `
  $| = 1;
  open(my $m, "+<", "/dev/ptmx") or die "ptmx: $!";
  my $i = pack("i", 0);
  ioctl($m, 0x40045431, $i) or die "unlock: $!";
  ioctl($m, 0x80045430, $i) or die "number: $!";
  my $path = "/dev/pts/" . unpack("i", $i);
  open(my $s, "+<", $path) or die "$path: $!";
  system("stty raw -echo < $path");
  print "$path\\n";
  while (1) {
    my $r = "";
    vec($r, fileno(STDIN), 1) = 1;
    vec($r, fileno($m), 1) = 1;
    select(my $o = $r, undef, undef, undef);
    my $d;
    if (vec($o, fileno($m), 1)) { sysread($m, $d, 4096) or last; syswrite(STDOUT, $d); }
    if (vec($o, fileno(STDIN), 1)) { sysread(STDIN, $d, 4096) or last; syswrite($m, $d); }
  }`;

/** Why a board behind a pseudo-terminal can not be had here; undefined: it can. */
export function noTerminal(): string | undefined {
  if (findInterpreter() === undefined) return "no espruino-linux";
  if (!existsSync("/dev/ptmx") || spawnSync("perl", ["-e", "1"]).status !== 0) return "no pseudo-terminal: /dev/ptmx and perl are needed";
  return undefined;
}

/** What happens to a character on its way to the board: it arrives as it is, as another one, or not at all. */
export type Noise = (character: string) => string;

/** The Linux interpreter as a board behind a pseudo-terminal; its Storage is the file espruino.flash of the folder. */
export class Board {
  readonly path: string;
  /** All that its console has said. */
  said = "";
  readonly #children: ChildProcessWithoutNullStreams[];

  private constructor(path: string, children: ChildProcessWithoutNullStreams[]) {
    this.path = path;
    this.#children = children;
  }

  static async start(folder: string, noise: Noise = (character) => character): Promise<Board> {
    const terminal = spawn("perl", ["-e", program]);
    terminal.stderr.on("data", (data: Buffer) => process.stderr.write(data));
    const [first] = (await once(terminal.stdout, "data")) as [Buffer];
    const espruino = spawn(findInterpreter()!, [], { cwd: folder });
    const board = new Board(String(first).trim(), [terminal, espruino]);
    espruino.stdout.on("data", (data: Buffer) => {
      board.said += data.toString("latin1");
      terminal.stdin.write(data);
    });
    terminal.stdout.on("data", (data: Buffer) => {
      espruino.stdin.write(Buffer.from([...data.toString("latin1")].map(noise).join(""), "latin1"));
    });
    for (const child of [terminal, espruino]) child.stdin.on("error", () => undefined);
    return board;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }));
  }
}
