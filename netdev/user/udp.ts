import { type Address, BROADCAST_V4, sameAddress, SIZE } from "./address.ts";
import { checksum, fold, isRight, sumOf, sumOfBytes } from "./checksum.ts";
import { DHCP_PORT, dhcpInput } from "./dhcp.ts";
import { DHCPV6_PORT, dhcpV6Input, isDhcpV6Server } from "./dhcpv6.ts";
import { DNS_PORT } from "./dns.ts";
import { icmpError, UNREACHABLE } from "./icmp.ts";
import { icmpV6Error, pseudoSum, UNREACHABLE_V6 } from "./icmpv6.ts";
import { hasSender, isToHost, sendV4 } from "./ipv4.ts";
import { sendV6 } from "./ipv6.ts";
import { destinationOf, type Packet, PROTOCOL } from "./packet.ts";
import { isDns } from "./routes.ts";
import type { Stack } from "./stack.ts";
import { TFTP_PORT, tftpInput } from "./tftp.ts";
import { forwardToDns, forwardToHost } from "./udp_flows.ts";

/** The User Datagram Protocol (RFC 768). */
const AT = { SOURCE: 0, TARGET: 2, LENGTH: 4, CHECKSUM: 6 } as const;
export const UDP_HEADER = 8;
/** Longest payload over IPv4. */
export const LONGEST_DATAGRAM = 65535 - 20 - UDP_HEADER;

/** A datagram from the guest: `payload` to `end` of the packet, behind the UDP header. */
export interface Datagram {
  readonly packet: Packet;
  readonly sourcePort: number;
  readonly targetPort: number;
}

export function udpInput(stack: Stack, packet: Packet): void {
  const { view, payload: at } = packet;
  if (packet.end - at < UDP_HEADER) return;
  const length = view.getUint16(at + AT.LENGTH);
  if (length < UDP_HEADER || length > packet.end - at) return;
  packet.end = at + length;
  const unchecked = packet.size === SIZE.V4 && view.getUint16(at + AT.CHECKSUM) === 0;
  if (!unchecked && !isRight(pseudoSum(packet, PROTOCOL.UDP))) return;
  const datagram: Datagram = {
    packet,
    sourcePort: view.getUint16(at + AT.SOURCE),
    targetPort: view.getUint16(at + AT.TARGET),
  };
  packet.payload = at + UDP_HEADER;
  deliver(stack, datagram);
}

function deliver(stack: Stack, datagram: Datagram): void {
  const { packet, targetPort } = datagram;
  const target = destinationOf(packet);
  const toHost = isToHost(stack, packet);
  if (packet.size === SIZE.V4 && targetPort === DHCP_PORT && (toHost || isBroadcast(stack, target))) {
    return dhcpInput(stack, datagram);
  }
  if (packet.size === SIZE.V6 && targetPort === DHCPV6_PORT && (toHost || isDhcpV6Server(target))) {
    return dhcpV6Input(stack, datagram);
  }
  if (!hasSender(packet) || datagram.sourcePort === 0) return;
  if (toHost && targetPort === TFTP_PORT) return tftpInput(stack, datagram);
  if (packet.group) return; // groups and broadcasts stay inside
  if (isDns(stack, target)) {
    if (targetPort !== DNS_PORT) return unreachable(stack, packet);
    if (!stack.settings.restrict) forwardToDns(stack, datagram);
    return;
  }
  forwardToHost(stack, datagram, target);
}

function isBroadcast({ settings }: Stack, target: Address): boolean {
  return sameAddress(target, BROADCAST_V4) || sameAddress(target, settings.broadcast);
}

/** Says that nobody is at a datagram's port, or host. `packet.payload` stands behind the UDP header. */
export function unreachable(stack: Stack, packet: Packet, what: "PORT" | "HOST" = "PORT"): void {
  if (packet.size === SIZE.V4) icmpError(stack, packet, UNREACHABLE[what]);
  else icmpV6Error(stack, packet, what === "PORT" ? UNREACHABLE_V6.PORT : UNREACHABLE_V6.ADDRESS);
}

/** From whom to whom a datagram goes. */
export interface Ports {
  readonly source: Address;
  readonly sourcePort: number;
  readonly target: Address;
  readonly targetPort: number;
  /** The Ethernet address, for those who have no IP address yet. */
  readonly mac?: Uint8Array | undefined;
}

/** Sends a datagram to the guest. What is longer than datagrams are is dropped. */
export function sendUdp(stack: Stack, ports: Ports, data: Uint8Array): void {
  const { source, target, mac } = ports;
  if (data.length > LONGEST_DATAGRAM || source.length !== target.length) return;
  const length = UDP_HEADER + data.length;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint16(AT.SOURCE, ports.sourcePort);
  view.setUint16(AT.TARGET, ports.targetPort);
  view.setUint16(AT.LENGTH, length);
  bytes.set(data, UDP_HEADER);
  const pseudo = sumOfBytes(source, sumOfBytes(target, length + PROTOCOL.UDP));
  view.setUint16(AT.CHECKSUM, checksum(fold(sumOf(view, 0, length, pseudo))) || 0xffff);
  const envelope = { source, target, protocol: PROTOCOL.UDP, mac };
  if (source.length === SIZE.V4) sendV4(stack, envelope, bytes);
  else sendV6(stack, envelope, bytes);
}
