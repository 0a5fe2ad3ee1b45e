/** A stretch of guest memory. */
export interface MemoryRange {
  /** Physical address of the first byte. */
  address: number;
  /** In bytes. */
  size: number;
}

/** The address behind the last byte. */
export function endOf({ address, size }: MemoryRange): number {
  return address + size;
}

export function holds(range: MemoryRange, address: number): boolean {
  return address >= range.address && address < endOf(range);
}
