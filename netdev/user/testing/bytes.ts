/** Packets for tests, written and read without any of the code that is tested. */

export function u16(value: number): number[] {
  return [value >> 8 & 255, value & 255];
}

export function u32(value: number): number[] {
  return [...u16(value >>> 16), ...u16(value)];
}

export function text(value: string): number[] {
  return [...new TextEncoder().encode(value)];
}

/** The checksum as RFC 1071 puts it, the slow way. */
export function internetChecksum(bytes: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += bytes[i] * 256 + (i + 1 < bytes.length ? bytes[i + 1] : 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

/** An IPv4 or IPv6 address; IPv6 written out in eight groups or with one `::`. */
export function ip(address: string): number[] {
  if (!address.includes(":")) return address.split(".").map(Number);
  const [front, back = ""] = address.split("::");
  const words = (part: string) => part === "" ? [] : part.split(":").map((word) => parseInt(word, 16));
  const a = words(front), b = words(back);
  return [...a, ...new Array<number>(8 - a.length - b.length).fill(0), ...b].flatMap(u16);
}

export function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i] << 8 | bytes[2 * i + 1]).toString(16));
  return groups.join(":");
}

export function mac(text: string): number[] {
  return text.split(":").map((byte) => parseInt(byte, 16));
}

/** Throws unless two byte strings are equal; says where they part, not all of what they hold. */
export function assertSameBytes(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  if (actual.length !== expected.length) throw new Error(`${actual.length} bytes, not ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] !== expected[i]) throw new Error(`byte ${i} is ${actual[i]}, not ${expected[i]}`);
  }
}
