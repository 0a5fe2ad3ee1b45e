import { NEVER } from "@emu/core";
import { SIZE } from "./address.ts";
import { checksum, fold, sumOf, sumOfBytes } from "./checksum.ts";
import { transmit } from "./ethernet.ts";
import { ETHERNET_HEADER, MTU } from "./frame_queue.ts";
import { IPV4_HEADER, sendV4 } from "./ipv4.ts";
import { IPV6_HEADER, sendV6 } from "./ipv6.ts";
import { destinationOf, type Packet, PROTOCOL, sourceOf } from "./packet.ts";
import type { Stack } from "./stack.ts";
import { writeOptions } from "./tcp_options.ts";
import {
  ahead,
  BUFFER,
  type Connection,
  FLAG,
  RTO,
  STATE,
  TCP,
  TCP_HEADER,
  WINDOW_SHIFT,
} from "./tcp_state.ts";

/** Segments that one connection sends before it is the others' turn, and large ones of these. */
const BURST = 64, LARGE_BURST = 4;
/** Most data of a large segment: what an IP packet holds beside the headers of TCP and of IPv6, the longer one. */
const LARGEST = 0xffff - 40 - 20;
/** Offsets in the IPv4 header, and in the IPv6 header. */
const V4 = { LENGTH: 2, ID: 4, CHECKSUM: 10 } as const;
const V6 = { LENGTH: 4 } as const;

/** The largest segment that fits a frame. */
export function ownMss(size: number): number {
  return MTU - TCP_HEADER - (size === SIZE.V4 ? IPV4_HEADER : IPV6_HEADER);
}

/** Sends what the windows allow, or an acknowledgement if one is due. False if there is more than the queue takes. */
export function output(stack: Stack, c: Connection): boolean {
  if (c.state < STATE.ESTABLISHED || c.state > STATE.TIME_WAIT) return true;
  const large = c.send !== undefined && stack.takesLarge() ? LARGEST - LARGEST % c.mss : 0;
  for (let sent = 0; c.send; sent++) {
    const offset = ahead(c.sndNxt, c.sndUna), { length } = c.send;
    const window = Math.min(c.sndWnd, c.cwnd);
    const most = Math.max(0, Math.min(length - offset, window - offset));
    const count = most > c.mss && large > 0 ? Math.min(most - most % c.mss, large) : Math.min(most, c.mss);
    const last = offset + count === length, fin = c.finQueued && last && offset <= length;
    if (count === 0 && !fin) break;
    // Silly windows are left alone until they have grown (RFC 9293, 3.8.6.2.1).
    if (count < c.mss && !last && 2 * count < c.largestWnd) break;
    if (stack.queue.room <= 0 || sent === BURST) return false;
    if (count > c.mss && (stack.queue.largeRoom <= 0 || sent === LARGE_BURST)) return false;
    sendData(stack, c, offset, count, fin);
  }
  if (c.send && c.send.length > 0 && c.sndNxt === c.sndUna) {
    if (c.persistAt === NEVER) {
      c.persistAt = stack.timers.now() + c.rto;
      stack.timers.by(c.persistAt);
    }
  } else c.persistAt = NEVER;
  if (c.ackNow) sendAck(stack, c);
  return true;
}

/** Sends `count` bytes of the buffer from `offset` on. */
function sendData(stack: Stack, c: Connection, offset: number, count: number, fin: boolean): void {
  const seq = (c.sndUna + offset) | 0;
  const last = offset + count === c.send!.length;
  segmentOut(stack, c, seq, FLAG.ACK | (last ? FLAG.PSH : 0) | (fin ? FLAG.FIN : 0), offset, count);
  c.sndNxt = (seq + count + (fin ? 1 : 0)) | 0;
  const now = stack.timers.now();
  if (fin && c.state === STATE.ESTABLISHED) c.state = STATE.FIN_WAIT_1;
  else if (fin && c.state === STATE.CLOSE_WAIT) c.state = STATE.LAST_ACK;
  if (ahead(c.sndNxt, c.sndMax) > 0) {
    c.sndMax = c.sndNxt;
    if (c.timedAt === NEVER) {
      c.timedAt = now;
      c.timedSeq = c.sndNxt;
    }
  }
  if (c.retransmitAt === NEVER) {
    c.retransmitAt = now + c.rto;
    stack.timers.by(c.retransmitAt);
  }
}

/** Sends the oldest segment once more, without going back to it. */
export function resendOldest(stack: Stack, c: Connection): void {
  if (!c.send) return;
  const next = c.sndNxt, count = Math.min(c.send.length, c.mss);
  const fin = c.finQueued && count === c.send.length;
  if (count === 0 && !fin) return;
  c.timedAt = NEVER; // Karn: what is sent twice is not measured
  sendData(stack, c, 0, count, fin);
  if (ahead(next, c.sndNxt) > 0) c.sndNxt = next;
}

/** Sends one byte into a closed window, so that the guest says how it is now (RFC 9293, 3.8.6.1). */
export function probeWindow(stack: Stack, c: Connection): void {
  const count = Math.min(c.send?.length ?? 0, Math.max(1, Math.min(c.sndWnd, c.mss)));
  if (count === 0) return;
  segmentOut(stack, c, c.sndUna, FLAG.ACK | FLAG.PSH, 0, count);
  const end = (c.sndUna + count) | 0;
  if (ahead(end, c.sndMax) > 0) c.sndMax = end;
}

/** Asks an idle guest whether it is there: with a byte that it has already. */
export function probeAlive(stack: Stack, c: Connection): void {
  segmentOut(stack, c, (c.sndNxt - 1) | 0, FLAG.ACK, 0, 0);
}

export function sendAck(stack: Stack, c: Connection): void {
  segmentOut(stack, c, c.sndNxt, FLAG.ACK, 0, 0);
}

/** Ends a connection for the guest. */
export function sendReset(stack: Stack, c: Connection): void {
  segmentOut(stack, c, c.sndNxt, FLAG.RST | FLAG.ACK, 0, 0);
}

/** Sends our SYN, with an acknowledgement if the guest's is here. */
export function sendSyn(stack: Stack, c: Connection): void {
  const flags = FLAG.SYN | (c.state === STATE.SYN_RECEIVED ? FLAG.ACK : 0);
  stack.queue.begin();
  const tcp = begin(stack, c, c.iss, flags);
  const { view } = stack.queue;
  if (flags === FLAG.SYN) view.setUint32(tcp + TCP.ACK, 0);
  view.setUint16(tcp + TCP.WINDOW, Math.min(BUFFER, 0xffff)); // never scaled (RFC 7323, 2.2)
  const options = writeOptions(view, tcp + TCP_HEADER, {
    mss: ownMss(c.guest.length),
    shift: c.rcvShift === 0 ? undefined : WINDOW_SHIFT,
  });
  view.setUint8(tcp + TCP.OFFSET, TCP_HEADER + options << 2);
  finish(stack, c, tcp, tcp + TCP_HEADER + options);
  c.sndNxt = c.sndMax = (c.iss + 1) | 0;
  c.rcvAdv = (c.rcvNxt + Math.min(BUFFER, 0xffff)) | 0;
  c.retransmitAt = stack.timers.now() + c.rto;
  stack.timers.by(c.retransmitAt);
}

// The two below have more parameters than is usual here: an options object for each segment would be garbage.

function segmentOut(
  stack: Stack,
  c: Connection,
  seq: number,
  flags: number,
  offset: number,
  count: number,
): void {
  if (count > c.mss) stack.queue.beginLarge(c.mss);
  else stack.queue.begin();
  const tcp = begin(stack, c, seq, flags);
  if (count > 0) c.send!.get(offset, count, stack.queue.bytes, tcp + TCP_HEADER);
  c.ackNow = false;
  finish(stack, c, tcp, tcp + TCP_HEADER + count, count > c.mss);
}

/** Begins the segment in the frame that was begun; gives where its header is. */
function begin(stack: Stack, c: Connection, seq: number, flags: number): number {
  const { queue } = stack;
  queue.bytes.set(c.header);
  const { view } = queue, tcp = c.header.length - TCP_HEADER;
  view.setUint32(tcp + TCP.SEQ, seq);
  view.setUint32(tcp + TCP.ACK, c.rcvNxt);
  view.setUint16(tcp + TCP.OFFSET, TCP_HEADER << 10 | flags);
  view.setUint16(tcp + TCP.WINDOW, windowField(c));
  return tcp;
}

/** The window to announce. Its edge moves in steps that are worth a segment (RFC 9293, 3.8.6.2.2). */
function windowField(c: Connection): number {
  const edge = (c.rcvNxt + (c.receive?.room ?? 0)) | 0;
  if (ahead(edge, c.rcvAdv) >= Math.min(BUFFER / 2, c.mss)) c.rcvAdv = edge;
  const window = Math.max(0, ahead(c.rcvAdv, c.rcvNxt));
  return Math.min(0xffff, window >> c.rcvShift);
}

/** Lengths and checksums, and out. That of a large segment is only begun. */
function finish(stack: Stack, c: Connection, tcp: number, end: number, large = false): void {
  const { view } = stack.queue;
  if (c.guest.length === SIZE.V4) {
    const length = end - ETHERNET_HEADER, id = stack.nextId++ & 0xffff;
    view.setUint16(ETHERNET_HEADER + V4.LENGTH, length);
    view.setUint16(ETHERNET_HEADER + V4.ID, id);
    view.setUint16(ETHERNET_HEADER + V4.CHECKSUM, checksum(c.headerSum + length + id));
  } else view.setUint16(ETHERNET_HEADER + V6.LENGTH, end - tcp);
  const sum = large
    ? fold(c.pseudoSum - c.guestPort - c.remotePort + end - tcp)
    : checksum(sumOf(view, tcp + TCP.SEQ, end, c.pseudoSum + end - tcp));
  view.setUint16(tcp + TCP.CHECKSUM, sum);
  transmit(stack, end, c.guest);
}

/** Answers a segment that belongs to no connection (RFC 9293, 3.10.7.1). */
export function refuse(stack: Stack, packet: Packet): void {
  const { bytes, view, payload: at, end } = packet;
  const flags = bytes[at + TCP.FLAGS];
  if ((flags & FLAG.RST) !== 0 || packet.group) return;
  const length = end - at - 4 * (bytes[at + TCP.OFFSET] >> 4) + (flags & FLAG.SYN ? 1 : 0) +
    (flags & FLAG.FIN ? 1 : 0);
  const segment = new Uint8Array(TCP_HEADER);
  const out = new DataView(segment.buffer);
  out.setUint16(TCP.SOURCE, view.getUint16(at + TCP.TARGET));
  out.setUint16(TCP.TARGET, view.getUint16(at + TCP.SOURCE));
  const acknowledged = (flags & FLAG.ACK) !== 0;
  if (acknowledged) out.setUint32(TCP.SEQ, view.getUint32(at + TCP.ACK));
  else out.setUint32(TCP.ACK, view.getUint32(at + TCP.SEQ) + length);
  out.setUint16(TCP.OFFSET, TCP_HEADER << 10 | FLAG.RST | (acknowledged ? 0 : FLAG.ACK));
  const envelope = { source: destinationOf(packet), target: sourceOf(packet), protocol: PROTOCOL.TCP };
  const pseudo = sumOfBytes(envelope.source, sumOfBytes(envelope.target, TCP_HEADER + PROTOCOL.TCP));
  out.setUint16(TCP.CHECKSUM, checksum(fold(sumOf(out, 0, TCP_HEADER, pseudo))));
  if (packet.size === SIZE.V4) sendV4(stack, envelope, segment);
  else sendV6(stack, envelope, segment);
}

/** Takes a round trip into account (RFC 6298, 2). */
export function measured(c: Connection, time: number): void {
  if (c.srtt === 0) {
    c.srtt = time;
    c.rttvar = time / 2;
  } else {
    c.rttvar = 0.75 * c.rttvar + 0.25 * Math.abs(c.srtt - time);
    c.srtt = 0.875 * c.srtt + 0.125 * time;
  }
  c.rto = Math.min(RTO.MOST, Math.max(RTO.LEAST, c.srtt + 4 * c.rttvar));
}
