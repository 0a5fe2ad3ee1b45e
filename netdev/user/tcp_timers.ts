import { NEVER } from "@emu/core";
import type { Stack } from "./stack.ts";
import { closed, finished, touch } from "./tcp_life.ts";
import { output, probeAlive, probeWindow, sendReset, sendSyn } from "./tcp_output.ts";
import { ahead, type Connection, KEEP_ALIVE, RETRANSMISSIONS, RTO, STATE, SYN_RETRIES } from "./tcp_state.ts";

/** Does what is due for all connections; gives when to look again. */
export function tcpTick(stack: Stack, now: number): number {
  let next = NEVER;
  for (const c of stack.connections.all()) {
    if (c.retransmitAt <= now) retransmit(stack, c, now);
    if (c.persistAt <= now) persist(stack, c, now);
    if (c.aliveAt <= now) askAlive(stack, c, now);
    if (c.waitUntil <= now) finished(stack, c);
    if (c.state === STATE.CLOSED) continue;
    next = Math.min(next, c.retransmitAt, c.persistAt, c.aliveAt, c.waitUntil);
  }
  return next;
}

/** Nothing was acknowledged for too long: from the oldest on everything is sent again, slowly (RFC 6298, 5). */
function retransmit(stack: Stack, c: Connection, now: number): void {
  c.retransmitAt = NEVER;
  const opening = c.state < STATE.ESTABLISHED;
  if (++c.retries > (opening ? SYN_RETRIES : RETRANSMISSIONS)) return giveUp(stack, c);
  c.rto = Math.min(RTO.MOST, 2 * c.rto);
  c.timedAt = NEVER;
  if (opening) return sendSyn(stack, c);
  c.ssthresh = Math.max(2 * c.mss, Math.floor(ahead(c.sndNxt, c.sndUna) / 2));
  c.cwnd = c.mss;
  c.recovering = false;
  c.sndNxt = c.sndUna;
  c.retransmitAt = now + c.rto;
  if (!output(stack, c)) touch(stack, c);
}

/** The guest's window has been closed for long: ask (RFC 9293, 3.8.6.1). It may stay closed as long as it answers. */
function persist(stack: Stack, c: Connection, now: number): void {
  if (++c.probes > RETRANSMISSIONS) return giveUp(stack, c);
  probeWindow(stack, c);
  c.persistAt = now + Math.min(RTO.MOST, c.rto * 2 ** c.probes);
}

function askAlive(stack: Stack, c: Connection, now: number): void {
  if (++c.probes > KEEP_ALIVE.PROBES) return giveUp(stack, c);
  probeAlive(stack, c);
  c.aliveAt = now + KEEP_ALIVE.INTERVAL;
}

function giveUp(stack: Stack, c: Connection): void {
  sendReset(stack, c);
  closed(stack, c);
}
