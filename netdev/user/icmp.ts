import { addressAt, BROADCAST_V4, isMulticast } from "./address.ts";
import { isOurs } from "./arp.ts";
import { checksum, isRight, sumOf } from "./checksum.ts";
import { type Envelope, hasSender, sendV4 } from "./ipv4.ts";
import { destinationOf, type Packet, PROTOCOL, sourceOf } from "./packet.ts";
import { pingOut } from "./pings.ts";
import type { Stack } from "./stack.ts";

/** The Internet Control Message Protocol (RFC 792). */
const TYPE = { ECHO_REPLY: 0, ECHO: 8 } as const;
const HEADER = 8;
/** Type and code of errors, in one word. */
export const UNREACHABLE = { NET: 0x300, HOST: 0x301, PROTOCOL: 0x302, PORT: 0x303 } as const;
export const TIME_EXCEEDED = { TRANSIT: 0xb00 } as const;
/** Longest error message (RFC 1812, 4.3.2.3), without the IP header. */
const LONGEST_ERROR = 576 - 20;

/** Answers echo requests to us; those to the world go out where the host permits it. */
export function icmpInput(stack: Stack, packet: Packet): void {
  const { bytes, view, payload, end } = packet;
  if (end - payload < HEADER || !isRight(sumOf(view, payload, end))) return;
  if (bytes[payload] !== TYPE.ECHO || !hasSender(packet)) return;
  if (!isOurs(stack, destinationOf(packet))) {
    if (!stack.settings.restrict && !pingOut(stack, packet)) icmpError(stack, packet, UNREACHABLE.NET);
    return;
  }
  const message = bytes.slice(payload, end);
  message[0] = TYPE.ECHO_REPLY;
  send(stack, { source: destinationOf(packet), target: sourceOf(packet), protocol: PROTOCOL.ICMP }, message);
}

/** Tells the sender of a packet why it went nowhere. Not for errors, groups and those without a sender (RFC 1122, 3.2.2). */
export function icmpError(stack: Stack, packet: Packet, error: number): void {
  const { bytes, header, payload, end, protocol } = packet;
  if (packet.group || !hasSender(packet)) return;
  if (protocol === PROTOCOL.ICMP && bytes[payload] !== TYPE.ECHO) return;
  const target = destinationOf(packet);
  if (isMulticast(target) || addressAt(target, 0, BROADCAST_V4)) return;
  const quoted = Math.min(end - header, LONGEST_ERROR - HEADER);
  const message = new Uint8Array(HEADER + quoted);
  message[0] = error >> 8;
  message[1] = error & 0xff;
  message.set(bytes.subarray(header, header + quoted), HEADER);
  const envelope = { source: stack.settings.host, target: sourceOf(packet), protocol: PROTOCOL.ICMP };
  send(stack, envelope, message);
}

function send(stack: Stack, envelope: Envelope, message: Uint8Array<ArrayBuffer>): void {
  const view = new DataView(message.buffer);
  view.setUint16(2, 0);
  view.setUint16(2, checksum(sumOf(view, 0, message.length)));
  sendV4(stack, envelope, message);
}
