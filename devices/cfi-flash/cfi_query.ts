/** Words of a chip's write buffer: 32 bytes. */
export const BUFFER_WORDS = 16;
/** Bytes of an erase block of one chip. */
export const CHIP_BLOCK = 0x2_0000;

/** Device codes of the family (Intel 28FxxxJ3), by chip size in MiB. */
const DEVICES: Readonly<Record<number, number>> = { 4: 0x16, 8: 0x17, 16: 0x18, 32: 0x1d };

/** Manufacturer and device code, words 0 and 1 of the identifier. */
export function identifier(chipSize: number): readonly [number, number] {
  return [0x89, DEVICES[chipSize >> 20] ?? 0x17];
}

/** The query of one chip from word 0x10 on (JESD68.01; 28FxxxJ3 appendix A), a byte in the low half of each word. */
export function cfiQuery(chipSize: number): Uint8Array {
  const blocks = chipSize / CHIP_BLOCK - 1;
  const text = (string: string) => [...string].map((letter) => letter.charCodeAt(0));
  return Uint8Array.of(
    ...text("QRY"),
    ...[0x01, 0x00, 0x31, 0x00], // command set 0001, its table at 0x31
    ...[0, 0, 0, 0], // no other command set
    ...[0x27, 0x36, 0x00, 0x00], // 2.7 to 3.6 V, no separate Vpp
    ...[0x08, 0x08, 0x0a, 0x00], // typical times: 256 µs a word, a buffer; 1 s a block; no chip erase
    ...[0x04, 0x04, 0x04, 0x00], // at most 16 times as long
    Math.log2(chipSize),
    ...[0x02, 0x00], // x8 and x16
    ...[Math.log2(2 * BUFFER_WORDS), 0x00],
    1, // one region of equal blocks
    ...[blocks & 0xff, blocks >> 8, CHIP_BLOCK / 256 & 0xff, CHIP_BLOCK / 256 >> 8],
    ...text("PRI11"),
    ...[0x0e, 0, 0, 0], // erase and program can be suspended; lock bits for all blocks cleared together
    0x01, // programming while an erase is suspended
    ...[0x01, 0x00], // lock bit in the block status
    ...[0x33, 0x00], // best at 3.3 V
    ...[0x01, 0x00, 0x00, 0x00, 0x00], // a protection register that has no bits
  );
}
