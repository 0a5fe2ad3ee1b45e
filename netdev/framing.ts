import { MAX_FRAME } from "@emu/core";
import { fits, type Traffic } from "./traffic.ts";

/** The most that QEMU's `net/socket.c` and `net/stream.c` take (NET_BUFSIZE); what says it is longer is no frame. */
export const MAX_LENGTH = 4096 + 65536;
const HEADER = 4;

/** A frame as it goes over a stream: its length, 32 bits, big-endian, before it. */
export function framed(frame: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER + frame.length);
  new DataView(bytes.buffer).setUint32(0, frame.length);
  bytes.set(frame, HEADER);
  return bytes;
}

/** The length that was announced, where it cannot be one: the bytes that follow have no meaning any more. */
export interface Garbage {
  readonly length: number;
}

/** Takes frames out of a stream, however it was cut into pieces. */
export class Deframer {
  readonly #traffic: Traffic;
  readonly #take: (frame: Uint8Array) => void;
  readonly #frame = new Uint8Array(MAX_FRAME);
  #header = 0;
  #headerUsed = 0;
  #length = 0;
  #used = 0;

  /** `take` gets frames whose bytes are only lent; frames of impossible length are counted and left out. */
  constructor(traffic: Traffic, take: (frame: Uint8Array) => void) {
    this.#traffic = traffic;
    this.#take = take;
  }

  /** Takes the next bytes; tells of a length that makes the rest unreadable. */
  feed(bytes: Uint8Array): Garbage | undefined {
    for (let at = 0; at < bytes.length;) {
      if (this.#headerUsed < HEADER) {
        this.#header = (this.#header << 8 | bytes[at++]) >>> 0;
        if (++this.#headerUsed < HEADER) continue;
        this.#length = this.#header;
        if (this.#length > MAX_LENGTH) {
          this.#traffic.malformed++;
          return { length: this.#length };
        }
      } else {
        at += this.#collect(bytes, at);
      }
      if (this.#used === this.#length) this.#finish(bytes, at);
    }
    return undefined;
  }

  /** Takes what is there of a frame, and says how much. Frames that came whole are not copied. */
  #collect(bytes: Uint8Array, at: number): number {
    const count = Math.min(this.#length - this.#used, bytes.length - at);
    if (count < this.#length && this.#length <= MAX_FRAME) {
      this.#frame.set(bytes.subarray(at, at + count), this.#used);
    }
    this.#used += count;
    this.#whole = count === this.#length;
    return count;
  }
  #whole = false;

  #finish(bytes: Uint8Array, end: number): void {
    const length = this.#length;
    this.#header =
      this.#headerUsed =
      this.#length =
      this.#used =
        0;
    if (!fits(length, this.#traffic)) return;
    this.#take(this.#whole ? bytes.subarray(end - length, end) : this.#frame.subarray(0, length));
  }
}
