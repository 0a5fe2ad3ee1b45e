import type { CodePages } from "./code_pages.ts";
import { PAGE_BITS, PAGE_SIZE } from "../softmmu/tlb.ts";
import { Tb } from "./tb.ts";
import type { Translated } from "./translator.ts";

/** Blocks kept before everything is dropped, as QEMU does with a full cache. */
export const DEFAULT_LIMIT = 150_000;

/** Told when a block goes. */
export interface TbListener {
  dropped(tb: Tb): void;
  purged(): void;
}

/** All translated blocks, by page of machine memory, place in the page, and flags. */
export class TbCache {
  readonly #code: CodePages;
  readonly #limit: number;
  readonly #listener: TbListener;
  /** Blocks of each page, by `place`. */
  #pages: (Map<number, Tb> | undefined)[] = [];
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
    let tb = this.#pages[host >>> PAGE_BITS]?.get(place(host, flags, single));
    while (tb !== undefined && tb.pc !== pc) tb = tb.same;
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
    const page = this.#pages[host >>> PAGE_BITS] ??= new Map();
    const key = place(host, flags, single);
    tb.same = page.get(key);
    page.set(key, tb);
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
      for (let tb of page.values()) {
        for (;;) {
          this.#drop(tb);
          if (tb.same === undefined) break;
          tb = tb.same;
        }
      }
    }
  }

  /** Whether a range inside a page holds code of a block. */
  #overlaps(host: number, size: number): boolean {
    const page = this.#pages[host >>> PAGE_BITS];
    if (page === undefined) return false;
    for (const tb of page.values()) if (tb.host < host + size && host < tb.host + tb.size) return true;
    return false;
  }

  /** Drops everything. */
  purge(): void {
    for (const tb of this.#byId) if (tb !== undefined) tb.valid = false;
    this.#pages = [];
    this.#byId = [undefined];
    this.#size = 0;
    this.#code.clearAll();
    this.stats.purges++;
    this.#listener.purged();
  }

  #drop(tb: Tb): void {
    tb.valid = false;
    this.stats.invalidated++;
    this.#size--;
    this.#byId[tb.id] = undefined;
    for (const source of tb.incoming) {
      for (let n = 0; n < source.next.length; n++) if (source.next[n] === tb) source.next[n] = undefined;
    }
    this.#listener.dropped(tb);
  }
}

/** One small number for (place in the page, flags, single): flags have at most 12 bits, as in the jump cache's tags. */
function place(host: number, flags: number, single: boolean): number {
  return (host & (PAGE_SIZE - 1)) << 13 | flags << 1 | (single ? 1 : 0);
}
