// AES-128 and SHA-256 for boards whose firmware has neither. Counted instructions decide its shape:
// look-ups, gathers and byte swaps are native calls of E.mapInPlace (to[i] = map[from[i]]), XORs are of
// 32-bit words, and the hot names are locals, as Espruino finds outer ones by a linear search.
declare const E: { mapInPlace(from: Uint8Array, to: Uint8Array | Int32Array, map: Uint8Array | Int32Array): void };

const roots = new Int32Array(64); // SHA-256 round constants
const start = new Int32Array(8); // SHA-256 initial hash value
const swap = new Uint8Array(64); // gathers big-endian words from little-endian ones
const table = new Int32Array(256); // AES: S-box and MixColumns of one byte: 2s | s << 8 | s << 16 | 3s << 24
const turn = new Uint8Array(64); // AES: gathers looked-up words, ShiftRows done, row r turned left by r bytes
const last = new Uint8Array(16); // AES: gathers the S-box bytes alone, ShiftRows done

const init = () => {
  let i = 0,
    p = 2,
    q = 1,
    s = 99;
  // Half the gaps between the first 64 primes: looking for them would take longer than all the rest.
  // The roots need 44 of a double's 53 bits, so that exp(log(x) / 3), which Espruino has for Math.pow, will do.
  for (const gap of "1112121231321233132132342121272315133233151216621231533313215720") {
    if (i < 8) start[i] = (Math.pow(p, 0.5) * 4294967296) | 0;
    roots[i] = (Math.pow(p, 1 / 3) * 4294967296) | 0;
    p = ((p - 1) | 1) + 2 * (gap as unknown as number);
    swap[i] = i ^ 3;
    turn[i] = (((i >> 4) * 4 + ((i >> 2) & 3) * 5) & 15) * 4;
    last[i >> 2] = turn[i] + 1;
    turn[i] += (i - (i >> 2)) & 3;
    i++;
  }
  // p walks through the powers of 3, q through their inverses.
  p = 1;
  i = 0;
  while (i < 256) {
    table[i++ ? p : 0] = (((s << 1) ^ ((s >> 7) * 283)) * 16777217) ^ (s * 16843008);
    p ^= (p << 1) ^ ((p >> 7) * 283);
    q ^= q << 1;
    q ^= q << 2;
    q = (q ^ (q << 4)) & 255;
    q ^= (q >> 7) * 9;
    s = q ^ (q << 1) ^ (q << 2) ^ (q << 3) ^ (q << 4);
    s = (s ^ (s >> 8) ^ 99) & 255;
  }
};
init();

// `before` is a block that goes before the data.
const digest = (data: Uint8Array, before?: Uint8Array): Uint8Array => {
  let i = 0,
    t = 0,
    k = 0,
    a = 0,
    b = 0,
    c = 0,
    d = 0,
    e = 0,
    f = 0,
    g = 0,
    h = 0,
    at = before ? -64 : 0;
  const w = new Int32Array(64),
    w1 = w.subarray(1),
    w9 = w.subarray(9),
    w14 = w.subarray(14),
    w16 = w.subarray(16),
    constants = roots,
    length = data.length,
    whole = length & ~63,
    bits = (length - at) * 8,
    end = (length + 72) & ~63,
    last = new Uint8Array(end - whole),
    state = new Int32Array(start),
    out = new Uint8Array(32);
  last.set(data.subarray(whole));
  last[length - whole] = 128;
  last[end - whole - 1] = bits;
  last[end - whole - 2] = bits >> 8;
  last[end - whole - 3] = bits >> 16;
  while (at < end) {
    E.mapInPlace(
      swap,
      new Uint8Array(w.buffer),
      at < 0 ? before! : at < whole ? data.subarray(at) : last.subarray(at - whole),
    );
    a = state[0];
    b = state[1];
    c = state[2];
    d = state[3];
    e = state[4];
    f = state[5];
    g = state[6];
    h = state[7];
    i = 0;
    for (k of constants) {
      t = w[i];
      k += t + h + ((e >>> 6) ^ (e << 26) ^ (e >>> 11) ^ (e << 21) ^ (e >>> 25) ^ (e << 7)) + (g ^ (e & (f ^ g)));
      if (i < 48) {
        // Sixteen words ahead; h is free here.
        h = w1[i];
        t += w9[i] + ((h >>> 7) ^ (h << 25) ^ (h >>> 18) ^ (h << 14) ^ (h >>> 3));
        h = w14[i];
        w16[i++] = (t + ((h >>> 17) ^ (h << 15) ^ (h >>> 19) ^ (h << 13) ^ (h >>> 10))) | 0;
      } else i++;
      h = g;
      g = f;
      f = e;
      e = (d + k) | 0;
      d = c;
      c = b;
      b = a;
      a =
        (k + ((b >>> 2) ^ (b << 30) ^ (b >>> 13) ^ (b << 19) ^ (b >>> 22) ^ (b << 10)) + ((c & (b ^ d)) ^ (b & d))) | 0;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
    at += 64;
  }
  E.mapInPlace(swap, out, new Uint8Array(state.buffer));
  return out;
};

export const sha256 = (data: Uint8Array): Uint8Array => digest(data);

const keyed = (key: Uint8Array, pad: number, data: Uint8Array): Uint8Array => {
  const words = new Int32Array(16),
    bytes = new Uint8Array(words.buffer);
  let i = 0;
  bytes.set(key);
  while (i < 16) words[i++] ^= pad;
  return digest(data, bytes);
};

export const hmac = (key: Uint8Array, data: Uint8Array): Uint8Array =>
  keyed(key, 0x5c5c5c5c, keyed(key, 0x36363636, data));

export const ctr = (key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array => {
  let i = 0,
    t = 0,
    at = 0,
    rcon = 1;
  const keys = new Int32Array(44),
    v = new Int32Array(16),
    bytes = new Uint8Array(v.buffer),
    s = new Int32Array(4),
    state = new Uint8Array(s.buffer),
    looked = new Int32Array(16),
    lookedBytes = new Uint8Array(looked.buffer),
    map = E.mapInPlace,
    box = table,
    turns = turn,
    length = data.length,
    words = new Int32Array(4),
    out = new Uint8Array(words.buffer);
  let part;
  new Uint8Array(keys.buffer).set(key);
  while (i < 40) {
    t = keys[i + 3];
    t =
      ((box[(t >> 8) & 255] >> 8) & 255) |
      (box[(t >> 16) & 255] & 65280) |
      (box[t >>> 24] & 16711680) |
      ((box[t & 255] >> 8) << 24);
    t ^= rcon;
    rcon = (rcon << 1) ^ ((rcon >> 7) * 283);
    keys[i + 4] = t ^= keys[i++];
    keys[i + 4] = t ^= keys[i++];
    keys[i + 4] = t ^= keys[i++];
    keys[i + 4] = t ^ keys[i++];
  }
  while (at < length) {
    // The counter is below 65,536 blocks, a megabyte.
    t = at >> 4;
    state.set(iv);
    s[0] ^= keys[0];
    s[1] = keys[1];
    s[2] = keys[2];
    s[3] = ((t << 24) | ((t & 65280) << 8)) ^ keys[3];
    i = 4;
    while (i < 40) {
      map(state, looked, box);
      map(turns, bytes, lookedBytes);
      s[0] = v[0] ^ v[1] ^ v[2] ^ v[3] ^ keys[i++];
      s[1] = v[4] ^ v[5] ^ v[6] ^ v[7] ^ keys[i++];
      s[2] = v[8] ^ v[9] ^ v[10] ^ v[11] ^ keys[i++];
      s[3] = v[12] ^ v[13] ^ v[14] ^ v[15] ^ keys[i++];
    }
    map(state, looked, box);
    map(last, state, lookedBytes);
    part = data.subarray(at, Math.min((at += 16), length));
    out.set(part);
    for (t of s) words[i - 40] ^= t ^ keys[i++];
    part.set(out.subarray(0, part.length));
  }
  return data;
};
