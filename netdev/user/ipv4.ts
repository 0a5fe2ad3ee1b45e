import { type Address, addressAt, ANY_V4, isMulticast, sameAddress, sameNetwork } from "./address.ts";
import { isOurs } from "./arp.ts";
import { checksum, isRight, sumOf } from "./checksum.ts";
import { ETHERTYPE, transmit, transmitTo } from "./ethernet.ts";
import { ETHERNET_HEADER, MTU } from "./frame_queue.ts";
import { icmpError, icmpInput, TIME_EXCEEDED, UNREACHABLE } from "./icmp.ts";
import { destinationOf, type Packet, PROTOCOL } from "./packet.ts";
import type { Stack } from "./stack.ts";
import { tcpInput } from "./tcp.ts";
import { udpInput } from "./udp.ts";

/** The Internet Protocol, version 4 (RFC 791). */
const AT = {
  LENGTH: 2,
  ID: 4,
  FRAGMENT: 6,
  TTL: 8,
  PROTOCOL: 9,
  CHECKSUM: 10,
  SOURCE: 12,
  TARGET: 16,
} as const;
const FRAGMENT = { DONT: 0x4000, MORE: 0x2000, OFFSET: 0x1fff } as const;
export const IPV4_HEADER = 20;
const OPTION = { END: 0, NOP: 1, LOOSE_ROUTE: 131, STRICT_ROUTE: 137 } as const;
export const DEFAULT_HOPS = 64;

/** A packet from the guest, at `packet.header`. */
export function ipv4Input(stack: Stack, packet: Packet): void {
  const { bytes, view, header: at } = packet;
  if (packet.end - at < IPV4_HEADER || bytes[at] >> 4 !== 4) return;
  const headerLength = 4 * (bytes[at] & 15), length = view.getUint16(at + AT.LENGTH);
  if (headerLength < IPV4_HEADER || length < headerLength || length > packet.end - at) return;
  if (!packet.large && !isRight(sumOf(view, at, at + headerLength))) return;
  if (headerLength > IPV4_HEADER && !hasFairOptions(bytes, at + IPV4_HEADER, at + headerLength)) return;
  packet.size = 4;
  packet.addresses = at + AT.SOURCE;
  packet.protocol = bytes[at + AT.PROTOCOL];
  packet.hops = bytes[at + AT.TTL];
  packet.payload = at + headerLength;
  packet.end = at + length;
  if (!isFairSource(stack, bytes.subarray(at + AT.SOURCE, at + AT.TARGET))) return;
  const fragment = view.getUint16(at + AT.FRAGMENT);
  if ((fragment & (FRAGMENT.MORE | FRAGMENT.OFFSET)) === 0) return dispatch(stack, packet);
  const whole = stack.reassembly.add(packet, {
    id: view.getUint16(at + AT.ID),
    offset: 8 * (fragment & FRAGMENT.OFFSET),
    more: (fragment & FRAGMENT.MORE) !== 0,
    headerLength: IPV4_HEADER,
  }, stack.timers.now());
  stack.timers.by(stack.reassembly.tick(stack.timers.now()));
  if (!whole) return;
  whole.bytes[whole.header] = 0x45;
  whole.view.setUint16(whole.header + AT.LENGTH, whole.end - whole.header);
  whole.view.setUint16(whole.header + AT.FRAGMENT, 0);
  dispatch(stack, whole);
}

/** Whether options are well formed, and none asks for a route (RFC 7126). */
function hasFairOptions(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end && bytes[at] !== OPTION.END;) {
    if (bytes[at] === OPTION.NOP) {
      at++;
      continue;
    }
    if (bytes[at] === OPTION.LOOSE_ROUTE || bytes[at] === OPTION.STRICT_ROUTE) return false;
    const length = at + 1 < end ? bytes[at + 1] : 0;
    if (length < 2 || at + length > end) return false;
    at += length;
  }
  return true;
}

/** Guests have an address of the network, or none yet. */
function isFairSource(stack: Stack, source: Uint8Array): boolean {
  const { network, bits } = stack.settings;
  return sameAddress(source, ANY_V4) || sameNetwork(source, network, bits) && !isOurs(stack, source);
}

/** Whether an answer to a packet can reach its sender. */
export function hasSender({ bytes, addresses, size }: Packet): boolean {
  for (let i = 0; i < size; i++) if (bytes[addresses + i] !== 0) return true;
  return false;
}

function dispatch(stack: Stack, packet: Packet): void {
  const { network, bits } = stack.settings;
  const target = destinationOf(packet);
  const outward = !sameNetwork(target, network, bits) && !isMulticast(target) && target[0] !== 255;
  if (packet.hops <= 1 && outward) return icmpError(stack, packet, TIME_EXCEEDED.TRANSIT);
  if (packet.protocol === PROTOCOL.TCP) tcpInput(stack, packet);
  else if (packet.protocol === PROTOCOL.UDP) udpInput(stack, packet);
  else if (packet.protocol === PROTOCOL.ICMP) icmpInput(stack, packet);
  else icmpError(stack, packet, UNREACHABLE.PROTOCOL);
}

/** What stands on the outside of a datagram. */
export interface Envelope {
  readonly source: Address;
  readonly target: Address;
  readonly protocol: number;
  /** Where it goes, if not to whoever has the target address. */
  readonly mac?: Uint8Array | undefined;
  readonly hops?: number;
}

/** Sends a datagram, in fragments if it is too long for one frame. */
export function sendV4(stack: Stack, envelope: Envelope, payload: Uint8Array): void {
  const room = MTU - IPV4_HEADER & ~7;
  const id = stack.nextId++ & 0xffff;
  let offset = 0;
  do {
    const end = payload.length - offset <= MTU - IPV4_HEADER ? payload.length : offset + room;
    stack.queue.begin();
    const { bytes, view } = stack.queue;
    const length = IPV4_HEADER + end - offset;
    bytes.set(payload.subarray(offset, end), ETHERNET_HEADER + IPV4_HEADER);
    writeV4Header(view, envelope, {
      length,
      id,
      fragment: (end < payload.length ? FRAGMENT.MORE : 0) | offset >> 3,
    });
    const frame = ETHERNET_HEADER + length;
    if (envelope.mac) transmitTo(stack, { length: frame, type: ETHERTYPE.IPV4, mac: envelope.mac });
    else transmit(stack, frame, envelope.target);
    offset = end;
  } while (offset < payload.length);
}

/** Writes a header behind the Ethernet's. */
export function writeV4Header(
  view: DataView,
  { source, target, protocol, hops = DEFAULT_HOPS }: Envelope,
  { length, id, fragment }: { readonly length: number; readonly id: number; readonly fragment: number },
): void {
  const at = ETHERNET_HEADER;
  view.setUint16(at, 0x4500);
  view.setUint16(at + AT.LENGTH, length);
  view.setUint16(at + AT.ID, id);
  view.setUint16(at + AT.FRAGMENT, fragment);
  view.setUint8(at + AT.TTL, hops);
  view.setUint8(at + AT.PROTOCOL, protocol);
  view.setUint16(at + AT.CHECKSUM, 0);
  for (let i = 0; i < 4; i++) {
    view.setUint8(at + AT.SOURCE + i, source[i]);
    view.setUint8(at + AT.TARGET + i, target[i]);
  }
  view.setUint16(at + AT.CHECKSUM, checksum(sumOf(view, at, at + IPV4_HEADER)));
}

/** Whether a packet came to one of the addresses that stand for the host itself. */
export function isToHost({ settings }: Stack, { bytes, addresses, size }: Packet): boolean {
  const at = addresses + size;
  if (size === 4) return addressAt(bytes, at, settings.host);
  return addressAt(bytes, at, settings.host6) || addressAt(bytes, at, settings.router6);
}
