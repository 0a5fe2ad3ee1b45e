import {
  type Address,
  type Endpoint,
  isLoopback,
  isMapped,
  isMulticast,
  LOOPBACK_V4,
  LOOPBACK_V6,
  sameAddress,
  sameNetwork,
  SIZE,
} from "./address.ts";
import { isLinkLocal } from "./ipv6.ts";
import type { Stack } from "./stack.ts";

/** Addresses that mean "this network" or nobody: 0.0.0.0/8, 240.0.0.0/4 with the broadcast address. */
function isReserved(address: Address): boolean {
  if (address.length === SIZE.V6) return isMapped(address) || address.every((byte) => byte === 0);
  return address[0] === 0 || address[0] >= 240;
}

/** Whether an address belongs to the virtual network, where there is nobody but those we stand for. */
export function isVirtual({ settings }: Stack, address: Address): boolean {
  if (address.length === SIZE.V4) return sameNetwork(address, settings.network, settings.bits);
  return sameNetwork(address, settings.network6, settings.bits6) || isLinkLocal(address);
}

/** Where in the host's world an address of the guest's is: the host itself at its loopback address. */
export function hostAddress(stack: Stack, address: Address): Address | undefined {
  const { settings } = stack;
  if (sameAddress(address, settings.host)) return LOOPBACK_V4;
  if (sameAddress(address, settings.host6) || sameAddress(address, settings.router6)) return LOOPBACK_V6;
  if (isVirtual(stack, address) || isMulticast(address) || isReserved(address) || isLoopback(address)) {
    return undefined;
  }
  return address;
}

/** Whether an address is that of the virtual name server. */
export function isDns({ settings }: Stack, address: Address): boolean {
  return sameAddress(address, settings.dns) || sameAddress(address, settings.dns6);
}

/** How the guest sees an address of the host's world. */
export function guestAddress({ settings }: Stack, address: Address): Address {
  const v4 = isMapped(address) ? address.slice(12) : address;
  if (!isLoopback(v4)) return v4;
  return v4.length === SIZE.V4 ? settings.host : settings.host6;
}

/** Where a connection or datagram of the guest's goes in the host's world; undefined: nowhere. */
export function hostTarget(stack: Stack, address: Address, port: number): Endpoint | undefined {
  if (port === 0) return undefined;
  const target = hostAddress(stack, address);
  return target && { address: target, port };
}
