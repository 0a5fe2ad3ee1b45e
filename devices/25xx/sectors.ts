/** The smallest part that can be erased, in bytes. */
export const SECTOR = 0x1000;
/** What is programmed at once. */
export const PAGE = 0x100;

/** The cells, a sector each; one that is erased (all ones) takes no room. */
export type Sectors = (Uint8Array | null)[];

const ERASED = new Uint8Array(SECTOR).fill(0xff);

export function erasedSectors(size: number): Sectors {
  return Array<null>(size / SECTOR).fill(null);
}

export function readCell(sectors: Sectors, at: number): number {
  return sectors[Math.floor(at / SECTOR)]?.[at % SECTOR] ?? 0xff;
}

export function sectorAt(sectors: Sectors, at: number): Uint8Array {
  return sectors[Math.floor(at / SECTOR)] ?? ERASED;
}

/** Programming only clears bits. */
export function program(sectors: Sectors, page: number, bytes: Uint8Array): void {
  const cells = sectors[Math.floor(page / SECTOR)] ??= ERASED.slice();
  for (let i = 0; i < bytes.length; i++) cells[page % SECTOR + i] &= bytes[i];
}

export function erase(sectors: Sectors, at: number, length: number): void {
  sectors.fill(null, at / SECTOR, (at + length) / SECTOR);
}

/** Puts down content that comes from elsewhere; `at` is a multiple of a sector. */
export function put(sectors: Sectors, at: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; done += SECTOR) {
    const piece = bytes.subarray(done, done + SECTOR);
    if (piece.every((byte) => byte === 0xff)) continue;
    const cells = ERASED.slice();
    cells.set(piece);
    sectors[(at + done) / SECTOR] = cells;
  }
}
