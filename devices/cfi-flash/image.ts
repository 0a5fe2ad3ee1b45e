import type { BlockBackend, DeviceLog } from "@emu/core";

/** Bytes read at a time, and at most written at a time. */
const PIECE = 0x4_0000;
/** What is saved if a byte of it changes. */
const PAGE = 0x1000;

export interface ImageOptions {
  /** None: the content lasts as long as the machine. */
  readonly block: BlockBackend | undefined;
  readonly bytes: Uint8Array;
  readonly log: DeviceLog;
  /** Called when the content has been loaded. */
  loaded(): void;
}

/** The flash's content on a back end: read once at the start, saved behind the guest's back by changed pages. */
export interface Image {
  readonly loading: boolean;
  changed(at: number, length: number): void;
  /** Replaces the content, saving what differs. Bytes beyond `content` are erased. */
  replace(content: Uint8Array): void;
}

export function createImage({ block, bytes, log, loaded }: ImageOptions): Image {
  // Bookkeeping of the host's side only: which pages the back end does not have yet, and its one request.
  const dirty = new Uint8Array(bytes.length / PAGE);
  const end = Math.min(block?.size ?? 0, bytes.length);
  let loading = end > 0, saving = false, waiting = 0;

  if (block && loading) {
    load(block).catch((error) => log.unimplemented(`Cannot load the flash's content: ${error}`)).finally(
      () => {
        loading = false;
        loaded();
      },
    );
  }

  async function load(from: BlockBackend): Promise<void> {
    for (let at = 0; at < end && loading; at += PIECE) {
      const piece = new Uint8Array(Math.min(PIECE, end - at));
      await from.read(at, piece);
      if (loading) bytes.set(piece, at);
    }
  }

  function changed(at: number, length: number): void {
    if (!block) return;
    if (at + length > end) log.unimplemented(`change at 0x${at.toString(16)} is beyond the image: not saved`);
    for (let page = Math.floor(at / PAGE); page * PAGE < Math.min(at + length, end); page++) {
      waiting += 1 - dirty[page];
      dirty[page] = 1;
    }
    if (!saving && waiting > 0) {
      saving = true;
      save(block).catch((error) => log.unimplemented(`Cannot save the flash's content: ${error}`))
        .finally(() => saving = false);
    }
  }

  /** One write at a time, of neighbouring pages together, until none is left. */
  async function save(to: BlockBackend): Promise<void> {
    while (waiting > 0) {
      const first = dirty.indexOf(1);
      let last = first;
      while (last < dirty.length && dirty[last] && (last - first) * PAGE < PIECE) last++;
      dirty.fill(0, first, last);
      waiting -= last - first;
      await to.write(first * PAGE, bytes.slice(first * PAGE, Math.min(last * PAGE, end)));
    }
  }

  return {
    get loading() {
      return loading;
    },
    changed,
    replace(content) {
      loading = false;
      for (let at = 0; at < bytes.length; at += PAGE) {
        const page = new Uint8Array(PAGE).fill(0xff);
        page.set(content.subarray(at, at + PAGE));
        if (page.every((byte, i) => bytes[at + i] === byte)) continue;
        bytes.set(page, at);
        if (at < end) changed(at, Math.min(PAGE, end - at));
      }
    },
  };
}

/** The content up to its last byte that is not erased. */
export function trimmed(bytes: Uint8Array): Uint8Array {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  let end = words.length;
  while (end > 0 && words[end - 1] === -1) end--;
  return bytes.slice(0, 4 * end);
}
