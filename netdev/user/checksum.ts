/**
 * The Internet checksum (RFC 1071): the one's complement of the one's complement sum of 16-bit words. Partial sums are
 * plain numbers that grow without folding: a packet of 64 KiB adds less than 2³², and 2⁵³ is far.
 *
 * @module
 */

/** Adds the words from `start` to `end`; an odd last byte counts as the high half of a word. */
export function sumOf(view: DataView, start: number, end: number, sum = 0): number {
  let at = start;
  for (; at + 16 <= end; at += 16) {
    const a = view.getInt32(at),
      b = view.getInt32(at + 4),
      c = view.getInt32(at + 8),
      d = view.getInt32(at + 12);
    sum += (a >>> 16) + (a & 0xffff) + (b >>> 16) + (b & 0xffff) +
      (c >>> 16) + (c & 0xffff) + (d >>> 16) + (d & 0xffff);
  }
  for (; at + 2 <= end; at += 2) sum += view.getUint16(at);
  return at < end ? sum + (view.getUint8(at) << 8) : sum;
}

/** Adds the words of an address, or of any bytes of even length. */
export function sumOfBytes(bytes: Uint8Array, sum = 0): number {
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i] << 8 | bytes[i + 1];
  return sum;
}

/** Folds a sum to 16 bits. */
export function fold(sum: number): number {
  while (sum > 0xffff) sum = sum % 0x10000 + Math.floor(sum / 0x10000);
  return sum;
}

/** The checksum that belongs into a header whose checksum field was summed as 0. */
export function checksum(sum: number): number {
  return ~fold(sum) & 0xffff;
}

/** Whether a sum over data with its checksum is right. */
export function isRight(sum: number): boolean {
  return fold(sum) === 0xffff;
}
