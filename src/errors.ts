/** What each error says to people: what was wrong and what to do. New ones go to the end: a device has their numbers. */
export const texts = {
  KEY_LENGTH: "A public key has 21 bytes in CS1a, 33 in CS1c: 02 or 03, then x. Check that the whole key was copied.",
  KEY_PREFIX: "A compressed public key starts with 02 or 03. Uncompressed keys are not accepted.",
  KEY_RANGE: "The public key's x is not below the field's prime. The key is damaged, or not of its Cipher Set's curve.",
  KEY_OFF_CURVE:
    "The public key is no point of its Cipher Set's curve. The key is damaged, of another curve, or an attack.",
  SECRET_LENGTH: "A secret has 20 or 21 bytes in CS1a, 32 in CS1c.",
  SECRET_RANGE: "The secret is not between 1 and the order of the curve less 1. Make a new key pair.",
  PACKET_TOO_SHORT: "The packet is too short for what it says to be. Check that it was not cut.",
  PACKET_LENGTH: "The packet's LENGTH goes beyond its end. Check that it was not cut.",
  PACKET_HEAD: "The packet's HEAD has a length that is not allowed here.",
  PACKET_TOO_LARGE:
    "The packet or content is longer than the limit that was set, or was cut off. Raise the limit, or send less.",
  JSON: "The packet's HEAD has 7 bytes or more and is not a JSON object.",
  CSID: "The message is of a Cipher Set that is not supported, or of which this endpoint has no keys.",
  MAC: "The MAC is wrong: the packet was changed, or is not from this sender to this recipient.",
  TOKEN: "The channel packet carries another exchange's token.",
  INNER:
    "What was decrypted has not the form that was expected: a JSON HEAD in a channel packet, or the next piece of a content.",
  STALE: 'Its "at" is not above the last one: a replay, or it arrived too late.',
  AT: '"at" is missing or not an integer that can be used here: above what was sent before and at most 2^53 - 1.',
  AT_PARITY: 'The last bit of "at" is not that of the sender\'s order.',
  HANDSHAKE: 'The message is not a handshake of type "link".',
  NOT_IN_SYNC: "No handshake of the other side was accepted yet: exchange handshakes first.",
  INVALIDATED: "The exchange or ephemeral key was invalidated and can not be used again: make a new exchange.",
  SELF_EXCHANGE: "Both public keys are the same: an endpoint has no exchange with itself.",
  CHUNK_SIZE: "A chunk size is 2 to 256 bytes, its length byte counted (0 stands for 256).",
  ENTROPY: "The source of entropy gave what can not be random. Do not make keys with it.",
  UNKNOWN_SENDER: "The message is from nobody known. Link the sender's public key first, or allow pairing.",
  BUSY: "Too much waits already. Send again later.",
  BASE32: "The text is not base32 (lower case, no padding), or not hex, of whole bytes.",
  CBOR: 'The compressed payload (z=1) is not what was expected, in this order: "c" as an unsigned integer, LOB packet, map, type, seq, ack and miss.',
  STORAGE:
    "The board's Storage is full, or what was kept in it is damaged. Make room; or erase identity and state, and pair again.",
  MEMORY:
    "The board has no memory left for this packet or message, or for the native code. Send less at once, or keep fewer variables; it goes on when there is memory again.",
  REPLAY: "The channel packet came before: it was repeated on the way, or by somebody else.",
  CHANNEL:
    'The packet is of no channel that is open, and can not open one: its "c" was used before, or is not one that the other side may choose.',
  CHANNEL_ENDED: 'The channel has ended, or this side said "end": nothing can be sent on it. Open another.',
  HASHNAME:
    "It is no hashname or digest (52 characters of base32 that stand for 32 bytes); or keys and digests are not given by CSID, two hex digits, at least one.",
  HASHNAME_KEYS:
    "The hashname is not that of the keys beside it, or some of its keys are missing. Do not trust it: have the link's owner give it again.",
  LINK_INFO:
    'The text names no link: it is not link JSON, a JWK with "kty":"hashname", a link\'s URI or a hashname; or it says too little or too much. Check that the whole of it was copied.',
  PATH: 'A path is an object with a "type": udp4, udp6, tcp4 and tcp6 need "ip" and "port", http a "url", peer the router\'s hashname as "hn" or "peer".',
  URI: 'It is no URI such as protocol://host:port/... in ASCII, or what is behind its "#" is not digest.rest in base32.',
  OPTION: "An option or argument is not what it must be: `field` names it.",
  STATE:
    "An entry of the state that was kept is damaged, or not of this endpoint: `field` names it. Restore it from a copy, or leave it out: its link then begins anew.",
  SAVE: "`save` returned a promise: what comes after relies on the state being kept, so nothing is taken or sent. Have it note the state, make what it noted durable, and call `drain` then.",
  CLOSED: "The pipe was closed: nothing goes by it any more. Make another.",
  REMOVED: "The link was removed from its endpoint. Make another with `endpoint.link(key)`.",
  BLOCKED: "The link is blocked: nothing of the other is taken, and nothing sent to it, until `unblock`.",
  KEYS_FILE:
    "It is no keys file with a secret, or its public key is not that of its secret. Restore the file, or make a new one with `mote keys new`.",
};

/** Every way in which input, state or use can be refused. On a device a number stands for it. */
export type ErrorCode = keyof typeof texts;

/** The number, from 1, that stands for an error's code on a device. Throws for what is no code. */
export function errorNumber(code: string): number {
  const index = Object.keys(texts).indexOf(code);
  if (index < 0) throw new Error(`no error has the code ${code}`);
  return index + 1;
}

/** The code that a number from a device stands for; undefined for none. */
export function errorCode(number: number): ErrorCode | undefined {
  return (Object.keys(texts) as ErrorCode[])[number - 1];
}
