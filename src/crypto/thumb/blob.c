/* Cipher Set 1a for E.nativeCall: one piece of position-independent Thumb code, run in place from flash. It has no data
   of its own, calls nothing, and takes its memory from the stack, which it wipes. */
#include <stdint.h>

#include "field.h"
#include "curve.h"
#include "sha256.h"
#include "aes.h"

typedef struct {
  curve_constants curve;
  sha_constants sha;
} constants;

/* What is at the beginning: the entry, which hands on where the constants are that follow it. */
__asm__(".section .entry, \"ax\"\n.thumb\n.syntax unified\n.global entry\n.thumb_func\nentry: adr r3, 1f\nb operation_of\n.balign 4\n1:\n.text\n");

__attribute__((section(".constants"), used)) static const constants table = {.curve = CURVE_CONSTANTS, .sha = SHA_CONSTANTS};

/* Words of the stack that functions called take, at most: what is below the stack pointer is nobody's, since interrupts
   leave nothing there. */
#define BELOW 64

/* Words of data that are given at once: ROOM of native-kept.ts. */
#define ROOM 64

typedef union {
  uint32_t words[SHA_SPACE];
  element file[REGISTERS];
  aes_space aes;
} memory;

/* The operations and the layout of m are told in native.ts. `what` is the operation (three bits), and above how many
   bytes of its data went before; n is how many come now: where they fill the room, more follows, if it is none. What an
   operation has to remember is where it was given, and behind the data. Returns 0, or the number of an error. */
__attribute__((section(".first"))) int operation_of(unsigned what, uint32_t *m, unsigned n, const constants *k) {
  memory s;
  int result = DONE;
  unsigned operation = what & 7, at = what >> 3, more = n / (ROOM * 4);
  for (unsigned i = 0; i < sizeof s / 4; i++) s.words[i] = 0;
  if (operation < 2) result = curve((uint8_t *)m, s.file, &k->curve, operation);
  else if (operation > 3) aes_ctr(m, (uint8_t *)(m + 16) - at, at, at + n, &s.aes);
  else {
    uint32_t *digest = m + 16 + ROOM;
    /* of HMAC: the padded key is before the data, in memory as well */
    unsigned keyed = (operation & 1) * 64;
    uint8_t *data = (uint8_t *)m + 64 - keyed - at;
    n += at + keyed;
    if (at) at += keyed;
    for (uint32_t with = (operation & 1) * 0x36363636;; with = 0x36363636 ^ 0x5c5c5c5c) {
      if (!at) for (int i = 0; i < 16; i++) m[i] ^= with;
      sha256(digest, data, at, n, more, s.words, &k->sha);
      if (more) break;
      for (int i = 0; i < 8; i++) m[16 + i] = __builtin_bswap32(digest[i]);
      if (with != 0x36363636) break;
      data = (uint8_t *)m;
      at = 0;
      n = 96;
    }
    /* both ways that the cipher set folds a digest */
    uint32_t folded = 0;
    for (int i = 24; i < 28; i++) folded ^= m[i] = m[i - 8] ^ m[i - 4];
    m[30] = folded;
  }
  if (!more) for (int i = 0; i < 16; i++) m[i] = 0;
  /* with what the functions called have left below */
  volatile uint32_t *left = s.words;
  for (int i = -BELOW; i < (int)(sizeof s / 4); i++) left[i] = 0;
  return result;
}
