/* secp160r1 (SEC 2, 2.4.2): a Montgomery ladder over x alone (Brier and Joye, PKC 2002), whose formulas hold for all
   points that it meets, infinity among them: so it takes every secret, in the same 161 rounds of the same operations. */

/* Registers: the ladder's points A/B and C/D, which differ by the point at X; four times the curve's b; twice the y of
   that point; three; scratch. */
enum { A, B, C, D, X, B4, Y2, THREE, S, T, U, REGISTERS };

#define OPERATION(kind, d, a, b) (kind | (d) << 4 | (a) << 8 | (b) << 12)
#define ADD(d, a, b) OPERATION(1, d, a, b)
#define SUB(d, a, b) OPERATION(2, d, a, b)
#define MUL(d, a, b) OPERATION(3, d, a, b)
/* of a list */
#define LAST 4

typedef struct {
  uint16_t square[6], root[4], round[34], inverse[4], y[14];
  /* big-endian, as keys are: x of the generator, four times b, n */
  uint8_t generator[20], b4[20], order[21];
} curve_constants;

#define CURVE_CONSTANTS { \
  /* T = (2y)^2 = 4 (x^3 - 3x) + 4b */ \
  .square = { \
    MUL(T, X, X), SUB(T, T, THREE), MUL(T, T, X), ADD(T, T, T), ADD(T, T, T), ADD(T, T, B4) | LAST}, \
  /* U is 0 if Y2 is a root of T */ \
  .root = {MUL(Y2, S, T), MUL(U, Y2, Y2), SUB(U, U, T), ADD(C, X, B) | LAST}, \
  /* C/D = A/B + C/D, then A/B doubled */ \
  .round = { \
    MUL(S, A, D), MUL(T, B, C), MUL(C, A, C), MUL(D, B, D), ADD(U, D, D), ADD(U, U, D), SUB(C, C, U), ADD(U, S, T), SUB(S, S, T), \
    MUL(U, U, C), ADD(U, U, U), MUL(T, D, D), MUL(T, T, B4), ADD(U, U, T), MUL(D, S, S), MUL(S, D, X), SUB(C, U, S), \
    MUL(S, A, A), MUL(T, B, B), MUL(U, A, B), ADD(A, T, T), ADD(A, A, T), SUB(B, S, A), ADD(S, S, A), MUL(A, S, S), MUL(S, T, B4), \
    MUL(T, S, T), MUL(S, S, U), SUB(A, A, S), SUB(A, A, S), MUL(B, B, U), ADD(B, B, B), ADD(B, B, B), ADD(B, B, T) | LAST}, \
  /* A = A / B where S = B^((p - 3) / 4) */ \
  .inverse = {MUL(S, S, S), MUL(S, S, S), MUL(S, S, B), MUL(A, A, S) | LAST}, \
  /* A/B = -y of the product where A is its x; 0/0 if C/D is infinity */ \
  .y = { \
    MUL(T, X, A), SUB(T, T, THREE), ADD(U, X, A), MUL(T, T, U), ADD(T, T, T), ADD(T, T, B4), MUL(T, T, D), \
    SUB(U, X, A), MUL(U, U, U), MUL(U, U, C), ADD(U, U, U), SUB(A, U, T), MUL(B, Y2, D), ADD(B, B, B) | LAST}, \
  .generator = {0x4a, 0x96, 0xb5, 0x68, 0x8e, 0xf5, 0x73, 0x28, 0x46, 0x64, 0x69, 0x89, 0x68, 0xc3, 0x8b, 0xb9, 0x13, 0xcb, 0xfc, 0x82}, \
  .b4 = {0x72, 0x5e, 0xfb, 0xf1, 0x52, 0xf5, 0xea, 0x2d, 0x96, 0xb3, 0xe2, 0x7e, 0x07, 0x53, 0x52, 0xb7, 0x15, 0x97, 0xe9, 0x14}, \
  .order = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xf4, 0xc8, 0xf9, 0x27, 0xae, 0xd3, 0xca, 0x75, 0x22, 0x57}, \
}

static void run(element *file, const uint16_t *program) {
  unsigned o;
  do {
    o = *program++;
    operate(file[o >> 4 & 15], file[o >> 8 & 15], file[o >> 12], 1 - (int)(o & 3));
  } while (!(o & LAST));
}

/* S = a^((p - 3) / 4): 158 bits, all ones but bit 29. Then a S is a root of a, if there is one, and a S^4 is 1 / a. */
static void power(element *file, const uint32_t *a) {
  uint32_t *s = file[S];
  for (int i = 0; i < WORDS; i++) s[i] = a[i];
  for (int i = 156; i >= 0; i--) {
    operate(s, s, s, TIMES);
    if (i != 29) operate(s, s, a, TIMES);
  }
}

/* A = A / B, fully reduced. */
static void divide(element *file, const curve_constants *k) {
  power(file, file[B]);
  run(file, k->inverse);
  reduce(file[A]);
}

static void reverse(void *to, const void *from) {
  for (int i = 0; i < 20; i++) ((uint8_t *)to)[i] = ((const uint8_t *)from)[19 - i];
}

static void swap(element *file, uint32_t bit) {
  for (int i = 0; i < WORDS * 2; i++) {
    uint32_t t = (file[A][i] ^ file[C][i]) & -bit;
    file[A][i] ^= t;
    file[C][i] ^= t;
  }
}

/* What is refused, by the numbers of errors-texts.ts. */
enum { DONE, KEY_PREFIX = 2, KEY_RANGE, KEY_OFF_CURVE, SECRET_RANGE = 6 };

/* From the secret (21 bytes) at m to 64: its public key, or where `shared` x of its product with the key at 32. `file`
   is all zeros. */
static int curve(uint8_t *m, element *file, const curve_constants *k, int shared) {
  int below = 0, bits = 0;
  for (int i = 20; i >= 0; i--) {
    bits |= m[i];
    below = (below + m[i] - k->order[i]) >> 8;
  }
  if (!bits || !below) return SECRET_RANGE;
  if (shared && m[32] >> 1 != 1) return KEY_PREFIX;
  reverse(file[X], shared ? m + 33 : k->generator);
  if (reduce(file[X])) return KEY_RANGE;
  reverse(file[B4], k->b4);
  file[A][0] = file[D][0] = 1;
  file[THREE][0] = 3;
  run(file, k->square);
  power(file, file[T]);
  run(file, k->root);
  reduce(file[U]);
  for (int i = 0; i < WORDS; i++) if (file[U][i]) return KEY_OFF_CURVE;
  unsigned last = 0;
  for (int i = 7; i < 168; i++) {
    unsigned bit = m[i >> 3] >> (~i & 7) & 1;
    swap(file, bit ^ last);
    run(file, k->round);
    last = bit;
  }
  swap(file, last);
  divide(file, k);
  m += 64;
  if (shared) reverse(m, file[A]);
  else {
    reverse(m + 1, file[A]);
    run(file, k->y);
    divide(file, k);
    /* -y: so that the secret n - 1, for which it comes out as 0, has the right sign too */
    *m = 2 | (~file[A][0] & 1);
  }
  return DONE;
}
