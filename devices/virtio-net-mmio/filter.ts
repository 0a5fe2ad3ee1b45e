import { get16 } from "./checksum.ts";
import { ETHER } from "./protocols.ts";

/** Which frames the guest wants: part of the card's state. Addresses are 48-bit numbers. */
export interface FilterState {
  mac: number;
  promiscuous: boolean;
  allMulticast: boolean;
  allUnicast: boolean;
  noMulticast: boolean;
  noUnicast: boolean;
  noBroadcast: boolean;
  /** Further addresses; a table that was too large lets all of its kind pass. */
  unicast: number[];
  multicast: number[];
  /** A bit for each VLAN. */
  vlans: Uint8Array;
}

/** Most addresses that each table holds. */
export const TABLE = 64;
const VLANS = 4096;

export function filterState(mac: number): FilterState {
  return {
    mac,
    promiscuous: true, // until the driver says something else (5.1.6.5.1)
    allMulticast: false,
    allUnicast: false,
    noMulticast: false,
    noUnicast: false,
    noBroadcast: false,
    unicast: [],
    multicast: [],
    vlans: new Uint8Array(VLANS / 8),
  };
}

/** Whether a frame passes. `vlanFilter`: the driver knows of the VLAN filter. */
export function accepts(f: FilterState, frame: Uint8Array, vlanFilter: boolean): boolean {
  if (vlanFilter && get16(frame, ETHER.TYPE) === ETHER.VLAN) {
    const vlan = get16(frame, ETHER.HEADER) & VLANS - 1;
    if (!(f.vlans[vlan >> 3] >> (vlan & 7) & 1)) return false;
  }
  if (f.promiscuous) return true;
  const address = addressAt(frame, 0);
  if (address === BROADCAST) return !f.noBroadcast;
  if (frame[0] & ETHER.MULTICAST) {
    return !f.noMulticast && (f.allMulticast || f.multicast.length > TABLE || f.multicast.includes(address));
  }
  return !f.noUnicast &&
    (f.allUnicast || address === f.mac || f.unicast.length > TABLE || f.unicast.includes(address));
}

export function setVlan({ vlans }: FilterState, vlan: number, on: boolean): boolean {
  if (vlan >= VLANS) return false;
  const bit = 1 << (vlan & 7);
  vlans[vlan >> 3] = on ? vlans[vlan >> 3] | bit : vlans[vlan >> 3] & ~bit;
  return true;
}

export const BROADCAST = 0xffff_ffff_ffff;

export function addressAt(bytes: Uint8Array, at: number): number {
  let address = 0;
  for (let i = 0; i < 6; i++) address = address * 256 + bytes[at + i];
  return address;
}

/** Six bytes, the first on the wire first. */
export function addressBytes(address: number): Uint8Array {
  return Uint8Array.from({ length: 6 }, (_, i) => Math.floor(address / 256 ** (5 - i)));
}
