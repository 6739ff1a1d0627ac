// Pseudo-terminals: a serial port that other programs open by its path, with this process at its other end.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";

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

/** Why there are no pseudo-terminals here; undefined: there are. */
export function noTerminals(): string | undefined {
  return !existsSync("/dev/ptmx") || spawnSync("perl", ["-e", "1"]).status !== 0
    ? "no pseudo-terminal: /dev/ptmx and perl are needed"
    : undefined;
}

/** This process's end of a pseudo-terminal. */
export interface Terminal {
  /** What other programs open. */
  readonly path: string;
  write(bytes: Uint8Array): void;
  /** Has the one listener called with what they write. */
  listen(heard: (bytes: Uint8Array) => void): void;
  close(): Promise<void>;
}

/** Makes a pseudo-terminal, raw and without echo. Throws where there is none: see noTerminals. */
export async function openTerminal(): Promise<Terminal> {
  const child = spawn("perl", ["-e", program]);
  child.stderr.on("data", (data: Buffer) => process.stderr.write(data));
  child.stdin.on("error", () => undefined);
  const [first] = (await once(child.stdout, "data")) as [Buffer];
  let heard: (bytes: Uint8Array) => void = () => undefined;
  child.stdout.on("data", (data: Buffer) => {
    heard(data);
  });
  return {
    path: String(first).trim(),
    write: (bytes) => {
      child.stdin.write(bytes);
    },
    listen: (listener) => {
      heard = listener;
    },
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
