import type { CodePages } from "./code_pages.ts";
import { PAGE_BITS } from "../softmmu/tlb.ts";
import { Tb } from "./tb.ts";
import type { Translated } from "./translator.ts";

/** Blocks kept before everything is dropped, as QEMU does with a full cache. */
export const DEFAULT_LIMIT = 150_000;

/** Told when a block goes. */
export interface TbListener {
  dropped(tb: Tb): void;
  purged(): void;
}

/** All translated blocks: by place in machine memory and flags, and by page. */
export class TbCache {
  readonly #code: CodePages;
  readonly #limit: number;
  readonly #listener: TbListener;
  readonly #byPlace = new Map<number, Tb>();
  readonly #byPage = new Map<number, Set<Tb>>();
  #byId: (Tb | undefined)[] = [undefined];
  readonly stats = { translated: 0, invalidated: 0, purges: 0 };

  constructor(code: CodePages, listener: TbListener, limit = DEFAULT_LIMIT) {
    this.#code = code;
    this.#listener = listener;
    this.#limit = limit;
    code.onInvalidate = (host, size) => this.invalidate(host, size);
  }

  byId(id: number): Tb | undefined {
    return this.#byId[id];
  }

  /** Blocks there are. */
  get size(): number {
    return this.#byPlace.size;
  }

  find(pc: number, flags: number, { host, single }: { host: number; single: boolean }): Tb | undefined {
    let tb = this.#byPlace.get(place(host, flags, single));
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
    const key = place(host, flags, single);
    tb.same = this.#byPlace.get(key);
    this.#byPlace.set(key, tb);
    const page = host >>> PAGE_BITS;
    let onPage = this.#byPage.get(page);
    if (onPage === undefined) this.#byPage.set(page, onPage = new Set());
    onPage.add(tb);
    this.stats.translated++;
    return { tb, firstOnPage: this.#code.add(host, size) };
  }

  /** Drops the blocks that overlap a range of machine memory. */
  invalidate(host: number, size: number): void {
    for (let page = host >>> PAGE_BITS; page <= host + size - 1 >>> PAGE_BITS; page++) {
      const onPage = this.#byPage.get(page);
      if (onPage === undefined) continue;
      for (const tb of onPage) {
        if (tb.host < host + size && host < tb.host + tb.size) {
          onPage.delete(tb);
          this.#drop(tb);
        }
      }
      this.#code.clear(page * 2 ** PAGE_BITS);
      if (onPage.size === 0) this.#byPage.delete(page);
      else for (const tb of onPage) this.#code.add(tb.host, tb.size);
    }
  }

  /** Drops everything. */
  purge(): void {
    for (const tb of this.#byId) if (tb !== undefined) tb.valid = false;
    this.#byPlace.clear();
    this.#byPage.clear();
    this.#byId = [undefined];
    this.#code.clearAll();
    this.stats.purges++;
    this.#listener.purged();
  }

  #drop(tb: Tb): void {
    tb.valid = false;
    this.stats.invalidated++;
    this.#byId[tb.id] = undefined;
    const key = place(tb.host, tb.flags, tb.single);
    let head = this.#byPlace.get(key);
    if (head === tb) {
      if (tb.same === undefined) this.#byPlace.delete(key);
      else this.#byPlace.set(key, tb.same);
    } else {
      while (head !== undefined && head.same !== tb) head = head.same;
      if (head !== undefined) head.same = tb.same;
    }
    for (const source of tb.incoming) {
      for (let n = 0; n < source.next.length; n++) if (source.next[n] === tb) source.next[n] = undefined;
    }
    this.#listener.dropped(tb);
  }
}

/** One number for (place, flags, single): flags have at most 12 bits, as in the jump cache's tags. */
function place(host: number, flags: number, single: boolean): number {
  return host * 8192 + flags * 2 + (single ? 1 : 0);
}
