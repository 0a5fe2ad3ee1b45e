/* Guest benchmark: each kernel prints "BENCH <name> <ops> <microseconds> check <value>".
 * The times come from the guest's own monotonic clock, which every emulator ties to the host's;
 * the check values are the same on every machine. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000u + t.tv_nsec / 1000;
}

static uint32_t seed = 12345;
static uint32_t rnd(void) { return seed = seed * 1664525u + 1013904223u; }
static volatile uint32_t sink;

/* SHA-1 compression over one 64-byte block. */
static uint32_t rol(uint32_t x, int n) { return x << n | x >> (32 - n); }
static void sha1_block(uint32_t h[5], const uint32_t *p) {
  uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
  for (int i = 0; i < 16; i++) w[i] = p[i];
  for (int i = 16; i < 80; i++) w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  for (int i = 0; i < 80; i++) {
    uint32_t f, k;
    if (i < 20) f = (b & c) | (~b & d), k = 0x5a827999;
    else if (i < 40) f = b ^ c ^ d, k = 0x6ed9eba1;
    else if (i < 60) f = (b & c) | (b & d) | (c & d), k = 0x8f1bbcdc;
    else f = b ^ c ^ d, k = 0xca62c1d6;
    uint32_t t = rol(a, 5) + f + e + k + w[i];
    e = d, d = c, c = rol(b, 30), b = a, a = t;
  }
  h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}
static uint32_t k_sha1(uint32_t n) {
  uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}, blk[16];
  for (int i = 0; i < 16; i++) blk[i] = rnd();
  while (n--) sha1_block(h, blk);
  return h[0];
}

static uint32_t k_crc32(uint32_t n) {
  static uint32_t tab[256];
  static uint8_t buf[4096];
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int j = 0; j < 8; j++) c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
    tab[i] = c;
  }
  for (int i = 0; i < 4096; i++) buf[i] = rnd() >> 24;
  uint32_t c = ~0u;
  while (n--) for (int i = 0; i < 4096; i++) c = tab[(c ^ buf[i]) & 255] ^ c >> 8;
  return c;
}

static int cmp(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}
static uint32_t k_qsort(uint32_t n) {
  static uint32_t v[4096];
  while (n--) {
    for (int i = 0; i < 4096; i++) v[i] = rnd();
    qsort(v, 4096, 4, cmp);
  }
  return v[7];
}

static uint32_t k_matmul(uint32_t n) {
  enum { D = 48 };
  static int32_t a[D][D], b[D][D], c[D][D];
  for (int i = 0; i < D; i++) for (int j = 0; j < D; j++) a[i][j] = rnd() >> 20, b[i][j] = rnd() >> 20;
  while (n--)
    for (int i = 0; i < D; i++)
      for (int j = 0; j < D; j++) {
        int32_t s = 0;
        for (int k = 0; k < D; k++) s += a[i][k] * b[k][j];
        c[i][j] = s + n;
      }
  return c[3][5];
}

static uint32_t k_strings(uint32_t n) {
  char x[128], y[128];
  uint32_t s = 0;
  while (n--) {
    snprintf(x, sizeof x, "item %u of %u in %s", n, n * 7, "a list of things");
    strcpy(y, x);
    strcat(y, "!");
    s += strlen(y) + strcmp(x, y) + (strchr(y, 'l') - y);
  }
  return s;
}

static uint32_t k_float(uint32_t n) {
  double x = 0.5, s = 0;
  while (n--) {
    x = x * 3.9 * (1.0 - x);
    s += x / (1.0 + x * x);
  }
  return (uint32_t)(s * 1000);
}

static uint32_t k_sieve(uint32_t n) {
  static uint8_t f[1 << 16];
  uint32_t c = 0;
  while (n--) {
    memset(f, 1, sizeof f);
    c = 0;
    for (uint32_t i = 2; i < sizeof f; i++)
      if (f[i]) {
        c++;
        for (uint32_t j = i + i; j < sizeof f; j += i) f[j] = 0;
      }
  }
  return c;
}

/* Indirect calls and a switch: a byte-code interpreter, as language runtimes have. */
static uint32_t k_interp(uint32_t n) {
  static const uint8_t code[] = {0, 3, 1, 2, 4, 0, 1, 5, 3, 2, 0, 1, 4, 3, 6};
  uint32_t acc = 1, i = 0, s = 0;
  while (n) {
    switch (code[i++]) {
    case 0: acc += s; break;
    case 1: acc ^= acc << 7; break;
    case 2: s += acc >> 3; break;
    case 3: acc = acc * 33 + 1; break;
    case 4: s ^= acc; break;
    case 5: if (acc & 1) i++; break;
    case 6: i = 0, n--; break;
    }
  }
  return acc + s;
}

static uint32_t k_memcpy(uint32_t n) {
  static char a[1 << 20], b[1 << 20];
  while (n--) memcpy(a, b, sizeof a), a[n & 1023]++, memcpy(b, a, sizeof b);
  return b[3];
}

static uint32_t k_syscall(uint32_t n) {
  uint32_t s = 0;
  while (n--) s += getppid();
  return s;
}

static uint32_t k_pagefault(uint32_t n) {
  while (n--) {
    char *p = mmap(0, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 64; i++) p[i * 4096] = i;
    munmap(p, 64 * 4096);
  }
  return 0;
}

static uint32_t k_fork(uint32_t n) {
  while (n--) {
    pid_t p = fork();
    if (!p) _exit(0);
    waitpid(p, 0, 0);
  }
  return 0;
}

static uint32_t k_exec(uint32_t n) {
  while (n--) {
    pid_t p = vfork();
    if (!p) {
      execl("/proc/self/exe", "bench", "nop", (char *)0);
      _exit(127);
    }
    waitpid(p, 0, 0);
  }
  return 0;
}

static uint32_t k_pipe(uint32_t n) {
  int a[2], b[2];
  char c = 'x';
  if (pipe(a) || pipe(b)) return 0;
  pid_t p = fork();
  if (!p) {
    while (read(a[0], &c, 1) == 1 && c != 'q') if (write(b[1], &c, 1) != 1) break;
    _exit(0);
  }
  while (n--) if (write(a[1], &c, 1) != 1 || read(b[0], &c, 1) != 1) break;
  c = 'q';
  if (write(a[1], &c, 1) != 1) return 0;
  waitpid(p, 0, 0);
  close(a[0]), close(a[1]), close(b[0]), close(b[1]);
  return 0;
}

static const struct { const char *name; uint32_t (*fn)(uint32_t); uint32_t n; } kernels[] = {
  {"sha1", k_sha1, 20000},   {"crc32", k_crc32, 400},     {"qsort", k_qsort, 20},
  {"matmul", k_matmul, 40},  {"strings", k_strings, 10000}, {"float", k_float, 100000},
  {"sieve", k_sieve, 20},    {"interp", k_interp, 200000}, {"memcpy", k_memcpy, 20},
  {"syscall", k_syscall, 50000}, {"pagefault", k_pagefault, 100}, {"fork", k_fork, 100},
  {"exec", k_exec, 30},      {"pipe", k_pipe, 3000},
};

/* bench [-s SCALE] [kernel...]: runs all kernels, or those named, SCALE times their size. */
int main(int argc, char **argv) {
  int i = 1;
  double scale = 1;
  if (argc > 1 && !strcmp(argv[1], "nop")) return 0;
  if (argc > 2 && !strcmp(argv[1], "-s")) scale = atof(argv[2]), i = 3;
  for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) {
    int want = i >= argc;
    for (int j = i; j < argc; j++) want |= !strcmp(argv[j], kernels[k].name);
    if (!want) continue;
    uint32_t n = (uint32_t)(kernels[k].n * scale);
    seed = 12345;
    kernels[k].fn(n / 10 + 1); /* warm-up */
    seed = 12345;
    uint64_t t = now_us();
    uint32_t r = kernels[k].fn(n);
    t = now_us() - t;
    sink = r;
    printf("BENCH %s %u %llu check %08x\n", kernels[k].name, n, (unsigned long long)t, (unsigned)r);
    fflush(stdout);
  }
  puts("BENCH-DONE");
  return 0;
}
