// Blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian: as many types and options as are needed here.

import { join, le16, le32, utf8 } from "./bytes.ts";

/** An option: its code, and its value. */
export type Option = readonly [code: number, value: Uint8Array];

/** Codes of options; if_ of an Interface Description, epb_ of an Enhanced Packet, isb_ of Interface Statistics. */
export const opt = {
  comment: 1,
  shb_userappl: 4,
  if_name: 2,
  if_description: 3,
  if_tsresol: 9,
  epb_flags: 2,
  isb_ifrecv: 4,
} as const;

/** epb_flags: direction, and whom a frame is for (4.3.1). */
export const flags = { inbound: 1, outbound: 2, unicast: 1 << 2, broadcast: 3 << 2 } as const;

/** Type of secrets in a Decryption Secrets Block: "E3XK". No registered one fits; what is in it, sim/keylog.ts tells. */
const secretsType = 0x4533584b;

const padded = (length: number): number => (length + 3) & ~3;
const padding = (length: number): Uint8Array => new Uint8Array(padded(length) - length);

/** Type, length, body, length. */
function block(type: number, ...body: readonly Uint8Array[]): Uint8Array {
  const length = body.reduce((sum, part) => sum + part.length, 12);
  return join(le32(type), le32(length), ...body, le32(length));
}

/** Options with the one that ends them; nothing where there are none. */
function optionsOf(options: readonly Option[]): Uint8Array {
  if (!options.length) return new Uint8Array(0);
  return join(
    ...options.flatMap(([code, value]) => [le16(code), le16(value.length), value, padding(value.length)]),
    le32(0),
  );
}

/** Ticks since the epoch in two halves, the upper one first. */
function timestamp(us: number): Uint8Array {
  return join(le32(Math.floor(us / 0x100000000)), le32(us % 0x100000000));
}

/** Section Header Block (4.1), of a section whose length is not said. */
export function sectionHeader(application: string): Uint8Array {
  return block(
    0x0a0d0d0a,
    le32(0x1a2b3c4d),
    le16(1),
    le16(0),
    le32(-1),
    le32(-1),
    optionsOf([[opt.shb_userappl, utf8(application)]]),
  );
}

/** Interface Description Block (4.2); timestamps count microseconds, which is the default, but said. */
export function interfaceDescription(linkType: number, name: string, description: string): Uint8Array {
  return block(
    1,
    le16(linkType),
    le16(0),
    le32(0),
    optionsOf([
      [opt.if_name, utf8(name)],
      [opt.if_description, utf8(description)],
      [opt.if_tsresol, Uint8Array.of(6)],
    ]),
  );
}

/** Enhanced Packet Block (4.3). @param id which interface, from 0; @param us microseconds since the epoch */
export function enhancedPacket(id: number, us: number, data: Uint8Array, options: readonly Option[] = []): Uint8Array {
  return block(
    6,
    le32(id),
    timestamp(us),
    le32(data.length),
    le32(data.length),
    data,
    padding(data.length),
    optionsOf(options),
  );
}

/** Name Resolution Block (4.5) of IPv4 addresses. */
export function nameResolution(names: readonly (readonly [address: Uint8Array, name: string])[]): Uint8Array {
  const records = names.flatMap(([address, name]) => {
    const value = join(address, utf8(name), 0);
    return [le16(1), le16(value.length), value, padding(value.length)];
  });
  return block(4, ...records, le32(0));
}

/** Interface Statistics Block (4.6): how many frames an interface has had until then. */
export function interfaceStatistics(id: number, us: number, frames: number): Uint8Array {
  return block(5, le32(id), timestamp(us), optionsOf([[opt.isb_ifrecv, join(le32(frames), le32(0))]]));
}

/** Decryption Secrets Block (4.7). It has to stand before the packets that need it. */
export function decryptionSecrets(text: string): Uint8Array {
  const data = utf8(text);
  return block(10, le32(secretsType), le32(data.length), data, padding(data.length));
}
