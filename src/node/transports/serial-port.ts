/** The npm package serialport, which is optional: it has native code that not every machine can build. */
import type { Duplex } from "node:stream";
import { isatty } from "node:tty";

/** As much of it as is used. */
interface SerialModule {
  SerialPort: new (options: { path: string; baudRate: number; autoOpen: false }) => Port;
}

interface Port extends Duplex {
  open(done: (error: Error | null) => void): void;
  /** What it is bound to; `fd` is a file descriptor, except on Windows. */
  readonly port?: { readonly isOpen: boolean; readonly fd?: number | null; close(): Promise<void> };
}

/** Milliseconds between looks at whether a port is there. */
const LOOK = 500;

/**
 * Destroys a port whose device is gone. The package does not always notice: a port that was unplugged while it was read has
 * an end of file to read, and the package reads on at once, for ever, with more memory each time.
 */
function watch(port: Port): void {
  if (process.platform === "win32") return;
  const timer = setInterval(() => {
    const fd = port.port?.fd;
    if (fd !== undefined && fd !== null && !isatty(fd)) port.destroy();
  }, LOOK);
  timer.unref();
  port.once("close", () => {
    clearInterval(timer);
  });
}

/**
 * Has the operating system's port closed where the stream is destroyed. The package closes it by a method of its own only: it
 * would stay open, could not be opened by others, and would keep the process alive.
 */
function closeWhereDestroyed(port: Port): void {
  port._destroy = (error, done) => {
    const { port: bound } = port;
    if (!bound?.isOpen) done(error);
    else
      bound.close().then(
        () => {
          done(error);
        },
        () => {
          done(error);
        },
      );
  };
}

/** The package cannot be used: waiting does not help. */
export class NoSerialPort extends Error {}

/** Opens a serial port. Rejects with NoSerialPort where the package is missing, otherwise with why it cannot be opened. */
export async function openSerialPort(path: string, baud: number): Promise<Duplex> {
  const module = await (import("serialport" as string) as Promise<SerialModule>).catch((): never => {
    throw new NoSerialPort(
      "the package serialport is not there, or does not run on this machine; install it with npm install serialport",
    );
  });
  const port = new module.SerialPort({ path, baudRate: baud, autoOpen: false });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => {
      if (error) reject(new Error(`cannot open the serial port ${path}: ${error.message.replace(/^Error: /, "")}`));
      else resolve();
    });
  });
  closeWhereDestroyed(port);
  watch(port);
  return port;
}
