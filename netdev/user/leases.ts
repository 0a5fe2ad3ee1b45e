import { type Address, sameAddress } from "./address.ts";

/** Addresses that are given out. When all are, the client heard of longest ago loses its own. */
export const LEASES = 16;

/** Who has which of the addresses from `first` on. */
export interface Leases {
  readonly first: Address;
  /** Hardware addresses as text, oldest first → number of the address. */
  readonly clients: Map<string, number>;
}

export function newLeases(first: Address): Leases {
  return { first, clients: new Map() };
}

/** The address of a client: the one it has, else the one it wants if it is free, else the next free one. */
export function leaseFor(leases: Leases, mac: Uint8Array, wanted?: Address): Address | undefined {
  const { clients, first } = leases;
  const key = mac.join(":");
  const old = clients.get(key);
  const index = old ?? pick(leases, wanted);
  clients.delete(key); // so that the order is that of last use
  clients.set(key, index);
  return addressOf(first, index);
}

/** Whether a client may have an address: it is one of ours, and nobody else's. */
export function mayHave(leases: Leases, mac: Uint8Array, wanted: Address): boolean {
  const index = indexOf(leases.first, wanted);
  if (index === undefined) return false;
  const own = leases.clients.get(mac.join(":"));
  return own === undefined ? !taken(leases, index) : own === index;
}

/** Takes back a client's address. */
export function release({ clients, first }: Leases, mac: Uint8Array, address: Address): void {
  const key = mac.join(":"), index = clients.get(key);
  if (index !== undefined && sameAddress(addressOf(first, index), address)) clients.delete(key);
}

/** A client found its address in use by somebody unknown: whoever that is keeps it until addresses run out. */
export function decline(leases: Leases, mac: Uint8Array, address: Address): void {
  const index = leases.clients.get(mac.join(":"));
  release(leases, mac, address);
  if (index !== undefined && !taken(leases, index)) leases.clients.set(`declined ${index}`, index);
}

function taken({ clients }: Leases, index: number): boolean {
  for (const other of clients.values()) if (other === index) return true;
  return false;
}

function pick(leases: Leases, wanted: Address | undefined): number {
  const index = wanted && indexOf(leases.first, wanted);
  if (index !== undefined && !taken(leases, index)) return index;
  for (let i = 0; i < LEASES; i++) if (!taken(leases, i)) return i;
  const [oldest, freed] = leases.clients.entries().next().value!;
  leases.clients.delete(oldest);
  return freed;
}

function addressOf(first: Address, index: number): Address {
  const address = first.slice();
  address[3] += index; // options.ts sees to it that this does not carry
  return address;
}

function indexOf(first: Address, address: Address): number | undefined {
  const index = address[3] - first[3];
  return index >= 0 && index < LEASES && sameAddress(addressOf(first, index), address) ? index : undefined;
}
