/** Sign-extends the low `width` bits. */
export function signExtend(value: number, width: number): number {
  return value << (32 - width) >> (32 - width);
}

/** Rotates a word right. */
export function ror(value: number, by: number): number {
  return by === 0 ? value | 0 : value >>> by | value << (32 - by);
}

const lists = new Map<number, readonly number[]>();

/** The numbers of the registers in a register list of 16 bits, ascending. */
export function registerList(list: number): readonly number[] {
  let numbers = lists.get(list);
  if (numbers === undefined) {
    numbers = Array.from({ length: 16 }, (_, n) => n).filter((n) => list >> n & 1);
    lists.set(list, numbers); // programs use the same few over and over
  }
  return numbers;
}
