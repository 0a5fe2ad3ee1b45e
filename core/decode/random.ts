import type { Row } from "./inst.ts";

/**
 * A random instruction word of a row: fixed bits as they are, ignored bits as they should be, no encoding that the
 * manual leaves UNPREDICTABLE. `random32` gives 32 random bits. Undefined if a thousand tries did not find one.
 */
export function randomWord<T>(row: Row<T>, random32: () => number): number | undefined {
  const { width, mask, value, ignored, shouldBe } = row.pattern;
  const free = ~(mask | ignored) & (width === 32 ? -1 : 2 ** width - 1);
  for (let tries = 0; tries < 1000; tries++) {
    const word = (random32() & free | value | shouldBe) >>> 0;
    if (!row.unpredictable(row.extract(word))) return word;
  }
}
