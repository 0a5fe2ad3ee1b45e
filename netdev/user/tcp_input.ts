import { NEVER } from "@emu/core";
import type { Packet } from "./packet.ts";
import type { Stack } from "./stack.ts";
import { closed, established, finished, shutHost, touch, waitTime, writeHost } from "./tcp_life.ts";
import { joinRanges, noteRange } from "./tcp_holes.ts";
import { readOptions } from "./tcp_options.ts";
import { measured, ownMss, refuse, resendOldest, sendAck, sendSyn } from "./tcp_output.ts";
import { ahead, BUFFER, type Connection, FLAG, KEEP_ALIVE, STATE, TCP, WINDOW_SHIFT } from "./tcp_state.ts";

/** Duplicate acknowledgements that mean a loss (RFC 5681, 3.2). */
const DUPLICATES = 3;

/** A segment of a connection, whose length and checksum are right (RFC 9293, 3.10.7). */
export function segmentIn(stack: Stack, c: Connection, packet: Packet): void {
  const { bytes, view, payload: at } = packet;
  const flags = bytes[at + TCP.FLAGS];
  let seq = view.getInt32(at + TCP.SEQ);
  if (c.state === STATE.OPENING) {
    if (flags & FLAG.RST && Math.abs(ahead(seq, c.rcvNxt)) <= 1) closed(stack, c);
    return;
  }
  if (c.state > STATE.TIME_WAIT || c.state === STATE.CLOSED) return;
  if (c.state === STATE.SYN_SENT) return synSent(stack, c, packet);
  if (flags & FLAG.RST) {
    if (seq === c.rcvNxt) closed(stack, c);
    else if (ahead(seq, c.rcvNxt) > 0 && ahead(seq, c.rcvAdv) < 0) sendAck(stack, c); // RFC 5961, 3.2
    return;
  }
  if (flags & FLAG.SYN) {
    if (c.state === STATE.SYN_RECEIVED && seq === ((c.rcvNxt - 1) | 0)) sendSyn(stack, c);
    else sendAck(stack, c); // RFC 5961, 4.2
    return;
  }
  let start = at + 4 * (bytes[at + TCP.OFFSET] >> 4), end = packet.end;
  let fin = (flags & FLAG.FIN) !== 0;
  const old = ahead(c.rcvNxt, seq);
  if (old > 0) {
    if (old > BUFFER) return sendAck(stack, c);
    if (old >= end - start + (fin ? 1 : 0)) {
      acknowledge(stack, c);
      if (fin && c.state === STATE.TIME_WAIT) waitTime(stack, c);
      start = end;
      fin = false;
    } else start += old;
    seq = c.rcvNxt;
  }
  const over = ahead(seq, c.rcvNxt) + end - start - (c.receive?.room ?? 0);
  if (over > 0) {
    acknowledge(stack, c);
    if (over > end - start) return;
    end -= over;
    fin = false;
  }
  if (!(flags & FLAG.ACK)) return;
  if (!acknowledged(stack, c, packet, { seq, empty: start === end && !fin })) return;
  c.probes = 0;
  c.aliveAt = stack.timers.now() + KEEP_ALIVE.IDLE;
  const takes = c.state === STATE.ESTABLISHED || c.state === STATE.FIN_WAIT_1 || c.state === STATE.FIN_WAIT_2;
  if (takes && (start < end || fin)) take(stack, c, { seq, bytes, start, end, fin });
  // The guest asks for it to be handed on at once (RFC 9293, 3.9.1), and its slice may last.
  if (flags & FLAG.PSH) writeHost(c);
}

function acknowledge(stack: Stack, c: Connection): void {
  c.ackNow = true;
  touch(stack, c);
}

function synSent(stack: Stack, c: Connection, packet: Packet): void {
  const { bytes, view, payload: at } = packet;
  const flags = bytes[at + TCP.FLAGS], ack = view.getInt32(at + TCP.ACK);
  if (flags & FLAG.ACK && ack !== c.sndNxt) return refuse(stack, packet);
  if (flags & FLAG.RST) return flags & FLAG.ACK ? closed(stack, c) : undefined;
  if (!(flags & FLAG.SYN)) return;
  agree(c, packet);
  c.rcvNxt = (view.getInt32(at + TCP.SEQ) + 1) | 0;
  if (!(flags & FLAG.ACK)) {
    c.state = STATE.SYN_RECEIVED; // both began at a time (RFC 9293, 3.5)
    return sendSyn(stack, c);
  }
  c.rcvAdv = (c.rcvNxt + 0xffff) | 0;
  established(stack, c);
  acknowledge(stack, c);
}

/** Takes up what the guest's SYN says. */
export function agree(c: Connection, { bytes, view, payload: at }: Packet): void {
  const { mss, shift } = readOptions(bytes, at);
  c.mss = Math.min(mss ?? c.mss, ownMss(c.guest.length));
  c.sndShift = shift ?? 0;
  c.rcvShift = shift === undefined ? 0 : WINDOW_SHIFT;
  c.sndWnd = c.largestWnd = view.getUint16(at + TCP.WINDOW);
  c.sndWl1 = view.getInt32(at + TCP.SEQ);
  c.sndWl2 = c.iss;
  c.cwnd = Math.min(10 * c.mss, Math.max(2 * c.mss, 14600)); // RFC 6928
}

/** Takes the acknowledgement and the window of a segment. False if the segment ends here. */
function acknowledged(
  stack: Stack,
  c: Connection,
  packet: Packet,
  { seq, empty }: { readonly seq: number; readonly empty: boolean },
): boolean {
  const { view, payload: at } = packet;
  const ack = view.getInt32(at + TCP.ACK);
  if (c.state === STATE.SYN_RECEIVED) {
    if (ack !== c.sndNxt) {
      refuse(stack, packet);
      return false;
    }
    established(stack, c);
  }
  if (ahead(ack, c.sndMax) > 0) {
    acknowledge(stack, c);
    return false;
  }
  const window = view.getUint16(at + TCP.WINDOW) << c.sndShift;
  const count = ahead(ack, c.sndUna);
  if (count > 0) advance(stack, c, ack);
  else if (count === 0 && empty && window === c.sndWnd && ahead(c.sndNxt, c.sndUna) > 0) duplicate(stack, c);
  if (ahead(seq, c.sndWl1) > 0 || seq === c.sndWl1 && ahead(ack, c.sndWl2) >= 0) {
    if (window > c.sndWnd) {
      c.persistAt = NEVER;
      touch(stack, c);
    }
    c.sndWnd = window;
    c.largestWnd = Math.max(c.largestWnd, window);
    c.sndWl1 = seq;
    c.sndWl2 = ack;
  }
  return c.state !== STATE.CLOSED && c.state <= STATE.TIME_WAIT;
}

/** New data was acknowledged. */
function advance(stack: Stack, c: Connection, ack: number): void {
  const now = stack.timers.now();
  const count = ahead(ack, c.sndUna), length = c.send?.length ?? 0;
  c.send?.remove(Math.min(count, length));
  c.sndUna = ack;
  if (ahead(c.sndNxt, ack) < 0) c.sndNxt = ack;
  if (c.timedAt !== NEVER && ahead(ack, c.timedSeq) >= 0) {
    measured(c, now - c.timedAt);
    c.timedAt = NEVER;
  }
  c.retries = 0;
  c.retransmitAt = c.sndNxt === ack ? NEVER : now + c.rto;
  stack.timers.by(c.retransmitAt);
  grow(stack, c, count);
  touch(stack, c);
  if (count <= length) return;
  // The guest has our FIN.
  c.send = undefined;
  if (c.state === STATE.FIN_WAIT_1) c.state = STATE.FIN_WAIT_2;
  else if (c.state === STATE.CLOSING) waitTime(stack, c);
  else if (c.state === STATE.LAST_ACK) finished(stack, c);
}

/** Slow start, congestion avoidance (RFC 5681, 3.1), and the way out of a recovery (RFC 6582, 3.2). */
function grow(stack: Stack, c: Connection, count: number): void {
  c.duplicateAcks = 0;
  if (c.recovering) {
    if (ahead(c.sndUna, c.recover) < 0) {
      c.cwnd = Math.max(c.mss, c.cwnd - count + c.mss);
      return resendOldest(stack, c);
    }
    c.recovering = false;
    c.cwnd = c.ssthresh;
  } else if (c.cwnd < 4 * BUFFER) {
    // What large segments acknowledge at once counts in full: nothing between here and the guest can be congested.
    c.cwnd += c.cwnd < c.ssthresh ? count : Math.max(1, Math.floor(c.mss * c.mss / c.cwnd));
  }
}

function duplicate(stack: Stack, c: Connection): void {
  c.duplicateAcks++;
  if (c.recovering) {
    c.cwnd = Math.min(4 * BUFFER, c.cwnd + c.mss);
    touch(stack, c);
  } else if (c.duplicateAcks === DUPLICATES) {
    c.ssthresh = Math.max(2 * c.mss, Math.floor(ahead(c.sndNxt, c.sndUna) / 2));
    c.cwnd = c.ssthresh + DUPLICATES * c.mss;
    c.recover = c.sndMax;
    c.recovering = true;
    resendOldest(stack, c);
  }
}

interface Text {
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly fin: boolean;
}

/** Takes data that lies in the window. */
function take(stack: Stack, c: Connection, { seq, bytes, start, end, fin }: Text): void {
  const { receive } = c;
  if (!receive || c.finReceived) return;
  const offset = ahead(seq, c.rcvNxt), count = end - start;
  if (offset > 0) {
    if (count > 0 && noteRange(c, seq, (seq + count) | 0)) {
      receive.put(receive.length + offset, bytes, start, end);
    }
    if (fin) c.finAt ??= (seq + count) | 0;
    return sendAck(stack, c); // at once: three of them tell the guest what is missing
  }
  if (count > 0) {
    receive.put(receive.length, bytes, start, end);
    c.rcvNxt = (c.rcvNxt + count) | 0;
    const joined = c.holeCount > 0 ? joinRanges(c) : 0;
    c.rcvNxt = (c.rcvNxt + joined) | 0;
    receive.add(count + joined);
  }
  if (fin) c.finAt ??= (seq + count) | 0;
  if (c.finAt !== undefined && c.finAt === c.rcvNxt) finIn(stack, c);
  acknowledge(stack, c);
}

/** All that the guest had to say is here. */
function finIn(stack: Stack, c: Connection): void {
  c.finReceived = true;
  c.rcvNxt = (c.rcvNxt + 1) | 0;
  if (c.state === STATE.ESTABLISHED) c.state = STATE.CLOSE_WAIT;
  else if (c.state === STATE.FIN_WAIT_1) c.state = STATE.CLOSING;
  else if (c.state === STATE.FIN_WAIT_2) waitTime(stack, c);
  shutHost(stack, c);
}
