/** Bytes of a page of packet memory; each packet has one (datasheet 8.2). */
export const PAGE = 2048;
/** Shortest Ethernet frame, without its check sequence. */
export const MIN_FRAME = 60;

/** Status word of a received packet (datasheet 8.2, figure 8.2). */
export const RX = {
  BROADCAST: 1 << 14,
  ODDFRAME: 1 << 12,
  TOOLONG: 1 << 11,
  MULTICAST: 1 << 0,
} as const;

/** Control byte at a packet's end. A received one has an undocumented bit set, as every driver sees. */
const CONTROL = { ODD: 0x20, CRC: 0x10, RECEIVED: 0x40 } as const;
const LONGEST_GOOD = 1514;

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let i = 0; i < 8; i++) crc = crc & 1 ? crc >>> 1 ^ 0xedb8_8320 : crc >>> 1;
  return crc;
});

/** The Ethernet CRC's shift register after `bytes` (IEEE 802.3, 3.2.9), low bit first, not complemented. */
function crcRegister(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) crc = crc >>> 8 ^ CRC[(crc ^ byte) & 0xff];
  return crc >>> 0;
}

/** The frame check sequence of a frame, the byte sent first in bits 7:0. */
export function checkSequence(frame: Uint8Array): number {
  return ~crcRegister(frame) >>> 0;
}

/** Index into the multicast table: the CRC's top six bits, of which the upper three say the byte. */
export function multicastHash(address: Uint8Array): number {
  const crc = crcRegister(address);
  let hash = 0;
  for (let bit = 0; bit < 6; bit++) hash = hash << 1 | crc >>> bit & 1;
  return hash;
}

/** What a frame is addressed to. */
export function addressKind(frame: Uint8Array): "broadcast" | "multicast" | "unicast" {
  if (!(frame[0] & 1)) return "unicast";
  return frame.subarray(0, 6).every((byte) => byte === 0xff) ? "broadcast" : "multicast";
}

/** A packet to be sent, as the guest left it in its page; undefined if its byte count makes no sense. */
export function sentFrame(page: Uint8Array): { frame: Uint8Array; ownCrc: boolean } | undefined {
  const count = (page[2] | page[3] << 8) & 0x7ff;
  if (count < 6) return undefined;
  const control = page[count - 1];
  const frame = page.slice(4, count - (control & CONTROL.ODD ? 1 : 2));
  return { frame, ownCrc: (control & CONTROL.CRC) === 0 };
}

/** Writes a received frame into its page: status, byte count, data, check sequence if wanted, control byte. */
export function storeReceived(page: Uint8Array, frame: Uint8Array, withCrc: boolean): void {
  const kind = addressKind(frame);
  const padded = new Uint8Array(receivedLength(frame.length, withCrc));
  padded.set(frame);
  if (withCrc) {
    const data = padded.length - 4;
    new DataView(padded.buffer).setUint32(data, checkSequence(padded.subarray(0, data)), true);
  }
  const odd = padded.length & 1;
  const status = (kind === "broadcast" ? RX.BROADCAST : 0) | (odd ? RX.ODDFRAME : 0) |
    (frame.length > LONGEST_GOOD ? RX.TOOLONG : 0) |
    (kind === "multicast" ? RX.MULTICAST | multicastHash(frame.subarray(0, 6)) << 1 : 0);
  const count = padded.length - odd + 6;
  page.set([status, status >> 8, count, count >> 8]);
  page.set(padded, 4);
  if (!odd) page[count - 2] = 0;
  page[count - 1] = CONTROL.RECEIVED | (odd ? CONTROL.ODD : 0);
}

/** Bytes of data a received frame fills: short ones have been padded on the wire. */
export function receivedLength(length: number, withCrc: boolean): number {
  return Math.max(length, MIN_FRAME) + (withCrc ? 4 : 0);
}
