import { NEVER } from "@emu/core";
import { type Address, isMulticast, sameAddress, SIZE } from "./address.ts";
import { checksum, fold, isRight, sumOf, sumOfBytes } from "./checksum.ts";
import { learn } from "./ethernet.ts";
import { MTU } from "./frame_queue.ts";
import { type Envelope, hasSender } from "./ipv4.ts";
import { IPV6_HEADER, sendV6 } from "./ipv6.ts";
import { destinationOf, type Packet, PROTOCOL, sourceOf } from "./packet.ts";
import { searchList } from "./search_list.ts";
import type { Stack } from "./stack.ts";

/** ICMP for IPv6 (RFC 4443) and neighbour discovery (RFC 4861). */
const TYPE = {
  ECHO: 128,
  ECHO_REPLY: 129,
  ROUTER_SOLICITATION: 133,
  ROUTER_ADVERTISEMENT: 134,
  NEIGHBOUR_SOLICITATION: 135,
  NEIGHBOUR_ADVERTISEMENT: 136,
} as const;
const HEADER = 8;
/** Type and code of errors, in one word. */
export const UNREACHABLE_V6 = { NO_ROUTE: 0x100, ADDRESS: 0x103, PORT: 0x104 } as const;
export const TIME_EXCEEDED_V6 = 0x300;
export const PARAMETER_PROBLEM = { NEXT_HEADER: 0x401 } as const;
const LONGEST_ERROR = 1280 - IPV6_HEADER;
const OPTION = { SOURCE_LINK: 1, TARGET_LINK: 2, PREFIX: 3, MTU: 5, RDNSS: 25, DNSSL: 31 } as const;
/** Neighbour discovery is believed only from the link itself (RFC 4861, 6.1.1): nobody forwards 255. */
const ON_LINK = 255;
export const ALL_NODES: Address = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
/** Between advertisements that nobody asked for, in nanoseconds. */
export const ADVERTISEMENT_INTERVAL = 200e9;
/** Lifetimes in seconds. */
const LIFETIME = { ROUTER: 1800, VALID: 86400, PREFERRED: 14400, DNS: 1800 } as const;
const NA = { ROUTER: 0x80, SOLICITED: 0x40, OVERRIDE: 0x20 } as const;
const RA = { OTHER_CONFIGURATION: 0x40 } as const;
const PREFIX = { ON_LINK: 0x80, AUTONOMOUS: 0x40 } as const;

/** Whether an address is one that we stand for. */
function isOursV6({ settings }: Stack, address: Uint8Array): boolean {
  return [settings.host6, settings.dns6, settings.router6].some((ours) => sameAddress(ours, address));
}

export function icmpV6Input(stack: Stack, packet: Packet): void {
  const { bytes, payload, end } = packet;
  if (end - payload < HEADER || !isRight(pseudoSum(packet, PROTOCOL.ICMPV6))) return;
  const type = bytes[payload];
  if (type === TYPE.ECHO) return echo(stack, packet);
  if (packet.hops !== ON_LINK || bytes[payload + 1] !== 0) return;
  if (type === TYPE.ROUTER_SOLICITATION) routerSolicitation(stack, packet);
  else if (type === TYPE.NEIGHBOUR_SOLICITATION) neighbourSolicitation(stack, packet);
  else if (type === TYPE.NEIGHBOUR_ADVERTISEMENT) neighbourAdvertisement(stack, packet);
}

/** The sum over a packet's payload and pseudo header (RFC 8200, 8.1; RFC 793, 3.1). */
export function pseudoSum({ view, addresses, size, payload, end }: Packet, protocol: number): number {
  const length = end - payload;
  return sumOf(view, payload, end, sumOf(view, addresses, addresses + 2 * size, length + protocol));
}

function echo(stack: Stack, packet: Packet): void {
  const { bytes, payload, end } = packet;
  const target = destinationOf(packet);
  if (!hasSender(packet)) return;
  if (!isOursV6(stack, target) && !sameAddress(target, ALL_NODES)) {
    if (!stack.settings.restrict) icmpV6Error(stack, packet, UNREACHABLE_V6.NO_ROUTE);
    return;
  }
  const message = bytes.slice(payload, end);
  message[0] = TYPE.ECHO_REPLY;
  const source = isMulticast(target) ? stack.settings.router6 : target;
  send(stack, { source, target: sourceOf(packet), protocol: PROTOCOL.ICMPV6 }, message);
}

/** The link-layer address that an option of a discovery message gives. */
function linkOption({ bytes, end }: Packet, start: number, wanted: number): Uint8Array | undefined {
  for (let at = start; at + 8 <= end;) {
    const length = 8 * bytes[at + 1];
    if (length === 0 || at + length > end) return undefined;
    if (bytes[at] === wanted && length === 8) return bytes.slice(at + 2, at + 8);
    at += length;
  }
  return undefined;
}

function routerSolicitation(stack: Stack, packet: Packet): void {
  const mac = linkOption(packet, packet.payload + HEADER, OPTION.SOURCE_LINK);
  if (mac && hasSender(packet)) learn(stack, sourceOf(packet), mac);
  advertise(stack);
}

function neighbourSolicitation(stack: Stack, packet: Packet): void {
  const at = packet.payload;
  if (packet.end - at < HEADER + SIZE.V6) return;
  const wanted = packet.bytes.slice(at + HEADER, at + HEADER + SIZE.V6);
  const sender = hasSender(packet) ? sourceOf(packet) : undefined;
  const mac = linkOption(packet, at + HEADER + SIZE.V6, OPTION.SOURCE_LINK);
  if (sender && mac) learn(stack, sender, mac);
  if (!isOursV6(stack, wanted)) return;
  const message = new Uint8Array(HEADER + SIZE.V6 + 8);
  message[0] = TYPE.NEIGHBOUR_ADVERTISEMENT;
  message[4] = NA.ROUTER | NA.OVERRIDE | (sender ? NA.SOLICITED : 0);
  message.set(wanted, HEADER);
  message.set([OPTION.TARGET_LINK, 1, ...stack.settings.mac], HEADER + SIZE.V6);
  const envelope = { source: wanted, protocol: PROTOCOL.ICMPV6, hops: ON_LINK };
  if (sender) send(stack, { ...envelope, target: sender }, message);
  else send(stack, { ...envelope, target: ALL_NODES, mac: groupMac(ALL_NODES) }, message);
}

function neighbourAdvertisement(stack: Stack, packet: Packet): void {
  const at = packet.payload;
  if (packet.end - at < HEADER + SIZE.V6) return;
  const address = packet.bytes.slice(at + HEADER, at + HEADER + SIZE.V6);
  const mac = linkOption(packet, at + HEADER + SIZE.V6, OPTION.TARGET_LINK);
  if (mac && !isMulticast(address) && !isOursV6(stack, address)) learn(stack, address, mac);
}

/** The Ethernet group of an IPv6 group (RFC 2464, 7). */
function groupMac(group: Uint8Array): Uint8Array {
  return Uint8Array.of(0x33, 0x33, ...group.subarray(12));
}

/** Asks who has an address: goes to the group of its last 24 bits (RFC 4291, 2.7.1). */
export function solicit(stack: Stack, target: Uint8Array): void {
  const group = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, ...target.subarray(13));
  const message = new Uint8Array(HEADER + SIZE.V6 + 8);
  message[0] = TYPE.NEIGHBOUR_SOLICITATION;
  message.set(target, HEADER);
  message.set([OPTION.SOURCE_LINK, 1, ...stack.settings.mac], HEADER + SIZE.V6);
  const envelope = {
    source: stack.settings.router6,
    target: group,
    protocol: PROTOCOL.ICMPV6,
    hops: ON_LINK,
  };
  send(stack, { ...envelope, mac: groupMac(group) }, message);
}

/** Says where the router is, which addresses to make, and who serves names (RFC 4861, 4.2; RFC 8106). */
export function advertise(stack: Stack): void {
  const { settings } = stack;
  const search = searchList(settings.dnssearch);
  const padded = search.length === 0 ? 0 : 8 + (search.length + 7 & ~7);
  const message = new Uint8Array(16 + 8 + 8 + 32 + 24 + padded);
  const view = new DataView(message.buffer);
  message.set([TYPE.ROUTER_ADVERTISEMENT, 0, 0, 0, 64, RA.OTHER_CONFIGURATION]);
  view.setUint16(6, LIFETIME.ROUTER);
  message.set([OPTION.SOURCE_LINK, 1, ...settings.mac], 16);
  message.set([OPTION.MTU, 1], 24);
  view.setUint32(28, MTU);
  message.set([OPTION.PREFIX, 4, settings.bits6, PREFIX.ON_LINK | PREFIX.AUTONOMOUS], 32);
  view.setUint32(36, LIFETIME.VALID);
  view.setUint32(40, LIFETIME.PREFERRED);
  message.set(settings.network6, 48);
  message.set([OPTION.RDNSS, 3], 64);
  view.setUint32(68, LIFETIME.DNS);
  message.set(settings.dns6, 72);
  if (padded > 0) {
    message.set([OPTION.DNSSL, padded / 8], 88);
    view.setUint32(92, LIFETIME.DNS);
    message.set(search, 96);
  }
  const envelope = { source: settings.router6, target: ALL_NODES, protocol: PROTOCOL.ICMPV6, hops: ON_LINK };
  send(stack, { ...envelope, mac: groupMac(ALL_NODES) }, message);
}

/** Advertises from time to time; gives when next. */
export function advertiseTick(stack: Stack, now: number): number {
  if (!stack.settings.ipv6) return NEVER;
  if (stack.advertiseAt <= now) {
    stack.advertiseAt = now + ADVERTISEMENT_INTERVAL;
    advertise(stack);
  }
  return stack.advertiseAt;
}

/** Tells the sender of a packet why it went nowhere (RFC 4443, 2.4). */
export function icmpV6Error(stack: Stack, packet: Packet, error: number): void {
  const { bytes, header, payload, end, protocol } = packet;
  if (packet.group || !hasSender(packet) || isMulticast(destinationOf(packet))) return;
  if (protocol === PROTOCOL.ICMPV6 && bytes[payload] !== TYPE.ECHO) return;
  const quoted = Math.min(end - header, LONGEST_ERROR - HEADER);
  const message = new Uint8Array(HEADER + quoted);
  message[0] = error >> 8;
  message[1] = error & 0xff;
  // What is unknown stands in the packet at this offset (RFC 4443, 3.4): the next-header field of the fixed header.
  if (error === PARAMETER_PROBLEM.NEXT_HEADER) message[7] = 6;
  message.set(bytes.subarray(header, header + quoted), HEADER);
  const envelope = { source: stack.settings.host6, target: sourceOf(packet), protocol: PROTOCOL.ICMPV6 };
  send(stack, envelope, message);
}

function send(stack: Stack, envelope: Envelope, message: Uint8Array<ArrayBuffer>): void {
  const view = new DataView(message.buffer);
  view.setUint16(2, 0);
  const pseudo = sumOfBytes(envelope.target, sumOfBytes(envelope.source, message.length + PROTOCOL.ICMPV6));
  view.setUint16(2, checksum(fold(sumOf(view, 0, message.length, pseudo))));
  sendV6(stack, envelope, message);
}
