import { isMapped, isMulticast, sameAddress, sameNetwork, SIZE } from "./address.ts";
import { ETHERTYPE, transmit, transmitTo } from "./ethernet.ts";
import { ETHERNET_HEADER, MTU } from "./frame_queue.ts";
import { icmpV6Error, icmpV6Input, PARAMETER_PROBLEM, TIME_EXCEEDED_V6 } from "./icmpv6.ts";
import { DEFAULT_HOPS, type Envelope } from "./ipv4.ts";
import { type Packet, PROTOCOL } from "./packet.ts";
import type { Stack } from "./stack.ts";
import { tcpInput } from "./tcp.ts";
import { udpInput } from "./udp.ts";

/** The Internet Protocol, version 6 (RFC 8200). */
const AT = { LENGTH: 4, NEXT: 6, HOPS: 7, SOURCE: 8, TARGET: 24 } as const;
export const IPV6_HEADER = 40;
const FRAGMENT_HEADER = 8;
/** Extension headers looked through in one packet. */
export const EXTENSION_HEADERS = 8;
const LINK_LOCAL = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
const LINK_LOCAL_BITS = 10;

export function isLinkLocal(address: Uint8Array): boolean {
  return sameNetwork(address, LINK_LOCAL, LINK_LOCAL_BITS);
}

/** A packet from the guest, at `packet.header`. */
export function ipv6Input(stack: Stack, packet: Packet): void {
  const { bytes, view, header: at } = packet;
  if (packet.end - at < IPV6_HEADER || bytes[at] >> 4 !== 6) return;
  const length = view.getUint16(at + AT.LENGTH);
  if (length > packet.end - at - IPV6_HEADER) return;
  packet.size = SIZE.V6;
  packet.addresses = at + AT.SOURCE;
  packet.protocol = bytes[at + AT.NEXT];
  packet.hops = bytes[at + AT.HOPS];
  packet.payload = at + IPV6_HEADER;
  packet.end = packet.payload + length;
  if (!isFairSource(stack, bytes.subarray(at + AT.SOURCE, at + AT.TARGET))) return;
  walk(stack, packet, stack.reassembly);
}

/** Guests have an address of the network or of the link, or none yet. */
function isFairSource({ settings }: Stack, source: Uint8Array): boolean {
  if (sameAddress(source, settings.host6) || sameAddress(source, settings.router6)) return false;
  return sameNetwork(source, settings.network6, settings.bits6) || isLinkLocal(source) ||
    source.every((byte) => byte === 0);
}

/** Goes through the extension headers to what the packet carries. */
function walk(stack: Stack, packet: Packet, reassembly: Stack["reassembly"] | undefined): void {
  const { bytes, view } = packet;
  for (let count = 0; count <= EXTENSION_HEADERS; count++) {
    const at = packet.payload;
    switch (packet.protocol) {
      case PROTOCOL.HOP_BY_HOP:
      case PROTOCOL.DESTINATION: {
        if (packet.end - at < 8 || packet.protocol === PROTOCOL.HOP_BY_HOP && count > 0) return;
        packet.protocol = bytes[at];
        packet.payload = at + 8 * (bytes[at + 1] + 1);
        if (packet.payload > packet.end) return;
        break;
      }
      case PROTOCOL.FRAGMENT: {
        if (packet.end - at < FRAGMENT_HEADER || !reassembly) return;
        const word = view.getUint16(at + 2), id = view.getUint32(at + 4);
        packet.protocol = bytes[at];
        packet.payload = at + FRAGMENT_HEADER;
        if ((word & ~6) === 0) break; // "atomic": a whole datagram in one fragment (RFC 6946)
        const fragment = { id, offset: word & 0xfff8, more: (word & 1) !== 0, headerLength: IPV6_HEADER };
        const whole = reassembly.add(packet, fragment, stack.timers.now());
        stack.timers.by(reassembly.tick(stack.timers.now()));
        if (!whole) return;
        whole.bytes[whole.header + AT.NEXT] = whole.protocol;
        whole.view.setUint16(whole.header + AT.LENGTH, whole.end - whole.payload);
        return walk(stack, whole, undefined); // fragments in fragments: nobody honest sends them
      }
      default:
        return dispatch(stack, packet);
    }
  }
}

function dispatch(stack: Stack, packet: Packet): void {
  const { settings } = stack;
  const at = packet.addresses + SIZE.V6;
  const target = packet.bytes.subarray(at, at + SIZE.V6);
  const near = isMulticast(target) || isLinkLocal(target) ||
    sameNetwork(target, settings.network6, settings.bits6);
  if (isMapped(target)) return;
  if (packet.hops <= 1 && !near) return icmpV6Error(stack, packet, TIME_EXCEEDED_V6);
  if (packet.protocol === PROTOCOL.TCP) tcpInput(stack, packet);
  else if (packet.protocol === PROTOCOL.UDP) udpInput(stack, packet);
  else if (packet.protocol === PROTOCOL.ICMPV6) icmpV6Input(stack, packet);
  else if (packet.protocol !== PROTOCOL.NO_NEXT) icmpV6Error(stack, packet, PARAMETER_PROBLEM.NEXT_HEADER);
}

/** Sends a datagram, in fragments if it is too long for one frame. */
export function sendV6(stack: Stack, envelope: Envelope, payload: Uint8Array): void {
  const whole = payload.length <= MTU - IPV6_HEADER;
  const room = MTU - IPV6_HEADER - FRAGMENT_HEADER & ~7;
  const id = stack.nextId++ >>> 0;
  let offset = 0;
  do {
    const end = whole ? payload.length : Math.min(payload.length, offset + room);
    stack.queue.begin();
    const { bytes, view } = stack.queue;
    let at = ETHERNET_HEADER + IPV6_HEADER;
    if (!whole) {
      view.setUint16(at, envelope.protocol << 8);
      view.setUint16(at + 2, offset | (end < payload.length ? 1 : 0));
      view.setUint32(at + 4, id);
      at += FRAGMENT_HEADER;
    }
    bytes.set(payload.subarray(offset, end), at);
    const frame = at + end - offset;
    writeV6Header(bytes, view, {
      ...envelope,
      protocol: whole ? envelope.protocol : PROTOCOL.FRAGMENT,
      length: frame - ETHERNET_HEADER - IPV6_HEADER,
    });
    if (envelope.mac) transmitTo(stack, { length: frame, type: ETHERTYPE.IPV6, mac: envelope.mac });
    else transmit(stack, frame, envelope.target);
    offset = end;
  } while (offset < payload.length);
}

/** Writes a header behind the Ethernet's. `length` is that of the payload. */
export function writeV6Header(
  bytes: Uint8Array,
  view: DataView,
  { source, target, protocol, hops = DEFAULT_HOPS, length }: Envelope & { readonly length: number },
): void {
  const at = ETHERNET_HEADER;
  view.setUint32(at, 0x6000_0000);
  view.setUint16(at + AT.LENGTH, length);
  bytes[at + AT.NEXT] = protocol;
  bytes[at + AT.HOPS] = hops;
  bytes.set(source, at + AT.SOURCE);
  bytes.set(target, at + AT.TARGET);
}
