import { type Address, ANY_V4, BROADCAST_V4, sameAddress, sameNetwork } from "./address.ts";
import { BROADCAST_MAC, ETHERTYPE, learn, transmitTo } from "./ethernet.ts";
import { ETHERNET_HEADER } from "./frame_queue.ts";
import type { Packet } from "./packet.ts";
import type { Stack } from "./stack.ts";

/** Address resolution for IPv4 over Ethernet (RFC 826). */
const OPERATION = { REQUEST: 1, REPLY: 2 } as const;
const HARDWARE_ETHERNET = 1;
/** Offsets in the message. */
const AT = {
  HARDWARE: 0,
  PROTOCOL: 2,
  SIZES: 4,
  OPERATION: 6,
  SENDER_MAC: 8,
  SENDER: 14,
  TARGET_MAC: 18,
  TARGET: 24,
};
const LENGTH = 28;
/** Hardware and protocol address sizes in one word. */
const SIZES = 6 << 8 | 4;

/** Whether an address of the virtual network is one that we stand for. */
export function isOurs({ settings, guestForwards }: Stack, address: Uint8Array): boolean {
  return sameAddress(address, settings.host) || sameAddress(address, settings.dns) ||
    guestForwards.some((forward) => sameAddress(forward.address, address));
}

export function arpInput(stack: Stack, { bytes, view, header: at, end }: Packet): void {
  if (end - at < LENGTH || view.getUint16(at + AT.HARDWARE) !== HARDWARE_ETHERNET) return;
  if (view.getUint16(at + AT.PROTOCOL) !== ETHERTYPE.IPV4 || view.getUint16(at + AT.SIZES) !== SIZES) return;
  const mac = bytes.slice(at + AT.SENDER_MAC, at + AT.SENDER);
  const sender = bytes.slice(at + AT.SENDER, at + AT.TARGET_MAC);
  const target = bytes.slice(at + AT.TARGET, at + LENGTH);
  if (isGuest(stack, sender)) learn(stack, sender, mac);
  if (view.getUint16(at + AT.OPERATION) === OPERATION.REQUEST && isOurs(stack, target)) {
    send(stack, { operation: OPERATION.REPLY, sender: target, mac, target: sender });
  }
}

/** An address of the network that a guest may have. */
function isGuest(stack: Stack, address: Address): boolean {
  const { network, bits, broadcast } = stack.settings;
  return sameNetwork(address, network, bits) && !sameAddress(address, network) &&
    !sameAddress(address, broadcast) && !sameAddress(address, ANY_V4) &&
    !sameAddress(address, BROADCAST_V4) &&
    !isOurs(stack, address);
}

/** Asks who has an address. */
export function arpRequest(stack: Stack, target: Uint8Array): void {
  send(stack, { operation: OPERATION.REQUEST, sender: stack.settings.host, mac: BROADCAST_MAC, target });
}

interface Message {
  readonly operation: number;
  readonly sender: Uint8Array;
  readonly mac: Uint8Array;
  readonly target: Uint8Array;
}

function send(stack: Stack, { operation, sender, mac, target }: Message): void {
  const { queue, settings } = stack;
  queue.begin();
  const { bytes, view } = queue;
  const at = ETHERNET_HEADER;
  view.setUint16(at + AT.HARDWARE, HARDWARE_ETHERNET);
  view.setUint16(at + AT.PROTOCOL, ETHERTYPE.IPV4);
  view.setUint16(at + AT.SIZES, SIZES);
  view.setUint16(at + AT.OPERATION, operation);
  bytes.set(settings.mac, at + AT.SENDER_MAC);
  bytes.set(sender, at + AT.SENDER);
  if (operation === OPERATION.REPLY) bytes.set(mac, at + AT.TARGET_MAC);
  else bytes.fill(0, at + AT.TARGET_MAC, at + AT.TARGET);
  bytes.set(target, at + AT.TARGET);
  transmitTo(stack, { length: ETHERNET_HEADER + LENGTH, type: ETHERTYPE.ARP, mac });
}
