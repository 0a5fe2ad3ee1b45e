/** Layout of a pcap file (draft-ietf-opsawg-pcap, "PCAP Capture File Format"), little-endian, microseconds. */
const MAGIC = 0xa1b2c3d4;
const VERSION = { MAJOR: 2, MINOR: 4 } as const;
const LINKTYPE_ETHERNET = 1;
const FILE_HEADER = 24, RECORD_HEADER = 16;

/** The head of a file whose records keep at most `snapLength` bytes of a frame. */
export function pcapHeader(snapLength: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(FILE_HEADER));
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION.MAJOR, true);
  view.setUint16(6, VERSION.MINOR, true);
  view.setUint32(16, snapLength, true);
  view.setUint32(20, LINKTYPE_ETHERNET, true);
  return new Uint8Array(view.buffer);
}

/** A frame at a time in nanoseconds since 1970. */
export function pcapRecord(
  frame: Uint8Array,
  { time, snapLength }: { readonly time: number; readonly snapLength: number },
): Uint8Array<ArrayBuffer> {
  const kept = Math.min(frame.length, snapLength);
  const bytes = new Uint8Array(RECORD_HEADER + kept);
  const view = new DataView(bytes.buffer);
  const seconds = Math.floor(time / 1e9);
  view.setUint32(0, seconds, true);
  view.setUint32(4, Math.floor((time - seconds * 1e9) / 1e3), true);
  view.setUint32(8, kept, true);
  view.setUint32(12, frame.length, true);
  bytes.set(frame.subarray(0, kept), RECORD_HEADER);
  return bytes;
}
