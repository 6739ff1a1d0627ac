/* SHA-256 (FIPS 180-4) and HMAC (RFC 2104). No branch and no index depends on data. */

typedef struct {
  uint32_t round[64], start[8];
} sha_constants;

#define SHA_CONSTANTS { \
  .round = { \
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, \
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, \
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, \
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, \
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, \
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, \
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, \
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2}, \
  .start = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, \
}

static uint32_t rotate(uint32_t x, int n) {
  return x >> n | x << (32 - n);
}

/* Words of memory that sha256 takes: a block's 64, then 72 in which the eight that work move down. */
#define SHA_SPACE 136

/* Goes on with a digest, in words: bytes `at` (a multiple of 64) to n of the data, and its end, unless there is more. */
static void sha256(uint32_t *digest, const uint8_t *data, unsigned at, unsigned n, unsigned more, uint32_t *w, const sha_constants *k) {
  if (!at) for (int i = 0; i < 8; i++) digest[i] = k->start[i];
  while (at < n + (more ? 0 : 9)) {
    /* bytes to big-endian words */
    for (int i = 0; i < 64; i++, at++) ((uint8_t *)w)[i ^ 3] = at < n ? data[at] : at == n ? 0x80 : 0;
    if (at >= n + 9) w[15] = n * 8;
    for (uint32_t *x = w; x < w + 48; x++) {
      uint32_t y = x[1], z = x[14];
      x[16] = x[0] + x[9] + (rotate(y, 7) ^ rotate(y, 18) ^ y >> 3) + (rotate(z, 17) ^ rotate(z, 19) ^ z >> 10);
    }
    uint32_t *v = w + 128;
    for (int i = 0; i < 8; i++) v[i] = digest[i];
    for (int i = 0; i < 64; i++, v--) {
      uint32_t a = v[0], e = v[4];
      uint32_t t = v[7] + w[i] + k->round[i] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (v[6] ^ (e & (v[5] ^ v[6])));
      v[3] += t;
      v[-1] = t + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & (v[1] | v[2])) | (v[1] & v[2]));
    }
    for (int i = 0; i < 8; i++) digest[i] += v[i];
  }
}
