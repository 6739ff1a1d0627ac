import { fork, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Wire } from "./console.ts";
import { FlashError } from "./errors.ts";
import type { FromTools, PortInfo, ToTools } from "./tools-messages.ts";

// beside this file in src, beside the bundle that this file is part of in dist
const source = new URL("./tools.ts", import.meta.url);
const program = fileURLToPath(
  import.meta.url.endsWith(".ts") ? source : new URL("./espruino-tools.js", import.meta.url),
);

/** What is wrong with a port, from what the system says of it. */
function portError(port: string, reason: string): FlashError {
  if (/lock|busy|EBUSY|temporarily unavailable|access is denied/i.test(reason)) {
    return new FlashError(
      "PORT_BUSY",
      `${port} is busy: another program has it open; close it (the Espruino IDE, a terminal) and try again${process.platform === "linux" ? `; "fuser -v ${port}" names it` : ""}`,
    );
  }
  if (/permission|EACCES|EPERM/i.test(reason)) {
    return new FlashError(
      "PORT_DENIED",
      `${port} may not be opened; ${process.platform === "linux" ? "add yourself to the group that owns it (mostly dialout), then log in again" : "check its permissions"}`,
    );
  }
  if (/no such file|ENOENT|cannot open|file not found/i.test(reason)) return missing(port, []);
  return new FlashError("PORT_FAILED", `${port}: ${reason}; unplug the board, plug it in again, and try again`);
}

function missing(port: string, ports: readonly PortInfo[]): FlashError {
  const listed = ports.map(({ path, description }) => (description ? `${path} (${description})` : path)).join(", ");
  const advice =
    existsSync("/sys/class/bluetooth/hci0") || process.platform !== "linux"
      ? "plug the board in, or wake it up so that it advertises"
      : "plug the board in (this machine has no Bluetooth adapter)";
  return new FlashError(
    "PORT_NOT_FOUND",
    `there is no port ${port}; ${listed ? `there are ${listed}` : "none was found"}; ${advice}`,
  );
}

/** A serial port (a path), a Bluetooth device (its name or address) or tcp://HOST:PORT, opened by EspruinoTools. */
export class Port implements Wire {
  readonly #name: string;
  readonly #child: ChildProcess;
  #heard: (text: string) => void = () => undefined;
  #writes = new Map<number, { resolve: () => void; reject: (error: FlashError) => void }>();
  #next = 0;
  #error: FlashError | undefined;
  #opened: { resolve: () => void; reject: (error: FlashError) => void } | undefined;

  private constructor(name: string) {
    this.#name = name;
    this.#child = fork(program, { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    this.#child.on("message", (message) => this.#take(message as FromTools));
    this.#child.on("exit", () =>
      this.#fail(new FlashError("PORT_LOST", `${name} was lost; check cable and power, and flash again`)),
    );
    this.#child.on("error", (error) => this.#fail(new FlashError("PORT_FAILED", error.message)));
  }

  /** Throws NO_TOOLS, PORT_NOT_FOUND, PORT_BUSY, PORT_DENIED, PORT_FAILED. */
  static async open(name: string): Promise<Port> {
    const port = new Port(name);
    try {
      await new Promise<void>((resolve, reject) => {
        port.#opened = { resolve, reject };
        port.#send({ do: "open", port: name });
      });
    } catch (error) {
      await port.close();
      throw error;
    }
    port.#opened = undefined;
    return port;
  }

  listen(heard: (text: string) => void): void {
    this.#heard = heard;
  }

  write(text: string): Promise<void> {
    if (this.#error) return Promise.reject(this.#error);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#writes.set(id, { resolve, reject });
      this.#send({ do: "write", id, text });
    });
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    this.#error ??= new FlashError("PORT_LOST", `${this.#name} was closed`);
    const gone = new Promise((resolve) => {
      child.once("exit", resolve);
    });
    this.#send({ do: "close" });
    const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
    await gone;
    clearTimeout(timer);
  }

  #send(message: ToTools): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #take(message: FromTools): void {
    if (message.is === "heard") this.#heard(message.text);
    else if (message.is === "open") this.#opened?.resolve();
    else if (message.is === "written") {
      this.#writes.get(message.id)?.resolve();
      this.#writes.delete(message.id);
    } else if (message.is === "unknown") this.#fail(missing(this.#name, message.ports));
    else if (message.is === "failed") this.#fail(portError(this.#name, message.reason));
    else if (message.is === "closed")
      this.#fail(new FlashError("PORT_LOST", `${this.#name} was lost; check cable and power, and flash again`));
    else {
      this.#fail(
        new FlashError(
          "NO_TOOLS",
          `EspruinoTools is not installed or does not start (${message.reason.split("\n")[0]!}); run "npm install espruino", and try again`,
        ),
      );
    }
  }

  #fail(error: FlashError): void {
    this.#error ??= error;
    this.#opened?.reject(this.#error);
    for (const { reject } of this.#writes.values()) reject(this.#error);
    this.#writes.clear();
  }
}
