/* AES-128 in counter mode (FIPS 197, SP 800-38A). The S-box is made anew each time, in RAM: that takes fewer bytes than
   a table, and RAM of these microcontrollers has no cache (their flash has), so that a look-up takes the same time
   wherever it is. */

typedef struct {
  uint32_t key[4], state[4], turned[4];
  uint8_t box[256];
} aes_space;

/* Four bytes doubled in GF(2^8). */
static uint32_t twice(uint32_t w) {
  return (w & 0x7f7f7f7f) << 1 ^ (w >> 7 & 0x01010101) * 0x1b;
}

/* In place: bytes `at` (a multiple of 16) to n of the data. The key is at m, the first four bytes of the counter at byte 32. */
static void aes_ctr(const uint32_t *m, uint8_t *data, unsigned at, unsigned n, aes_space *space) {
  uint8_t *box = space->box;
  /* p walks through the powers of 3, q through their inverses */
  uint32_t p = 1, q = 1;
  do {
    p ^= twice(p);
    q ^= q << 1;
    q ^= q << 2;
    q ^= q << 4;
    q = (q & 0xff) ^ (q >> 7 & 1) * 9;
    uint32_t x = q | q << 8;
    box[p] = x ^ x >> 4 ^ x >> 5 ^ x >> 6 ^ x >> 7 ^ 0x63;
  } while (p != 1);
  box[0] = 0x63;

  while (at < n) {
    for (int i = 0; i < 4; i++) {
      space->key[i] = m[i];
      space->state[i] = 0;
    }
    space->state[0] = m[8];
    space->state[3] = __builtin_bswap32(at >> 4);
    uint32_t constant = 1;
    for (int round = 10;; round--) {
      for (int i = 0; i < 4; i++) space->state[i] ^= space->key[i];
      if (!round) break;
      for (int i = 0; i < 16; i++) ((uint8_t *)space->turned)[i] = box[((uint8_t *)space->state)[i * 5 & 15]];
      uint32_t x = constant;
      constant = twice(constant);
      for (int i = 1; i < 5; i++) x = rotate(x ^ box[((uint8_t *)space->key)[12 | (i & 3)]], 8);
      for (uint32_t *w = space->key; w < space->state; w++) {
        uint32_t one = w[8], two = twice(one);
        if (round > 1) one = two ^ rotate(two ^ one, 8) ^ rotate(one, 16) ^ rotate(one, 24);
        w[4] = one;
        w[0] = x ^= w[0];
      }
    }
    for (int i = 0; i < 16 && at < n; i++) data[at++] ^= ((uint8_t *)space->state)[i];
  }
}
