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

typedef union {
  uint32_t words[160];
  element file[REGISTERS];
  aes_space aes;
  struct {
    uint32_t space[136], outer[24];
  } sha;
} memory;

/* The operations and the layout of m are told in call.ts. Returns 0, or the number of an error. */
__attribute__((section(".first"))) int operation_of(int operation, uint32_t *m, unsigned n, const constants *k) {
  memory s;
  int result = DONE, keep = 0;
  uint8_t *data = (uint8_t *)(m + 16);
  for (unsigned i = 0; i < sizeof s / 4; i++) s.words[i] = 0;
  if (operation < 2) result = curve((uint8_t *)m, s.file, &k->curve, operation);
  else if (operation > 3) aes_ctr(m, data, n, &s.aes);
  else {
    if (operation > 2) {
      for (int i = 0; i < 16; i++) {
        m[i] ^= 0x36363636;
        s.sha.outer[i] = m[i] ^ 0x36363636 ^ 0x5c5c5c5c;
      }
      sha256(s.sha.outer + 16, (uint8_t *)m, n + 64, s.sha.space, &k->sha);
      data = (uint8_t *)s.sha.outer;
      n = 96;
    }
    sha256(m, data, n, s.sha.space, &k->sha);
    /* both ways that the cipher set folds a digest */
    uint32_t folded = 0;
    for (int i = 8; i < 12; i++) folded ^= m[i] = m[i - 8] ^ m[i - 4];
    m[12] = folded;
    keep = 13;
  }
  for (; keep < 16; keep++) m[keep] = 0;
  /* with what the functions called have left below */
  volatile uint32_t *left = s.words;
  for (int i = -BELOW; i < (int)(sizeof s / 4); i++) left[i] = 0;
  return result;
}
