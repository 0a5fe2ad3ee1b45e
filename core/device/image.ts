import type { BlockBackend } from "../backend/block.ts";
import type { DeviceLog } from "./device.ts";

/** Longest piece that is loaded or saved at once, in bytes. */
const PIECE = 0x4_0000;

/** What `createImage` is given. */
export interface ImageOptions {
  /** None: the content lasts as long as the machine. */
  readonly block: BlockBackend | undefined;
  /** Nothing is saved. */
  readonly readOnly?: boolean;
  /** Bytes of the content. */
  readonly size: number;
  /** Bytes that count as changed together. Default 4096, or all where that is less. */
  readonly page?: number;
  /** The content from `at` to `until`; it is not kept. */
  content(at: number, until: number): Uint8Array;
  /** Puts down a piece of what the back end holds. */
  load(at: number, piece: Uint8Array): void;
  /** Called once all is loaded. */
  complete?(): void;
  /** Is told what cannot be saved. */
  readonly log: DeviceLog;
}

/** What does not go away with the power, on a back end. */
export interface Image {
  /** The content is not there yet; it stays so if it cannot be loaded, lest the image be overwritten. */
  readonly loading: boolean;
  /** For the device's `ready`. */
  readonly loaded: Promise<void>;
  /** The device's content has changed there: it will be saved. */
  changed(at: number, length: number): void;
  /** Gives up loading, as other content takes its place. Says whether what the back end holds is unknown. */
  supersede(): boolean;
  /** For the device's `dispose`: saves what is not saved, and has the back end put it where it lasts. */
  finish(): Promise<void>;
}

/**
 * The content of a non-volatile memory on a back end: read once at the start, saved behind the guest's back by changed
 * pages. What could not be saved is tried again with the next change, and at the end.
 */
export function createImage(options: ImageOptions): Image {
  const { block, readOnly = false, size, log } = options, page = Math.min(options.page ?? 0x1000, size);
  // Bookkeeping of the host's side only: which pages the back end does not have yet, and its one request.
  const dirty = new Uint8Array(Math.ceil(size / page));
  const end = Math.min(block?.size ?? 0, size);
  let loading = end > 0, cancelled = false, waiting = 0;
  let saving: Promise<void> | undefined;
  const loaded = block && loading ? load(block) : Promise.resolve();
  loaded.catch(() => {}); // `loaded` is for who waits for it; the failure shows there

  async function load(from: BlockBackend): Promise<void> {
    for (let at = 0; at < end; at += PIECE) {
      const piece = new Uint8Array(Math.min(PIECE, end - at));
      await from.read(at, piece);
      if (cancelled) return;
      options.load(at, piece);
    }
    options.complete?.();
    loading = false;
  }

  function changed(at: number, length: number): void {
    if (!block || readOnly) return;
    if (at >= end) log.unimplemented(`change at 0x${at.toString(16)} is beyond the image: not saved`);
    mark(at, Math.min(at + length, end));
    if (saving) return;
    save(block).catch((error) => log.unimplemented(`cannot save the content yet: ${error}`));
  }

  function mark(at: number, until: number): void {
    for (let n = Math.floor(at / page); n * page < until; n++) {
      waiting += 1 - dirty[n];
      dirty[n] = 1;
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
        while (last < dirty.length && dirty[last] && (last - first) * page < PIECE) last++;
        await savePages(to, first, last);
      }
    } finally {
      saving = undefined; // at once: what changes from here on starts anew
    }
  }

  async function savePages(to: BlockBackend, first: number, last: number): Promise<void> {
    dirty.fill(0, first, last);
    waiting -= last - first;
    const at = first * page, until = Math.min(last * page, end);
    try {
      await to.write(at, options.content(at, until).slice());
    } catch (error) {
      mark(at, until);
      throw error;
    }
  }

  return {
    get loading() {
      return loading;
    },
    loaded,
    changed,
    supersede() {
      const unknown = loading;
      loading = false;
      cancelled = true;
      return unknown;
    },
    async finish() {
      if (!block || readOnly) return;
      await saving?.catch(() => {}); // tried again here
      await save(block);
      await block.flush();
    },
  };
}
