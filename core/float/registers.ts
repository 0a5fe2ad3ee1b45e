/**
 * Two views of one little-endian buffer of binary64 values, such as a guest's register file in WebAssembly
 * memory. Register `i` is `doubles[i]`; its low word is `words[2 * i]`, its high word `words[2 * i + 1]`.
 *
 * The bits are read and written as words wherever a NaN may be: an engine may change the payload of a NaN
 * that passes through a number.
 */
export interface F64Registers {
  /** Two for each register, the low word first. */
  readonly words: Int32Array<ArrayBufferLike>;
  /** One for each register. */
  readonly doubles: Float64Array<ArrayBufferLike>;
}

/** Views of `count` registers (all that follow, if not given) from `byteOffset`, a multiple of 8. */
export function f64Registers(buffer: ArrayBufferLike, byteOffset = 0, count?: number): F64Registers {
  const doubles = new Float64Array(buffer, byteOffset, count);
  return { words: new Int32Array(buffer, byteOffset, doubles.length * 2), doubles };
}

export function isDenormal64({ words }: F64Registers, n: number): boolean {
  const high = words[2 * n + 1];
  return (high & 0x7ff0_0000) === 0 && ((high & 0x000f_ffff) | words[2 * n]) !== 0;
}
