import { type Address, type Endpoint, sameAddress, SIZE } from "./address.ts";
import { isRight } from "./checksum.ts";
import { DNS_PORT } from "./dns.ts";
import { ConnectError, type ConnectFailure, type HostStream, type Incoming } from "./host_network.ts";
import { icmpError, UNREACHABLE } from "./icmp.ts";
import { icmpV6Error, pseudoSum, UNREACHABLE_V6 } from "./icmpv6.ts";
import { hasSender } from "./ipv4.ts";
import { destinationOf, type Packet, packetIn, PROTOCOL, sourceOf } from "./packet.ts";
import { Ring } from "./ring.ts";
import { guestAddress, hostTarget, isDns } from "./routes.ts";
import type { Stack } from "./stack.ts";
import { newConnection } from "./tcp_connection.ts";
import { agree, segmentIn } from "./tcp_input.ts";
import { closed } from "./tcp_life.ts";
import { refuse, sendSyn } from "./tcp_output.ts";
import {
  ahead,
  BUFFER,
  type Connection,
  CONNECTIONS,
  FLAG,
  OPENING_CONNECTIONS,
  STATE,
  TCP,
  TCP_HEADER,
  WINDOW_SHIFT,
} from "./tcp_state.ts";

/** The Transmission Control Protocol (RFC 9293): the guest's connections end here, and go on at the host's. */
export function tcpInput(stack: Stack, packet: Packet): void {
  const { bytes, view, payload: at, end } = packet;
  if (packet.group || !hasSender(packet) || end - at < TCP_HEADER) return;
  const headerLength = 4 * (bytes[at + TCP.OFFSET] >> 4);
  if (headerLength < TCP_HEADER || headerLength > end - at) return;
  if (!packet.large && !isRight(pseudoSum(packet, PROTOCOL.TCP))) return;
  const c = stack.connections.find(packet);
  const opens = (bytes[at + TCP.FLAGS] & (FLAG.SYN | FLAG.ACK | FLAG.RST)) === FLAG.SYN;
  if (c && !(opens && isPast(c, view.getInt32(at + TCP.SEQ)))) return segmentIn(stack, c, packet);
  if (c) closed(stack, c);
  if (opens) open(stack, packet);
  else refuse(stack, packet);
}

/** Whether a new connection may take the place of an old one with the same ends (RFC 9293, 3.6.1). */
function isPast({ state, rcvNxt }: Connection, seq: number): boolean {
  return state === STATE.DRAINING || state === STATE.TIME_WAIT && ahead(seq, rcvNxt) > 0;
}

/** What the guest wants to be connected to. */
type Opener = (signal: AbortSignal) => Promise<HostStream>;

function openerFor(stack: Stack, address: Address, port: number): Opener | ConnectFailure {
  const forward = stack.guestForwards.find((one) => one.port === port && sameAddress(one.address, address));
  if (forward) return (signal) => Promise.resolve(forward.open(signal));
  if (stack.settings.restrict) return "refused";
  if (isDns(stack, address)) {
    const [resolver] = port === DNS_PORT ? stack.host.resolvers() : [];
    return resolver ? (signal) => stack.host.connect(resolver, signal) : "refused";
  }
  const to = hostTarget(stack, address, port);
  return to ? (signal) => stack.host.connect(to, signal) : "host-unreachable";
}

/** The guest connects. */
function open(stack: Stack, packet: Packet): void {
  const { view, bytes, payload: at, header } = packet;
  const guest = { address: sourceOf(packet), port: view.getUint16(at + TCP.SOURCE) };
  const remote = { address: destinationOf(packet), port: view.getUint16(at + TCP.TARGET) };
  const quote = bytes.slice(header, at + 4 * (bytes[at + TCP.OFFSET] >> 4));
  const opener = openerFor(stack, remote.address, remote.port);
  if (typeof opener === "string") return tellFailure(stack, quote, { failure: opener, packet });
  if (guest.port === 0 || !makeRoom(stack)) return refuse(stack, packet);
  const c = newConnection(stack, guest, remote);
  agree(c, packet);
  c.rcvNxt = (view.getInt32(at + TCP.SEQ) + 1) | 0;
  const abort = c.abort = new AbortController();
  const shape = { ...packet, bytes: quote };
  Promise.resolve().then(() => opener(abort.signal)).then((stream) => {
    if (c.state !== STATE.OPENING) return stream.close();
    c.abort = undefined;
    attach(c, stream);
    c.state = STATE.SYN_RECEIVED;
    sendSyn(stack, c);
  }, (error) => {
    if (c.state !== STATE.OPENING) return;
    const failure = error instanceof ConnectError ? error.failure : "refused";
    closed(stack, c);
    tellFailure(stack, quote, { failure, packet: shape });
  });
}

function attach(c: Connection, stream: HostStream): void {
  c.stream = stream;
  c.send = new Ring(BUFFER);
  c.receive = new Ring(BUFFER);
}

/** Tells the guest why its connection could not be made; `quote` holds the headers of its SYN. */
function tellFailure(
  stack: Stack,
  quote: Uint8Array<ArrayBuffer>,
  { failure, packet }: { readonly failure: ConnectFailure; readonly packet: Packet },
): void {
  const { size, header, addresses, payload, hops } = packet;
  const syn: Packet = {
    ...packetIn(quote),
    size,
    hops,
    addresses: addresses - header,
    payload: payload - header,
    protocol: PROTOCOL.TCP,
    end: quote.length,
  };
  if (failure === "refused") refuse(stack, syn);
  else if (size === SIZE.V6) {
    icmpV6Error(
      stack,
      syn,
      failure === "host-unreachable" ? UNREACHABLE_V6.ADDRESS : UNREACHABLE_V6.NO_ROUTE,
    );
  } else icmpError(stack, syn, failure === "host-unreachable" ? UNREACHABLE.HOST : UNREACHABLE.NET);
}

/** Somebody at the host connects to the guest. False if there is no room, or the same connection exists. */
export function openToGuest(stack: Stack, { stream, from }: Incoming, guest: Endpoint): boolean {
  const address = guestAddress(stack, from.address);
  if (address.length !== guest.address.length || !makeRoom(stack)) return false;
  for (const c of stack.connections.all()) {
    if (c.remotePort !== from.port || c.guestPort !== guest.port) continue;
    if (!sameAddress(c.remote, address) || !sameAddress(c.guest, guest.address)) continue;
    if (c.state < STATE.TIME_WAIT) return false;
    closed(stack, c);
  }
  const c = newConnection(stack, guest, { address, port: from.port });
  attach(c, stream);
  c.state = STATE.SYN_SENT;
  c.rcvShift = WINDOW_SHIFT; // offered; the guest's SYN decides
  sendSyn(stack, c);
  return true;
}

/** Sees to it that one more connection fits: those that only wait give way. */
function makeRoom(stack: Stack): boolean {
  let opening = 0, oldest: Connection | undefined;
  for (const c of stack.connections.all()) {
    if (c.state < STATE.ESTABLISHED) opening++;
    else if (c.state >= STATE.TIME_WAIT && (!oldest || c.waitUntil < oldest.waitUntil)) oldest = c;
  }
  if (opening >= OPENING_CONNECTIONS) return false;
  if (stack.connections.size < CONNECTIONS) return true;
  if (!oldest) return false;
  closed(stack, oldest);
  return true;
}

export function closeConnections(stack: Stack): void {
  for (const c of stack.connections.all()) closed(stack, c);
}
