/** Sign-extends the low `width` bits. */
export function signExtend(value: number, width: number): number {
  return value << (32 - width) >> (32 - width);
}

/** Rotates a word right. */
export function ror(value: number, by: number): number {
  return by === 0 ? value | 0 : value >>> by | value << (32 - by);
}

/** The numbers of the registers in a register list, ascending. */
export function registerList(list: number): number[] {
  const numbers = [];
  for (let n = 0; n < 16; n++) if (list >> n & 1) numbers.push(n);
  return numbers;
}
