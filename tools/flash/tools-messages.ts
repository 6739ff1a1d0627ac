// What a process that runs EspruinoTools (tools.ts) and the one that flashes (port.ts) say to each other.

/** A port that EspruinoTools sees. */
export interface PortInfo {
  path: string;
  description?: string;
  type?: string;
}

export type ToTools = { do: "open"; port: string } | { do: "write"; id: number; text: string } | { do: "close" };

export type FromTools =
  /** EspruinoTools is not installed, or does not load. */
  | { is: "absent"; reason: string }
  | { is: "open" }
  /** The port is not there; those that are. */
  | { is: "unknown"; ports: PortInfo[] }
  | { is: "written"; id: number }
  | { is: "heard"; text: string }
  | { is: "failed"; reason: string }
  | { is: "closed" };
