/* Runs the native code under qemu-arm: reads its size and itself, then calls (what is asked for, n, SIZE bytes of memory),
   and writes what each gives (the result, the memory). Exits with 1 where the input is cut short. */
#include <stdint.h>

static long call(long number, long a, void *b, long c) {
  register long r7 __asm__("r7") = number;
  register long r0 __asm__("r0") = a;
  register void *r1 __asm__("r1") = b;
  register long r2 __asm__("r2") = c;
  __asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
  return r0;
}

static int input(void *to, long n) {
  for (uint8_t *at = to; n > 0;) {
    long got = call(3, 0, at, n);
    if (got <= 0) return 0;
    at += got;
    n -= got;
  }
  return 1;
}

/* aligned: qemu maps whole pages */
__attribute__((aligned(4096))) uint32_t code[1024];
static uint32_t memory[SIZE / 4];

void _start(void) {
  uint32_t head[2], size, good = 0;
  if (input(&size, 4) && input(code, size)) {
    int (*entry)(int, void *, unsigned) = (void *)((char *)code + 1);
    for (good = 1; good && input(head, 8);) {
      good = input(memory, SIZE);
      head[0] = entry(head[0], memory, head[1]);
      call(4, 1, head, 4);
      call(4, 1, memory, SIZE);
    }
  }
  call(1, !good, 0, 0);
}
