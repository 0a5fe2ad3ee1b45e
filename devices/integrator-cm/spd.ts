const MIB = 1 << 20;
/** The sizes that CM_SDRAM can name. */
const SMALLEST = 16, LARGEST = 256;

/** Rows, columns and chip width of the SDRAMs that make up a DIMM of so many MiB (banks of four, 64 bits wide). */
const GEOMETRY: Readonly<Record<number, { rows: number; columns: number; chip: number }>> = {
  16: { rows: 11, columns: 8, chip: 16 },
  32: { rows: 12, columns: 8, chip: 16 },
  64: { rows: 12, columns: 9, chip: 8 },
  128: { rows: 12, columns: 10, chip: 8 },
  256: { rows: 13, columns: 10, chip: 8 },
};

/** The DIMM, in MiB, that a core module with so many bytes of RAM holds: the largest that the RAM fills. */
export function dimmSize(ramSize: number): number {
  let size = SMALLEST;
  while (size < LARGEST && 2 * size * MIB <= ramSize) size *= 2;
  return size;
}

/**
 * The 256 bytes of the serial presence detect EEPROM on a PC100 SDRAM DIMM of so many MiB, as JEDEC 21-C, 4.1.2.5
 * lays them out.
 */
export function spdImage(size: number): Uint8Array {
  const { rows, columns, chip } = GEOMETRY[size];
  const spd = new Uint8Array(256);
  spd.set([128, 8, 4]); // bytes used, log2 of the EEPROM's size, SDRAM
  spd.set([rows, columns, 1, 64, 0, 1], 3); // one physical bank, 64 bits, LVTTL
  spd.set([0xa0, 0x60, 0, 0x80, chip, 0], 9); // 10 ns cycle, 6 ns access, no parity, self refresh at 15.6 µs
  spd.set([1, 0x8f, 4, 6, 1, 1, 0, 0x0e], 15); // bursts of 1 to 8 and a page, 4 banks, CAS latency 2 or 3
  spd.set([20, 20, 20, 50], 27); // tRP, tRRD, tRCD, tRAS in ns
  spd[31] = size / 4; // density of the bank in 4 MiB
  spd[62] = 0x12; // revision 1.2
  spd[63] = spd.subarray(0, 63).reduce((sum, byte) => sum + byte, 0);
  spd.set(new TextEncoder().encode("EMU-SDRAM".padEnd(18)), 73); // part number
  return spd;
}
