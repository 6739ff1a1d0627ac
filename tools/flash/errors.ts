/** What keeps a board from being flashed. */
export type FlashErrorCode =
  | "NO_TOOLS"
  | "PORT_NOT_FOUND"
  | "PORT_BUSY"
  | "PORT_DENIED"
  | "PORT_FAILED"
  | "PORT_LOST"
  | "NO_ANSWER"
  | "OTHER_BOARD"
  | "NO_ROOM"
  | "STORAGE"
  | "VERIFY";

/** A failure to flash; the message says what was wrong, and behind a semicolon what to do. */
export class FlashError extends Error {
  readonly code: FlashErrorCode;

  constructor(code: FlashErrorCode, message: string) {
    super(message);
    this.name = "FlashError";
    this.code = code;
  }
}
