import { ETHER, IP } from "./protocols.ts";

/** Sum of 16-bit big-endian words (RFC 1071), not folded; an odd byte at the end counts as a high one. */
export function sum(bytes: Uint8Array, start: number, end: number): number {
  let total = 0;
  const even = end - (end - start & 1);
  for (let i = start; i < even; i += 2) total += bytes[i] << 8 | bytes[i + 1];
  return even < end ? total + (bytes[even] << 8) : total;
}

/** One's complement of a sum: what goes into a packet. */
export function fold(total: number): number {
  let folded = total;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}

/**
 * Completes a partial checksum (5.1.6.2): its field holds the sum of the pseudo header. False if the field lies outside
 * of the frame.
 */
export function complete(frame: Uint8Array, start: number, offset: number): boolean {
  const at = start + offset;
  if (at + 2 > frame.length) return false;
  const checksum = fold(sum(frame, start, frame.length));
  // Zero would mean "none" in UDP; in TCP both mean the same (RFC 768).
  put16(frame, at, checksum === 0 ? 0xffff : checksum);
  return true;
}

/** Whether a frame is TCP or UDP over IPv4, in one piece, with a checksum that is right. */
export function isValid(frame: Uint8Array): boolean {
  const ip = ETHER.HEADER;
  if (frame.length < ip + 20 || get16(frame, ETHER.TYPE) !== ETHER.IPV4 || frame[ip] >> 4 !== 4) return false;
  const length = get16(frame, ip + 2), header = (frame[ip] & 15) * 4, protocol = frame[ip + 9];
  const l4 = ip + header, end = ip + length;
  if (header < 20 || end > frame.length || get16(frame, ip + 6) & 0x3fff) return false; // fragments
  const field = protocol === IP.TCP ? 16 : protocol === IP.UDP ? 6 : undefined;
  if (field === undefined || l4 + field + 2 > end || protocol === IP.UDP && get16(frame, l4 + 6) === 0) {
    return false;
  }
  return fold(sum(frame, ip + 12, ip + 20) + protocol + (end - l4) + sum(frame, l4, end)) === 0;
}

export function get16(bytes: Uint8Array, at: number): number {
  return bytes[at] << 8 | bytes[at + 1];
}

export function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}
