import type { CodePages } from "./code_pages.ts";
import { PAGE_BITS, PAGE_SIZE } from "../softmmu/tlb.ts";
import { Tb } from "./tb.ts";
import type { Translated } from "./translator.ts";

/** Blocks kept before everything is dropped, as QEMU does with a full cache. */
export const DEFAULT_LIMIT = 150_000;

const BUCKETS = 1 << 16;

/** Told when a block goes. */
export interface TbListener {
  dropped(tb: Tb): void;
  purged(): void;
}

/** All translated blocks, by their place in machine memory, flags and PC; and those of each page. */
export class TbCache {
  readonly #code: CodePages;
  readonly #limit: number;
  readonly #listener: TbListener;
  /** First block of each page of machine memory. */
  #pages: (Tb | undefined)[] = [];
  /** First block of each hash. */
  readonly #buckets: (Tb | undefined)[] = new Array<undefined>(BUCKETS).fill(undefined);
  #byId: (Tb | undefined)[] = [undefined];
  #size = 0;
  readonly stats = { translated: 0, invalidated: 0, purges: 0 };

  constructor(code: CodePages, listener: TbListener, limit = DEFAULT_LIMIT) {
    this.#code = code;
    this.#listener = listener;
    this.#limit = limit;
    code.onInvalidate = (host, size) => this.invalidate(host, size);
    code.overlaps = (host, size) => this.#overlaps(host, size);
  }

  byId(id: number): Tb | undefined {
    return this.#byId[id];
  }

  /** Blocks there are. */
  get size(): number {
    return this.#size;
  }

  find(pc: number, flags: number, host: number, single: boolean): Tb | undefined {
    let tb = this.#buckets[bucketOf(host, flags)];
    while (
      tb !== undefined && (tb.pc !== pc || tb.host !== host || tb.flags !== flags || tb.single !== single)
    ) tb = tb.inBucket;
    return tb;
  }

  /** Whether one more block makes the cache overflow; the caller then purges. */
  get full(): boolean {
    return this.#byId.length > this.#limit;
  }

  /** Adds a block; says whether it is the first on its page. */
  add(
    pc: number,
    flags: number,
    { host, single, translated }: { host: number; single: boolean; translated: Translated },
  ): { tb: Tb; firstOnPage: boolean } {
    const { block, size, insns, targets } = translated;
    const tb = new Tb(this.#byId.length, pc, flags, host, size, insns, block, targets, single);
    this.#byId.push(tb);
    const page = host >>> PAGE_BITS, bucket = bucketOf(host, flags);
    tb.onPage = this.#pages[page];
    this.#pages[page] = tb;
    tb.inBucket = this.#buckets[bucket];
    this.#buckets[bucket] = tb;
    this.stats.translated++;
    this.#size++;
    return { tb, firstOnPage: this.#code.add(host, size) };
  }

  /**
   * Drops the blocks of all pages that a write to this range of machine memory changes the code of. Whole pages: who
   * overwrites some code of a page is about to overwrite the rest, and would be stopped at each block.
   */
  invalidate(host: number, size: number): void {
    const end = host + size;
    for (let at = host; at < end; at = (at >>> PAGE_BITS) * PAGE_SIZE + PAGE_SIZE) {
      const page = this.#pages[at >>> PAGE_BITS];
      if (page === undefined || !this.#overlaps(at, Math.min(end - at, PAGE_SIZE - at % PAGE_SIZE))) continue;
      this.#pages[at >>> PAGE_BITS] = undefined;
      this.#code.clear(at);
      for (let tb: Tb | undefined = page; tb !== undefined; tb = tb.onPage) this.#drop(tb);
    }
  }

  /** Whether a range inside a page holds code of a block. */
  #overlaps(host: number, size: number): boolean {
    let tb = this.#pages[host >>> PAGE_BITS];
    while (tb !== undefined && (tb.host >= host + size || host >= tb.host + tb.size)) tb = tb.onPage;
    return tb !== undefined;
  }

  /** Drops everything. */
  purge(): void {
    for (const tb of this.#byId) if (tb !== undefined) tb.valid = false;
    this.#pages = [];
    this.#buckets.fill(undefined);
    this.#byId = [undefined];
    this.#size = 0;
    this.#code.clearAll();
    this.stats.purges++;
    this.#listener.purged();
  }

  #drop(tb: Tb): void {
    tb.valid = false;
    tb.last = undefined; // who still knows it must not keep others alive
    this.stats.invalidated++;
    this.#size--;
    this.#byId[tb.id] = undefined;
    const bucket = bucketOf(tb.host, tb.flags);
    let before = this.#buckets[bucket];
    if (before === tb) this.#buckets[bucket] = tb.inBucket;
    else {
      while (before!.inBucket !== tb) before = before!.inBucket;
      before!.inBucket = tb.inBucket;
    }
    for (let link = tb.incoming; link !== undefined; link = link.rest) {
      if (link.from.next[link.exit] === tb) link.from.next[link.exit] = undefined;
    }
    this.#listener.dropped(tb);
  }
}

function bucketOf(host: number, flags: number): number {
  return (host >>> 1 ^ host >>> 16 ^ flags << 5) & BUCKETS - 1;
}
