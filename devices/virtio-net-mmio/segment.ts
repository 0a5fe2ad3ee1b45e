import { fold, get16, put16, sum } from "./checksum.ts";
import { GSO, type NetHeader } from "./header.ts";
import { ETHER, IP, TCP } from "./protocols.ts";

/** Least payload of a segment that a guest may ask for, so that one chain does not become too many frames: Linux' TCP_MIN_MSS. */
const MIN_SIZE = 88;

/**
 * Cuts a large TCP segment into frames of `gsoSize` bytes of payload (5.1.6.2), each with headers and checksums of its
 * own. Gives their number, or undefined, before anything is sent, if the frame is not what the header says. The bytes
 * `send` gets are only lent.
 */
export function segment(
  frame: Uint8Array,
  { gsoType, gsoSize }: NetHeader,
  send: (frame: Uint8Array) => void,
): number | undefined {
  const type = gsoType & ~GSO.ECN, v4 = type === GSO.TCPV4;
  if (!v4 && type !== GSO.TCPV6 || gsoSize < MIN_SIZE) return undefined;
  const ip = get16(frame, ETHER.TYPE) === ETHER.VLAN ? ETHER.HEADER + 4 : ETHER.HEADER;
  if (frame.length < ip + 40 || get16(frame, ip - 2) !== (v4 ? ETHER.IPV4 : ETHER.IPV6)) return undefined;
  const tcp = ip + (v4 ? (frame[ip] & 15) * 4 : 40);
  if (frame[v4 ? ip + 9 : ip + 6] !== IP.TCP || v4 && tcp < ip + 20 || tcp + 20 > frame.length) {
    return undefined;
  }
  const payload = tcp + (frame[tcp + 12] >> 4) * 4;
  if (payload < tcp + 20 || payload > frame.length) return undefined;

  const out = new Uint8Array(payload + gsoSize);
  const view = new DataView(out.buffer);
  const id = get16(frame, ip + 4), flags = frame[tcp + 13];
  const sequence = new DataView(frame.buffer, frame.byteOffset).getUint32(tcp + 4);
  let count = 0, at = payload;
  do {
    const part = frame.subarray(at, at + gsoSize), end = payload + part.length;
    const last = at + gsoSize >= frame.length;
    out.set(frame.subarray(0, payload));
    out.set(part, payload);
    if (v4) {
      put16(out, ip + 2, end - ip);
      put16(out, ip + 4, id + count);
      put16(out, ip + 10, 0);
      put16(out, ip + 10, fold(sum(out, ip, tcp)));
    } else put16(out, ip + 4, end - tcp);
    view.setUint32(tcp + 4, sequence + (at - payload) >>> 0);
    // FIN and PSH belong to the last byte, CWR to the first segment (RFC 3168, 6.1.2).
    out[tcp + 13] = flags & ~(last ? 0 : TCP.FIN | TCP.PSH) & ~(count > 0 ? TCP.CWR : 0);
    put16(out, tcp + 16, 0);
    const addresses = v4 ? sum(out, ip + 12, ip + 20) : sum(out, ip + 8, ip + 40);
    put16(out, tcp + 16, fold(addresses + IP.TCP + (end - tcp) + sum(out, tcp, end)));
    send(out.subarray(0, end));
    count++;
    at += gsoSize;
  } while (at < frame.length);
  return count;
}
