/** Longest frame sent to the guest: 1500 bytes of IP and the Ethernet header. */
export const MTU = 1500;
export const ETHERNET_HEADER = 14;
const FRAME = MTU + ETHERNET_HEADER;

/** Frames that wait for the guest. */
export const QUEUE_FRAMES = 256;
/** Of these, how many bulk data leaves free for answers. */
export const RESERVED_FRAMES = 32;

/**
 * Frames on their way to the guest: a ring of buffers that are used again. A frame is written in place: `begin`, fill
 * `bytes`, `commit`. When the ring is full the frame goes to a spare buffer, and is dropped.
 */
export class FrameQueue {
  /** The frame being written. */
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  /** Frames that found the queue full. */
  dropped = 0;
  readonly #bytes: Uint8Array<ArrayBuffer>[] = [];
  readonly #views: DataView[] = [];
  readonly #lengths = new Uint16Array(QUEUE_FRAMES);
  #first = 0;
  #count = 0;

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

  begin(): void {
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
    if (length > FRAME) throw new Error(`Cannot queue a frame of ${length} bytes`);
    if (this.#count === QUEUE_FRAMES) {
      this.dropped++;
      return;
    }
    this.#lengths[(this.#first + this.#count++) % QUEUE_FRAMES] = length;
  }

  /** Takes the oldest frame out; its bytes stay as they are until the ring has come round, or the next `begin`. */
  shift(): Uint8Array<ArrayBuffer> {
    const slot = this.#first;
    this.#first = (slot + 1) % QUEUE_FRAMES;
    this.#count--;
    return this.#bytes[slot].subarray(0, this.#lengths[slot]);
  }

  clear(): void {
    this.#count = 0;
  }
}
