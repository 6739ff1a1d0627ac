/* Numbers mod p = 2^160 - 2^31 - 1: five words, little-endian, below 2^160 but not always below p. No branch and no
   index depends on a value. In assembler, since nearly all the time is spent here, and a compiler's carries take twice
   the instructions. */

#define WORDS 5

typedef uint32_t element[WORDS];

/* What `operate` does, in its last argument. */
enum { PLUS = 0, MINUS = -1, TIMES = -2 };

/* d = a + b, a - b or a b, in the first five words' place or another. */
__attribute__((naked, noinline)) static void operate(uint32_t *d, const uint32_t *a, const uint32_t *b, int what) {
  (void)d, (void)a, (void)b, (void)what;
  __asm__ volatile(
    "push {r0, r3, r4, r5, r6, r7, lr}\n"
    "adds r4, r3, #2\n"
    "beq 3f\n"
    /* a - b is not(not a + b), since -1 - x is not x: r3 to r7 = a xor r0, and b is added */
    "movs r0, r3\n"
    "ldmia r1!, {r3, r4, r5, r6, r7}\n"
    "eors r3, r0\n eors r4, r0\n eors r5, r0\n eors r6, r0\n eors r7, r0\n"
    "ldmia r2!, {r1}\n adds r3, r1\n"
    "ldmia r2!, {r1}\n adcs r4, r1\n"
    "ldmia r2!, {r1}\n adcs r5, r1\n"
    "ldmia r2!, {r1}\n adcs r6, r1\n"
    "ldmia r2!, {r1}\n adcs r7, r1\n"
    "movs r1, #0\n"
    "adcs r1, r1\n"
    /* r1 is what is above r3 to r7: 2^160 is 2^31 + 1. The second time it is 0 or 1, and then nothing is left */
    "1:\n"
    "bl 2f\n"
    "bl 2f\n"
    "pop {r0, r1}\n"
    "eors r3, r1\n eors r4, r1\n eors r5, r1\n eors r6, r1\n eors r7, r1\n"
    "stmia r0!, {r3, r4, r5, r6, r7}\n"
    "pop {r4, r5, r6, r7, pc}\n"

    "2:\n"
    "lsls r2, r1, #31\n"
    "lsrs r0, r1, #1\n"
    "adds r3, r2\n"
    "adcs r4, r0\n"
    "movs r0, #0\n"
    "adcs r5, r0\n adcs r6, r0\n adcs r7, r0\n"
    "movs r2, #0\n"
    "adcs r2, r2\n"
    "adds r3, r1\n"
    "adcs r4, r0\n adcs r5, r0\n adcs r6, r0\n adcs r7, r0\n"
    "adcs r2, r0\n"
    "movs r1, r2\n"
    "bx lr\n"

    /* the result of a product is not complemented */
    "3:\n"
    "str r4, [sp, #4]\n"
#ifdef __ARM_FEATURE_DSP
    /* a in r3 to r7, five words of the sum in r8 to r12, the lowest of which goes onto the stack */
    "push {r8, r9, r10, r11}\n"
    "sub sp, #20\n"
    "mov r0, sp\n"
    "mov r8, r4\n mov r9, r4\n mov r10, r4\n mov r11, r4\n mov r12, r4\n"
    "ldmia r1!, {r3, r4, r5, r6, r7}\n"
    "4:\n"
    "ldr r1, [r2], #4\n"
    "mov lr, #0\n"
    "umaal r8, lr, r3, r1\n"
    "umaal r9, lr, r4, r1\n"
    "umaal r10, lr, r5, r1\n"
    "umaal r11, lr, r6, r1\n"
    "umaal r12, lr, r7, r1\n"
    "str r8, [r0], #4\n"
    "mov r8, r9\n mov r9, r10\n mov r10, r11\n mov r11, r12\n mov r12, lr\n"
    "add r1, sp, #20\n"
    "cmp r0, r1\n"
    "bne 4b\n"
    "pop {r3, r4, r5, r6, r7}\n"
    "movs r0, #0\n"
    "movs r1, #1\n"
    "movt r1, #0x8000\n"
    "umaal r3, r0, r8, r1\n"
    "umaal r4, r0, r9, r1\n"
    "umaal r5, r0, r10, r1\n"
    "umaal r6, r0, r11, r1\n"
    "umaal r7, r0, r12, r1\n"
    "mov r1, r0\n"
    "pop {r8, r9, r10, r11}\n"
#else
    /* rows of halves of words: r5 of b times a, and r4 carried, fit a word */
    "sub sp, #40\n"
    "str r4, [sp, #0]\n str r4, [sp, #4]\n str r4, [sp, #8]\n str r4, [sp, #12]\n str r4, [sp, #16]\n"
    "mov r3, sp\n"
    "4:\n"
    "ldrh r5, [r2]\n"
    "movs r4, #0\n"
    "movs r0, #0\n"
    "5:\n"
    "ldrh r6, [r1, r0]\n"
    "muls r6, r5\n"
    "ldrh r7, [r3, r0]\n"
    "adds r6, r7\n"
    "adds r4, r6\n"
    "strh r4, [r3, r0]\n"
    "lsrs r4, #16\n"
    "adds r0, #2\n"
    "cmp r0, #20\n"
    "bne 5b\n"
    "strh r4, [r3, r0]\n"
    "adds r2, #2\n"
    "adds r3, #2\n"
    "add r6, sp, #20\n"
    "cmp r3, r6\n"
    "bne 4b\n"
    /* the upper words (r3), and their 2^31 times, are added to the lower (r2); r4 half of the word before, r5 carried */
    "mov r2, sp\n"
    "movs r4, #0\n"
    "movs r5, #0\n"
    "6:\n"
    "ldmia r3!, {r6}\n"
    "lsls r7, r6, #31\n"
    "orrs r7, r4\n"
    "lsrs r4, r6, #1\n"
    "adds r7, r5\n"
    "movs r5, #0\n"
    "adcs r5, r5\n"
    "adds r7, r6\n"
    "movs r6, #0\n"
    "adcs r5, r6\n"
    "ldr r1, [r2]\n"
    "adds r7, r1\n"
    "adcs r5, r6\n"
    "stmia r2!, {r7}\n"
    "add r6, sp, #20\n"
    "cmp r2, r6\n"
    "bne 6b\n"
    "adds r1, r4, r5\n"
    "pop {r3, r4, r5, r6, r7}\n"
    "add sp, #20\n"
#endif
    "b 1b\n");
}

/* Fully reduced, in place; returns whether it was not. */
static uint32_t reduce(uint32_t *d) {
  uint32_t less[WORDS];
  uint32_t c = 0x80000001;
  for (int i = 0; i < WORDS; i++) {
    less[i] = d[i] + c;
    c = less[i] < c;
  }
  for (int i = 0; i < WORDS; i++) d[i] ^= (d[i] ^ less[i]) & -c;
  return c;
}
