import type { BlockBackend, DeviceLog } from "@emu/core";
import { type Cells, PAGE, SECTOR } from "./cells.ts";

export interface ImageOptions {
  /** None: the content lasts as long as the machine. */
  readonly block: BlockBackend | undefined;
  /** Nothing is saved. */
  readonly readOnly: boolean;
  readonly bytes: Uint8Array;
  readonly cells: Pick<Cells, "load" | "completeAll">;
  readonly log: DeviceLog;
}

export type Image = ReturnType<typeof createImage>;

/**
 * The flash's content on a back end: read once at the start, saved behind the guest's back by changed pages. What
 * could not be saved is tried again with the next change, and at the end.
 */
export function createImage({ block, readOnly, bytes, cells, log }: ImageOptions) {
  // Bookkeeping of the host's side only: which pages the back end does not have yet, and its one request.
  const dirty = new Uint8Array(bytes.length / PAGE);
  const end = Math.min(block?.size ?? 0, bytes.length);
  let loading = end > 0, cancelled = false, waiting = 0;
  let saving: Promise<void> | undefined;
  const loaded = block && loading ? load(block) : Promise.resolve();
  loaded.catch(() => {}); // `loaded` is for who waits for it; the failure shows there

  async function load(from: BlockBackend): Promise<void> {
    for (let at = 0; at < end; at += SECTOR) {
      const piece = new Uint8Array(Math.min(SECTOR, end - at));
      await from.read(at, piece);
      if (cancelled) return;
      cells.load(at, piece);
    }
    cells.completeAll();
    loading = false;
  }

  function changed(at: number, length: number): void {
    if (!block || readOnly) return;
    if (at >= end) log.unimplemented(`change at 0x${at.toString(16)} is beyond the image: not saved`);
    mark(at, Math.min(at + length, end));
    if (saving) return;
    save(block).catch((error) => log.unimplemented(`Cannot save the flash's content yet: ${error}`));
  }

  function mark(at: number, until: number): void {
    for (let page = Math.floor(at / PAGE); page * PAGE < until; page++) {
      waiting += 1 - dirty[page];
      dirty[page] = 1;
    }
  }

  /** Settles when all is saved. */
  function save(to: BlockBackend): Promise<void> {
    return saving ??= saveAll(to);
  }

  /** One write at a time, of neighbouring pages together, until none is left. */
  async function saveAll(to: BlockBackend): Promise<void> {
    await Promise.resolve(); // an instruction of the guest's may change more than one page
    try {
      while (waiting > 0) {
        const first = dirty.indexOf(1);
        let last = first;
        while (last < dirty.length && dirty[last] && (last - first) * PAGE < SECTOR) last++;
        await savePages(to, first, last);
      }
    } finally {
      saving = undefined; // at once: what changes from here on starts anew
    }
  }

  async function savePages(to: BlockBackend, first: number, last: number): Promise<void> {
    dirty.fill(0, first, last);
    waiting -= last - first;
    const at = first * PAGE, until = Math.min(last * PAGE, end);
    try {
      await to.write(at, bytes.slice(at, until));
    } catch (error) {
      mark(at, until);
      throw error;
    }
  }

  return {
    /** The content is not there yet; it stays so if it cannot be loaded, lest the image be overwritten. */
    get loading() {
      return loading;
    },
    loaded,
    changed,
    /** Gives up loading, as other content takes its place. Says whether what the back end holds is unknown. */
    supersede(): boolean {
      const unknown = loading;
      loading = false;
      cancelled = true;
      return unknown;
    },
    /** Saves what is not saved, and has the back end put it where it lasts. */
    async finish(): Promise<void> {
      if (!block || readOnly) return;
      await saving?.catch(() => {}); // tried again here
      await save(block);
      await block.flush();
    },
  };
}
