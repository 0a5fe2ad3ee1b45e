import { sameAddress, SIZE } from "./address.ts";
import { arpInput, arpRequest } from "./arp.ts";
import { ETHERNET_HEADER, MTU } from "./frame_queue.ts";
import { solicit } from "./icmpv6.ts";
import { ipv4Input } from "./ipv4.ts";
import { ipv6Input } from "./ipv6.ts";
import type { Packet } from "./packet.ts";
import type { Stack } from "./stack.ts";

export const ETHERTYPE = { IPV4: 0x0800, ARP: 0x0806, IPV6: 0x86dd } as const;
export const BROADCAST_MAC = new Uint8Array(6).fill(0xff);
const MAC = 6;
const LONGEST_HELD = MTU + ETHERNET_HEADER;

/** A frame from the guest's side, in the buffer of `packet`. Frames between guests are none of ours. */
export function etherInput(stack: Stack, packet: Packet, length: number): void {
  const { bytes, view } = packet;
  if (length < ETHERNET_HEADER) return;
  const { settings } = stack;
  packet.group = (bytes[0] & 1) !== 0;
  if (!packet.group && !sameAddress(bytes.subarray(0, MAC), settings.mac)) return;
  if (sameAddress(bytes.subarray(MAC, 2 * MAC), settings.mac)) return; // our own, come back through a loop
  packet.header = ETHERNET_HEADER;
  packet.end = length;
  const type = view.getUint16(12);
  if (type === ETHERTYPE.IPV4 && settings.ipv4) ipv4Input(stack, packet);
  else if (type === ETHERTYPE.ARP && settings.ipv4) arpInput(stack, packet);
  else if (type === ETHERTYPE.IPV6 && settings.ipv6) ipv6Input(stack, packet);
}

/** Sends the frame being written, with an IP packet in it, to whoever has an address; asks for it first if need be. */
export function transmit(stack: Stack, length: number, target: Uint8Array): void {
  const { neighbours, queue } = stack;
  const type = target.length === SIZE.V4 ? ETHERTYPE.IPV4 : ETHERTYPE.IPV6;
  const mac = neighbours.find(target);
  if (mac) return transmitTo(stack, { length, type, mac });
  if (length > LONGEST_HELD) return; // a large segment to a guest that was just forgotten: TCP sends it again
  writeHeader(stack, type, BROADCAST_MAC);
  neighbours.hold(target, queue.bytes.subarray(0, length));
  if (target.length === SIZE.V4) arpRequest(stack, target);
  else solicit(stack, target);
}

/** Sends the frame being written to a hardware address. */
export function transmitTo(
  stack: Stack,
  { length, type, mac }: { readonly length: number; readonly type: number; readonly mac: Uint8Array },
): void {
  writeHeader(stack, type, mac);
  stack.queue.commit(length);
  stack.schedule();
}

function writeHeader({ queue, settings }: Stack, type: number, mac: Uint8Array): void {
  queue.bytes.set(mac);
  queue.bytes.set(settings.mac, MAC);
  queue.view.setUint16(12, type);
}

/** Notes where an address is, and sends what waited for it. */
export function learn(stack: Stack, address: Uint8Array, mac: Uint8Array): void {
  if ((mac[0] & 1) !== 0 || sameAddress(mac, stack.settings.mac)) return;
  for (const frame of stack.neighbours.learn(address, mac)) {
    stack.queue.begin();
    stack.queue.bytes.set(frame);
    stack.queue.bytes.set(mac);
    stack.queue.commit(frame.length);
    stack.schedule();
  }
}
