import type { BlockBackend } from "@emu/core";

/** Feature bits (5.2.3), by number. */
export const BLK_F = {
  SIZE_MAX: 1,
  SEG_MAX: 2,
  RO: 5,
  BLK_SIZE: 6,
  FLUSH: 9,
  TOPOLOGY: 10,
  WRITE_ZEROES: 14,
} as const;

/** Types of request (5.2.6). */
export const BLK_T = { IN: 0, OUT: 1, FLUSH: 4, GET_ID: 8, WRITE_ZEROES: 13 } as const;

/** Status of a request that is done (5.2.6). */
export const BLK_S = { OK: 0, IOERR: 1, UNSUPP: 2 } as const;

export const SECTOR = 512;
export const QUEUE_SIZE = 128;
/** A chain holds a header and a status too. */
const SEG_MAX = QUEUE_SIZE - 2;
const SIZE_MAX = 0x1_0000;
/** Most bytes of one request: what the limits that the guest is told of allow. */
export const LENGTH_MAX = SEG_MAX * SIZE_MAX;
/** Sectors to a physical block, as a power of two: 4 KiB, as most hosts' file systems have it. */
const PHYSICAL_BLOCK_EXP = 3;
const ZEROS = new Uint8Array(SIZE_MAX);

export function featuresOf(block: BlockBackend | undefined): number[] {
  const { RO, ...others } = BLK_F;
  return [...Object.values(others), ...block?.readOnly ? [RO] : []];
}

/** The configuration space (5.2.4). */
export function configOf(block: BlockBackend | undefined): Uint8Array {
  const bytes = new Uint8Array(60), view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(sectorsOf(block)), true);
  view.setUint32(8, SIZE_MAX, true);
  view.setUint32(12, SEG_MAX, true);
  view.setUint32(20, SECTOR, true);
  view.setUint8(24, PHYSICAL_BLOCK_EXP);
  view.setUint16(26, 1 << PHYSICAL_BLOCK_EXP, true); // min_io_size
  view.setUint16(34, 1, true); // num_queues
  view.setUint32(48, LENGTH_MAX / SECTOR, true); // max_write_zeroes_sectors
  view.setUint32(52, 1, true); // max_write_zeroes_seg
  return bytes;
}

export function sectorsOf(block: BlockBackend | undefined): number {
  return Math.floor((block?.size ?? 0) / SECTOR);
}

/** Writes zeros, a piece at a time. */
export async function writeZeros(block: BlockBackend, at: number, length: number): Promise<void> {
  for (let done = 0; done < length; done += ZEROS.length) {
    await block.write(at + done, ZEROS.subarray(0, Math.min(ZEROS.length, length - done)));
  }
}
