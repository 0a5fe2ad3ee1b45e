import { NEVER } from "@emu/core";
import type { Stack } from "./stack.ts";
import { sendReset } from "./tcp_output.ts";
import { ahead, BUFFER, type Connection, KEEP_ALIVE, STATE, TIME_WAIT } from "./tcp_state.ts";

/** The host is asked for more when there is this much room. */
const LEAST_READ = BUFFER / 8;

/** Has a connection looked at in the next turn: for what there is to send, read and write. */
export function touch(stack: Stack, c: Connection): void {
  if (!c.listed) {
    c.listed = true;
    stack.touched.push(c);
  }
  stack.schedule();
}

/** The guest has acknowledged our SYN. */
export function established(stack: Stack, c: Connection): void {
  const now = stack.timers.now();
  c.state = STATE.ESTABLISHED;
  c.sndUna = (c.iss + 1) | 0;
  c.retransmitAt = NEVER;
  c.retries = 0;
  c.quote = undefined;
  c.aliveAt = now + KEEP_ALIVE.IDLE;
  stack.timers.by(c.aliveAt);
  touch(stack, c);
}

/** Passes bytes between the buffers and the host's side. */
export function pumpHost(stack: Stack, c: Connection): void {
  const { stream, send } = c;
  if (!stream || c.state < STATE.ESTABLISHED) return;
  writeHost(c);
  if (!c.reading && !c.hostEnded && send && send.room >= LEAST_READ) {
    c.reading = true;
    stream.read(send.free()).then(c.onRead, c.onFailed);
  }
  shutHost(stack, c);
}

/** Begins to write what the guest sent, unless a write is under way. */
export function writeHost(c: Connection): void {
  const { stream, receive } = c;
  if (c.writing || !stream || !receive || receive.length === 0) return;
  c.writing = true;
  stream.write(receive.oldest()).then(c.onWritten, c.onFailed);
}

/** The host sent `count` bytes, or null: no more. */
export function hostRead(stack: Stack, c: Connection, count: number | null): void {
  c.reading = false;
  if (!c.stream) return;
  if (count === null) {
    c.hostEnded = c.finQueued = true;
    settle(stack, c);
  } else c.send?.add(count);
  touch(stack, c);
}

/** The host took `count` bytes. */
export function hostWrote(stack: Stack, c: Connection, count: number): void {
  c.writing = false;
  const { receive } = c;
  if (!c.stream || !receive) return;
  receive.remove(count);
  const grown = ahead((c.rcvNxt + receive.room) | 0, c.rcvAdv);
  if (grown >= Math.min(BUFFER / 2, 2 * c.mss) && !c.finReceived) c.ackNow = true;
  touch(stack, c);
}

/** The host's side broke. */
export function hostFailed(stack: Stack, c: Connection): void {
  c.reading = c.writing = false;
  if (!c.stream) return;
  if (c.state < STATE.TIME_WAIT) sendReset(stack, c);
  closed(stack, c);
}

/** Ends the direction to the host when the guest has ended it and everything is written. */
export function shutHost(stack: Stack, c: Connection): void {
  if (!c.finReceived || c.hostShut || c.writing || !c.stream || c.receive && c.receive.length > 0) return;
  c.hostShut = true;
  c.stream.closeWrite().catch(() => {}); // the other side may be gone: reading tells
  settle(stack, c);
}

/** Lets go of the host's side when both directions have ended. */
function settle(stack: Stack, c: Connection): void {
  if (!c.hostEnded || !c.hostShut) return;
  c.stream?.close();
  c.stream = undefined;
  c.receive = undefined;
  if (c.state === STATE.DRAINING) closed(stack, c);
}

/** The guest has everything and has said everything. */
export function finished(stack: Stack, c: Connection): void {
  c.retransmitAt =
    c.persistAt =
    c.aliveAt =
    c.waitUntil =
      NEVER;
  if (c.stream) c.state = STATE.DRAINING;
  else closed(stack, c);
}

/** The guest may have missed the end: its FIN is answered for a while. */
export function waitTime(stack: Stack, c: Connection): void {
  c.state = STATE.TIME_WAIT;
  c.retransmitAt = c.persistAt = c.aliveAt = NEVER;
  c.waitUntil = stack.timers.now() + TIME_WAIT;
  stack.timers.by(c.waitUntil);
}

/** Ends a connection here and at the host. */
export function closed(stack: Stack, c: Connection): void {
  if (c.state === STATE.CLOSED) return;
  c.state = STATE.CLOSED;
  stack.connections.remove(c);
  c.abort?.abort();
  c.stream?.close();
  c.abort =
    c.stream =
    c.send =
    c.receive =
    c.quote =
      undefined;
}
