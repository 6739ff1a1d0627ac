export { fail } from "#engine";

/** Every way in which input, state or use can be refused. On a device a number stands for it (errors-texts.ts). */
export type ErrorCode =
  | "KEY_LENGTH"
  | "KEY_PREFIX"
  | "KEY_RANGE"
  | "KEY_OFF_CURVE"
  | "SECRET_LENGTH"
  | "SECRET_RANGE"
  | "PACKET_TOO_SHORT"
  | "PACKET_LENGTH"
  | "PACKET_HEAD"
  | "PACKET_TOO_LARGE"
  | "JSON"
  | "CSID"
  | "MAC"
  | "TOKEN"
  | "INNER"
  | "STALE"
  | "AT"
  | "AT_PARITY"
  | "HANDSHAKE"
  | "NOT_IN_SYNC"
  | "INVALIDATED"
  | "SELF_EXCHANGE"
  | "CHUNK_SIZE"
  | "ENTROPY"
  | "UNKNOWN_SENDER"
  | "BUSY"
  | "BASE32"
  | "CBOR"
  | "STORAGE"
  | "MEMORY"
  | "REPLAY"
  | "CHANNEL"
  | "CHANNEL_ENDED"
  | "HASHNAME"
  | "HASHNAME_KEYS"
  | "LINK_INFO"
  | "PATH"
  | "URI";

/** An error of this library: `code` says which, `message` what was wrong and what to do; never key material. */
export interface E3XError extends Error {
  code: ErrorCode;
}
