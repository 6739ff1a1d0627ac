/**
 * Size and instructions of the native code: for Cortex-M0 under rp2040js, for Cortex-M4 under qemu-arm where it is there.
 * `npx tsx bench/native.ts`
 */
import { cores } from "../tools/build/native.ts";
import { code as m0Code } from "../src/crypto/thumb/blob-m0.ts";
import { code as m4Code } from "../src/crypto/thumb/blob-m4.ts";
import { bytes } from "../test/helpers/core.ts";
import { M0 } from "../test/native/m0.ts";
import { M4, missing } from "../test/native/m4.ts";
import { asked, memoryOf } from "../test/native/machine.ts";

const code = { m0: Buffer.from(m0Code(), "base64"), m4: Buffer.from(m4Code(), "base64") };
const secret = bytes("000102030405060708090a0b0c0d0e0f1011121314");
const key = bytes("024a96b5688ef573284664698968c38bb913cbfc82");
const operations: [string, number, Uint8Array][] = [
  ["public key of a secret", 0, memoryOf(0, secret)],
  ["ECDH: decompression, all checks", 1, memoryOf(0, secret, key)],
  ["SHA-256 of 64 bytes", 2, memoryOf(0)],
  ["HMAC-SHA256 of 64 bytes", 3, memoryOf(0)],
  ["AES-128-CTR of 64 bytes", 4, memoryOf(0)],
];
// bytes of the curve alone in the public C implementation (telehash-c), as the issue has it; no ciphers
const MICRO_ECC = 5400;

for (const core of cores) {
  const why = core === "m4" ? missing() : undefined;
  console.log(
    `Cortex-${core.toUpperCase()}: ${code[core].length} bytes in all, ${Math.ceil(code[core].length / 3) * 4} as text (micro-ecc's curve alone: about ${MICRO_ECC})${why ? `; not run: ${why}` : ""}`,
  );
  if (why) continue;
  const machine = core === "m0" ? new M0(code.m0) : new M4(code.m4);
  for (const [what, operation, memory] of operations)
    console.log(
      `  ${what.padEnd(34)}${machine
        .count(asked(operation), memory, operation < 2 ? 0 : 64)
        .toLocaleString("en")
        .padStart(10)} instructions`,
    );
  if (machine instanceof M4) machine.close();
}
