/** The npm package serialport, which is optional: it has native code that not every machine can build. */
import type { Duplex } from "node:stream";

/** As much of it as is used. */
interface SerialModule {
  SerialPort: new (options: { path: string; baudRate: number; autoOpen: false }) => Duplex & { open(done: (error: Error | null) => void): void };
}

/** The package cannot be used: waiting does not help. */
export class NoSerialPort extends Error {}

/** Opens a serial port. Rejects with NoSerialPort where the package is missing, otherwise with why it cannot be opened. */
export async function openSerialPort(path: string, baud: number): Promise<Duplex> {
  const module = await (import("serialport" as string) as Promise<SerialModule>).catch((): never => {
    throw new NoSerialPort("the package serialport is not there, or does not run on this machine; install it with npm install serialport");
  });
  const port = new module.SerialPort({ path, baudRate: baud, autoOpen: false });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => {
      if (error) reject(new Error(`cannot open the serial port ${path}: ${error.message.replace(/^Error: /, "")}`));
      else resolve();
    });
  });
  return port;
}
