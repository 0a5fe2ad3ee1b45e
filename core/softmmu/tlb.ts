/**
 * The layout of a vCPU's block in machine memory, stated once: state, TLBs, jump cache. Translated code reaches all
 * of it at constant offsets in machine memory.
 *
 * @module
 */

/** Guest pages are looked up in units of 4 KiB; smaller ones are never cached and take the slow path. */
export const PAGE_BITS = 12;
export const PAGE_SIZE: number = 1 << PAGE_BITS;
export const PAGE_MASK: number = -PAGE_SIZE;

const STATE_SIZE = 0x1000;

/**
 * A TLB per MMU index: direct-mapped, entries of four words. A tag is the page's virtual address, with a bit of
 * `SLOW` set to send every access through the slow path, or `INVALID`. Virtual address + addend = machine memory.
 * The addend lies between the tags so that translated code can load it in one piece with either.
 */
export const TLB = {
  entries: 2048,
  offset: STATE_SIZE,
  entrySize: 16,
  tagRead: 0,
  addend: 4,
  tagWrite: 8,
  tagExecute: 12,
} as const;

/** Bytes one TLB takes. */
export const TLB_SIZE: number = TLB.entries * TLB.entrySize;

/** Tag bits. They lie below the page and above the alignment bits that the fast path compares. */
export const TAG = {
  /** Devices, and memory whose stores must be seen. */
  SLOW: 1 << 8,
  /** Nothing matches it: the low bits are set. */
  INVALID: -1,
} as const;

/**
 * The jump cache: where a (PC, translation flags) leads. Entries of eight words. An entry is right without a further
 * look while its tag holds the cache's generation, which a TLB flush increments; after that it is right if the TLB
 * says that its code is still where it was.
 */
export const JUMP_CACHE = {
  entries: 32768,
  entrySize: 32,
  pc: 0,
  /** Translation flags, with the generation in the bits from `generationShift` on. */
  tag: 4,
  /** Table index of the block's function, or of the stub that goes back to the main loop. */
  index: 8,
  /** Number of the block. */
  tb: 12,
  /** Translation flags alone; -1 in an entry that is out of use. */
  flags: 16,
  /** Offset in machine memory of the TLB that instruction fetches use with these flags. */
  tlb: 20,
  /** Offset in machine memory of the block's code. */
  host: 24,
  generationShift: 12,
} as const;

/** Offset of the jump cache in a vCPU's block. */
export function jumpCacheOffset(mmuIndices: number): number {
  return STATE_SIZE + mmuIndices * TLB_SIZE;
}

/** Bytes a vCPU's block takes. */
export function vcpuBlockSize(mmuIndices: number): number {
  return jumpCacheOffset(mmuIndices) + JUMP_CACHE.entries * JUMP_CACHE.entrySize;
}

/** Slot of the jump cache for a PC. Translated code computes the same inline. */
export function jumpCacheHash(pc: number): number {
  return (pc >>> 2 ^ pc >>> 16) & (JUMP_CACHE.entries - 1);
}
