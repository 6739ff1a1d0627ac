/**
 * Encryption of channel packets between two exchanges that have each other's KEY: their session. It ends with either KEY.
 * telehash v3, e3x/cs/1a.md, Channel Encryption; e3x/handshake.md, Routing Token.
 */
import { fail } from "#platform/engine";
import { same } from "#platform/text";
import { CHANNEL_OVERHEAD, TOKEN_LENGTH, authentic, channelKey, open, seal, token } from "../cipher/seal.ts";
import { decode } from "../packet/lob.ts";
import { IVS } from "./exchange.ts";

const HEAD = new Uint8Array(2);

export class Session {
  /** The token by which the other addresses this side, 16 bytes. */
  token: Uint8Array;
  private _to: Uint8Array;
  private _out: Uint8Array;
  private _in: Uint8Array;
  private _iv: Uint8Array;
  private _left = IVS;
  // IVs that came, as numbers: where each run of them starts and ends (exclusive), rising
  private _seen: number[] = [];
  private _room: number;

  /**
   * @param own our ephemeral KEY; @param remote the other's; @param shared ECDH of both; @param iv 4 random bytes
   * @param room how many runs of IVs are told apart: beyond, the IVs of the first small gap are refused too
   */
  constructor(own: Uint8Array, remote: Uint8Array, shared: Uint8Array, iv: Uint8Array, room: number) {
    this.token = token(own);
    this._to = token(remote);
    this._out = channelKey(shared, own, remote);
    this._in = channelKey(shared, remote, own);
    this._iv = new Uint8Array(iv);
    this._room = room;
  }

  /** Channel packet (OUTER) of a payload. Throws INVALIDATED when all IVs are used, and after `wipe`. */
  seal(payload: Uint8Array): Uint8Array {
    const iv = this._iv;
    if (!this._left) fail("INVALIDATED");
    this._left--;
    const outer = seal(HEAD, this._to, this._out, this._out, iv, payload);
    new Uint32Array(iv.buffer)[0]!++;
    return outer;
  }

  /**
   * The payload of a channel packet (OUTER) of the other side; each is opened once.
   * @throws PACKET_LENGTH, PACKET_HEAD, PACKET_TOO_SHORT, TOKEN, MAC, REPLAY
   */
  open(outer: Uint8Array): Uint8Array {
    const packet = decode(outer);
    const body = packet.body;
    if (packet.head.length) fail("PACKET_HEAD");
    if (body.length < CHANNEL_OVERHEAD) fail("PACKET_TOO_SHORT");
    if (!same(body.subarray(0, TOKEN_LENGTH), this.token)) fail("TOKEN");
    if (!this._left || !authentic(body, TOKEN_LENGTH, this._in)) fail("MAC");
    // little-endian, as the public peers count: a receiver may take IVs as they come, but counted ones need the least room
    if (!this._first(new Uint32Array(new Uint8Array(body.subarray(TOKEN_LENGTH, TOKEN_LENGTH + 4)).buffer)[0]!))
      fail("REPLAY");
    return open(body, TOKEN_LENGTH, this._in);
  }

  /** Whether an IV has not come before; it is noted. */
  private _first(iv: number): boolean {
    const seen = this._seen;
    let i = 0;
    while (i < seen.length && seen[i + 1]! < iv) i += 2;
    const start = seen[i];
    if (i < seen.length && start! <= iv && iv < seen[i + 1]!) return false;
    if (i < seen.length && seen[i + 1] === iv) seen[i + 1] = iv + 1;
    else if (start === iv + 1) seen[i] = iv;
    else seen.splice(i, 0, iv, iv + 1);
    if (seen[i + 1] === seen[i + 2]) seen.splice(i + 1, 2);
    if (seen.length > this._room * 2) {
      let least = 1;
      // up to 1,024 they are alike: what is late has the highest numbers, and must find its gap
      for (i = 3; i < seen.length - 1; i += 2)
        if ((seen[i + 1]! - seen[i]!) >>> 10 < (seen[least + 1]! - seen[least]!) >>> 10) least = i;
      seen.splice(least, 2);
    }
    return true;
  }

  /** Ends it: its keys are wiped. */
  wipe(): void {
    this._out.fill(0);
    this._in.fill(0);
    this._left = 0;
  }
}
