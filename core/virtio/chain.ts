import type { Dma } from "../device/device.ts";
import { VIRTQ_DESC } from "./constants.ts";

/** A piece of a buffer in guest memory. */
export interface Segment {
  /** Guest-physical. */
  readonly address: number;
  /** Bytes. */
  readonly length: number;
}

/** A descriptor chain: what the device may read, and what it has to write. Lengths are the guest's word only. */
export interface Chain {
  /** Index of its first descriptor, by which it is given back. */
  readonly head: number;
  /** What the driver sends, in order. */
  readonly readable: readonly Segment[];
  /** Room for the answer, in order. */
  readonly writable: readonly Segment[];
  /** Bytes of all readable segments. */
  readonly readableLength: number;
  /** Bytes of all writable segments. */
  readonly writableLength: number;
}

const DESCRIPTOR = 16;

/** A table of descriptors in guest memory. */
export interface DescriptorTable {
  readonly address: number;
  readonly entries: number;
  /** Most descriptors a chain may have. */
  readonly limit: number;
  /** Whether VIRTIO_F_INDIRECT_DESC was negotiated. */
  readonly indirect: boolean;
}

/** Walks a chain (2.7.5). Where it makes no sense, a text that says why; never more than `limit` steps. */
export function walkChain(
  dma: Dma,
  { address, entries, limit, indirect }: DescriptorTable,
  head: number,
): Chain | string {
  const readable: Segment[] = [], writable: Segment[] = [];
  const raw = new Uint8Array(DESCRIPTOR), view = new DataView(raw.buffer);
  let readableLength = 0, writableLength = 0;
  let index = head, inside = false;
  for (let count = 0;;) {
    if (index >= entries) return `descriptor ${index} of ${entries}`;
    if (!dma.read(address + DESCRIPTOR * index, raw)) return "descriptors outside of memory";
    const at = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
    const length = view.getUint32(8, true), flags = view.getUint16(12, true);
    if (flags & VIRTQ_DESC.INDIRECT) {
      // 2.7.5.3.1: one table, at the end of the chain, and none inside of it.
      if (!indirect || inside || flags & VIRTQ_DESC.NEXT) return "misplaced indirect descriptor";
      if (length === 0 || length % DESCRIPTOR !== 0) return `indirect table of ${length} bytes`;
      address = at;
      entries = length / DESCRIPTOR;
      index = 0;
      inside = true;
      continue;
    }
    if (++count > limit) return `chain of more than ${limit} descriptors`;
    if (flags & VIRTQ_DESC.WRITE) {
      writable.push({ address: at, length });
      writableLength += length;
    } else if (writable.length > 0) return "readable descriptor behind a writable one"; // 2.7.4.2
    else {
      readable.push({ address: at, length });
      readableLength += length;
    }
    if (!(flags & VIRTQ_DESC.NEXT)) return { head, readable, writable, readableLength, writableLength };
    index = view.getUint16(14, true);
  }
}

/** Copies from segments, `offset` bytes behind their start; false if they are too short or not memory. */
export function gather(
  dma: Dma,
  segments: readonly Segment[],
  { offset, into }: { offset: number; into: Uint8Array },
): boolean {
  return eachPart(
    segments,
    { offset, length: into.length },
    (address, start, end) => dma.read(address, into.subarray(start, end)),
  );
}

/** Copies into segments, `offset` bytes behind their start; false if they are too short or not memory. */
export function scatter(
  dma: Dma,
  segments: readonly Segment[],
  { offset, from }: { offset: number; from: Uint8Array },
): boolean {
  return eachPart(
    segments,
    { offset, length: from.length },
    (address, start, end) => dma.write(address, from.subarray(start, end)),
  );
}

function eachPart(
  segments: readonly Segment[],
  { offset, length }: { readonly offset: number; readonly length: number },
  move: (address: number, start: number, end: number) => boolean,
): boolean {
  let skip = offset, done = 0, good = true;
  for (const segment of segments) {
    if (done === length) break;
    const count = Math.min(segment.length - skip, length - done);
    if (count <= 0) {
      skip -= segment.length;
      continue;
    }
    good = move(segment.address + skip, done, done + count) && good;
    skip = 0;
    done += count;
  }
  return good && done === length;
}
