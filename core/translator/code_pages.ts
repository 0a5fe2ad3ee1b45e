import { PAGE_BITS } from "../softmmu/tlb.ts";

/** Bytes for which one bit of a page's mask stands. */
const GRANULE_BITS = PAGE_BITS - 5;

/**
 * Which parts of machine memory hold code that has been translated: a mask per page, so that a store to data beside
 * code is told apart without a look at the blocks.
 */
export class CodePages {
  readonly #masks: Int32Array;
  /** Drops the blocks that overlap the range. */
  onInvalidate: (host: number, size: number) => void = () => {};

  /** Whether a range inside a page holds code of a block: exact, where `hit` rounds up. */
  overlaps: (host: number, size: number) => boolean = () => false;

  /** `size`: bytes of machine memory. */
  constructor(size: number) {
    this.#masks = new Int32Array((size >>> PAGE_BITS) + 1);
  }

  /** Whether a page holds any code. */
  has(host: number): boolean {
    return this.#masks[host >>> PAGE_BITS] !== 0;
  }

  /** Whether code lies in a range that does not cross a page. */
  hit(host: number, size: number): boolean {
    return (this.#masks[host >>> PAGE_BITS] & granules(host, size)) !== 0 && this.overlaps(host, size);
  }

  /** Notes code in a range inside a page; says whether it is the page's first. */
  add(host: number, size: number): boolean {
    const page = host >>> PAGE_BITS;
    const first = this.#masks[page] === 0;
    this.#masks[page] |= granules(host, size);
    return first;
  }

  /** Forgets a page. */
  clear(host: number): void {
    this.#masks[host >>> PAGE_BITS] = 0;
  }

  clearAll(): void {
    this.#masks.fill(0);
  }

  invalidate(host: number, size: number): void {
    this.onInvalidate(host, size);
  }
}

function granules(host: number, size: number): number {
  const first = host >>> GRANULE_BITS & 31, last = host + size - 1 >>> GRANULE_BITS & 31;
  return -1 << first & -1 >>> (31 - last);
}
