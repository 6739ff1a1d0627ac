/** What an inspection finds: parts of bytes, field by field. */

/** "ok" and "wrong" were checked; "open" could not be, and the text says what it takes. */
export interface Check {
  state: "ok" | "wrong" | "open";
  text: string;
}

export interface Field {
  name: string;
  bytes: Uint8Array;
  /** Where it begins in its part; undefined for what is made of other fields. */
  offset?: number;
  note?: string;
  check?: Check;
}

export interface Part {
  kind: "message" | "channel" | "handshake" | "packet" | "attached" | "cloaked" | "payload" | "unknown";
  title: string;
  length: number;
  fields: Field[];
  /** What was inside: INNER, an attached packet, a channel packet's payload, what was under the cloak. */
  inside?: Part;
}

/** How a frame goes on what came before it, and what it ends. */
export interface FrameLine {
  bytes: Uint8Array;
  /** In words: "chunk of 19", "end of packet 1", "ack". */
  items: string[];
}

export interface Frames {
  frames: FrameLine[];
  packets: Uint8Array[];
  /** Bytes of a packet that has begun and not ended. */
  rest: Uint8Array;
}
