// Typed errors of the simulator: `code` tells them apart.

export type SimErrorCode =
  | "frame-size"
  | "timeout"
  | "endpoint"
  | "device-boot"
  | "device-radio"
  | "device-ended"
  | "device-memory"
  | "device-timeout"
  | "interpreter-missing"
  | "capture-empty"
  | "capture-header"
  | "capture-version"
  | "capture-json"
  | "capture-record"
  | "capture-truncated"
  | "replay-input"
  | "options"
  | "bridge"
  | "scenario";

/** Base of all errors that the simulator raises. */
export class SimError extends Error {
  readonly code: SimErrorCode;
  constructor(code: SimErrorCode, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A frame larger than the medium carries (a bug of the sender: a radio would cut or refuse it). */
export class FrameSizeError extends SimError {
  readonly size: number;
  readonly limit: number;
  constructor(from: string, size: number, limit: number) {
    super("frame-size", `${from} wrote a frame of ${size} bytes; the medium carries 1 to ${limit}`);
    this.size = size;
    this.limit = limit;
  }
}

/** A device did not start, ended, ran out of memory or did not answer; `transcript` is what its console said. */
export class DeviceError extends SimError {
  readonly transcript: string;
  constructor(code: SimErrorCode, message: string, transcript = "") {
    super(code, transcript === "" ? message : `${message}\n${transcript}`);
    this.transcript = transcript;
  }
}

/** A capture file that cannot be read; `line` counts from 1. */
export class CaptureError extends SimError {
  readonly line: number;
  constructor(code: SimErrorCode, line: number, message: string) {
    super(code, `capture line ${line}: ${message}`);
    this.line = line;
  }
}
