import type { Backing } from "@emu/core";

/** An erase block of both chips: what comes into being as one piece. */
export const SECTOR = 0x4_0000;
/** What is compared, and counts as changed, as one piece. */
export const PAGE = 0x1000;

/** Sectors that are not erased. */
export type Content = readonly { readonly at: number; readonly bytes: Uint8Array }[];

export type Cells = ReturnType<typeof createCells>;

/**
 * The cells in machine memory. A sector that was never written takes no memory of the host's: it reads as erased,
 * and is filled when it is first written to. `changed` is told of every change.
 */
export function createCells({ bytes }: Backing, changed: (at: number, length: number) => void) {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const present = new Uint8Array(bytes.length / SECTOR);
  let missing = present.length;

  function fill(sector: number): void {
    if (present[sector]) return;
    bytes.fill(0xff, sector * SECTOR, (sector + 1) * SECTOR);
    present[sector] = 1;
    missing--;
  }

  function erased(sector: number): boolean {
    if (!present[sector]) return true;
    const end = (sector + 1) * SECTOR / 4;
    for (let i = sector * SECTOR / 4; i < end; i++) if (words[i] !== -1) return false;
    return true;
  }

  /** Copies what differs, page by page. */
  function replaceSector(sector: number, content: Uint8Array): void {
    fill(sector);
    const next = new Int32Array(content.buffer, content.byteOffset, SECTOR / 4);
    for (let page = 0; page < SECTOR; page += PAGE) {
      const at = sector * SECTOR + page;
      let i = 0;
      while (i < PAGE / 4 && words[at / 4 + i] === next[page / 4 + i]) i++;
      if (i === PAGE / 4) continue;
      bytes.set(content.subarray(page, page + PAGE), at);
      changed(at, PAGE);
    }
  }

  return {
    /** Whether all of the memory holds the cells, so that it may be read past the device. */
    get complete() {
      return missing === 0;
    },
    /** Fills what is missing. */
    completeAll(): void {
      for (let sector = 0; missing > 0; sector++) fill(sector);
    },
    /** Puts down what the back end holds, which is no change. */
    load(at: number, content: Uint8Array): void {
      fill(at / SECTOR);
      bytes.set(content, at);
    },
    half: (index: number) => present[Math.floor(2 * index / SECTOR)] ? halves[index] : 0xffff,
    setHalf(index: number, value: number): void {
      if (halves[index] === value && present[Math.floor(2 * index / SECTOR)]) return;
      fill(Math.floor(2 * index / SECTOR));
      halves[index] = value;
      changed(2 * index, 2);
    },
    /** Erases every `step`-th half of a sector, from the `first` on. */
    erase(sector: number, first: number, step: number): void {
      if (!present[sector]) return;
      const end = (sector + 1) * SECTOR / 2;
      for (let i = sector * SECTOR / 2 + first; i < end; i += step) halves[i] = 0xffff;
      changed(sector * SECTOR, SECTOR);
    },
    content(): Content {
      return Array.from(present.keys()).filter((sector) => !erased(sector)).map((sector) => ({
        at: sector * SECTOR,
        bytes: bytes.slice(sector * SECTOR, (sector + 1) * SECTOR),
      }));
    },
    /** Makes the cells hold this and nothing else. */
    replace(content: Content): void {
      const blank = new Uint8Array(SECTOR).fill(0xff);
      const given = new Map(content.map(({ at, bytes }) => [at / SECTOR, bytes]));
      for (const sector of present.keys()) {
        const wanted = given.get(sector);
        if (wanted || !erased(sector)) replaceSector(sector, wanted ?? blank);
      }
    },
  };
}
