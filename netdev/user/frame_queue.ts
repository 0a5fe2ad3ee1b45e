import { MAX_FRAME } from "@emu/core";

/** Longest frame sent to the guest: 1500 bytes of IP and the Ethernet header. */
export const MTU = 1500;
export const ETHERNET_HEADER = 14;
const FRAME = MTU + ETHERNET_HEADER;

/** Frames that wait for the guest. */
export const QUEUE_FRAMES = 256;
/** Of these, how many bulk data leaves free for answers. */
export const RESERVED_FRAMES = 32;
/** How many of the frames may be large segments. */
export const LARGE_FRAMES = 8;

/**
 * Frames on their way to the guest: a ring of buffers that are used again. A frame is written in place: `begin`, fill
 * `bytes`, `commit`. When the ring is full the frame goes to a spare buffer, and is dropped. Large segments have a ring
 * of buffers of their own, in the same order.
 */
export class FrameQueue {
  /** The frame being written. */
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  /** Frames that found the queue full. */
  dropped = 0;
  readonly #bytes: Uint8Array<ArrayBuffer>[] = [];
  readonly #views: DataView[] = [];
  readonly #lengths = new Uint32Array(QUEUE_FRAMES);
  /** Payload of each part of a large segment; 0: an ordinary frame. */
  readonly #sizes = new Uint16Array(QUEUE_FRAMES);
  #first = 0;
  #count = 0;
  readonly #large: Uint8Array<ArrayBuffer>[] = [];
  readonly #largeViews: DataView[] = [];
  #firstLarge = 0;
  #largeCount = 0;
  /** That of the frame being written. */
  #size = 0;

  constructor() {
    this.#bytes[QUEUE_FRAMES] = this.bytes = new Uint8Array(FRAME);
    this.#views[QUEUE_FRAMES] = this.view = new DataView(this.bytes.buffer);
  }

  get count(): number {
    return this.#count;
  }

  /** Frames that bulk data may still put in. */
  get room(): number {
    return QUEUE_FRAMES - RESERVED_FRAMES - this.#count;
  }

  /** Large segments that may still be put in. */
  get largeRoom(): number {
    return this.room > 0 ? LARGE_FRAMES - this.#largeCount : 0;
  }

  /** Size of the parts of the oldest frame, if it is a large segment, else 0. */
  get partSize(): number {
    return this.#sizes[this.#first];
  }

  /** Begins a large segment, for which there has to be room. */
  beginLarge(size: number): void {
    const slot = (this.#firstLarge + this.#largeCount) % LARGE_FRAMES;
    if (!this.#large[slot]) {
      this.#large[slot] = new Uint8Array(MAX_FRAME);
      this.#largeViews[slot] = new DataView(this.#large[slot].buffer);
    }
    this.bytes = this.#large[slot];
    this.view = this.#largeViews[slot];
    this.#size = size;
  }

  begin(): void {
    this.#size = 0;
    const slot = this.#count < QUEUE_FRAMES ? (this.#first + this.#count) % QUEUE_FRAMES : QUEUE_FRAMES;
    if (!this.#bytes[slot]) {
      this.#bytes[slot] = new Uint8Array(FRAME);
      this.#views[slot] = new DataView(this.#bytes[slot].buffer);
    }
    this.bytes = this.#bytes[slot];
    this.view = this.#views[slot];
  }

  /** Puts the frame begun last into the queue; one that is longer than frames are is an error of ours. */
  commit(length: number): void {
    if (length > (this.#size > 0 ? MAX_FRAME : FRAME)) {
      throw new Error(`Cannot queue a frame of ${length} bytes`);
    }
    if (this.#count === QUEUE_FRAMES) {
      this.dropped++;
      return;
    }
    const slot = (this.#first + this.#count++) % QUEUE_FRAMES;
    this.#lengths[slot] = length;
    this.#sizes[slot] = this.#size;
    if (this.#size > 0) this.#largeCount++;
  }

  /** Takes the oldest frame out; its bytes stay as they are until the ring has come round, or the next `begin`. */
  shift(): Uint8Array<ArrayBuffer> {
    const slot = this.#first;
    this.#first = (slot + 1) % QUEUE_FRAMES;
    this.#count--;
    if (this.#sizes[slot] > 0) {
      const large = this.#firstLarge;
      this.#firstLarge = (large + 1) % LARGE_FRAMES;
      this.#largeCount--;
      return this.#large[large].subarray(0, this.#lengths[slot]);
    }
    return this.#bytes[slot].subarray(0, this.#lengths[slot]);
  }

  clear(): void {
    this.#count = 0;
    this.#largeCount = 0;
  }
}
