/** Random numbers that a seed repeats: what a failing random test prints is enough to run it again. */

/** A generator of random numbers. */
export interface Random {
  /** 32 random bits, unsigned. */
  u32(): number;
  /** An integer from 0 to `n` - 1. */
  below(n: number): number;
  /** True once in `n` times. */
  oneIn(n: number): boolean;
  pick<T>(from: ArrayLike<T>): T;
  /** 32 bits as programs have them: often small, often few ones or few zeros. */
  word(): number;
  bytes(count: number): Uint8Array;
}

/** Marsaglia's xorshift with 32 bits of state (Journal of Statistical Software 8/14, 2003). */
export function prng(seed: number): Random {
  // The state must not be 0, and neighbouring seeds should not give neighbouring numbers.
  let state = Math.imul(seed | 0, 0x9e37_79b1) ^ 0x5bd1_e995 || 1;
  const u32 = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  // The upper bits are the better ones.
  const below = (n: number) => Math.floor(u32() / 2 ** 32 * n);
  const word = () => {
    switch (below(6)) {
      case 0:
        return below(16);
      case 1:
        return 1 << below(32) >>> 0;
      case 2:
        return ~(1 << below(32)) >>> 0;
      case 3:
        return u32() >>> below(32);
      default:
        return u32();
    }
  };
  return {
    u32,
    below,
    oneIn: (n) => below(n) === 0,
    pick: (from) => from[below(from.length)],
    word,
    bytes: (count) => Uint8Array.from({ length: count }, () => u32() >>> 24),
  };
}

/** The seed of random tests: fixed, unless `EMU_SEED` names another. */
export function seedOf(fixed: number): number {
  return Number(Deno.env.get("EMU_SEED") ?? fixed);
}
