/** IP protocol numbers. */
export const PROTOCOL = {
  HOP_BY_HOP: 0,
  ICMP: 1,
  TCP: 6,
  UDP: 17,
  ROUTING: 43,
  FRAGMENT: 44,
  ICMPV6: 58,
  NO_NEXT: 59,
  DESTINATION: 60,
} as const;

/** A packet from the guest, as offsets into a buffer. One object is used again for all. */
export interface Packet {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  /** Length of an address: 4 or 16. */
  size: number;
  /** Offsets of the IP header and of the two addresses, the source's first. */
  header: number;
  addresses: number;
  protocol: number;
  hops: number;
  /** Where the payload begins and ends. */
  payload: number;
  end: number;
  /** It came to a broadcast or multicast address of the Ethernet, so no errors are answered. */
  group: boolean;
  /** A large segment, whose checksums the guest has left out. */
  large: boolean;
}

/** A packet over a buffer; the other fields are filled in by the reader of its header. */
export function packetIn(bytes: Uint8Array<ArrayBuffer>): Packet {
  return {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    size: 4,
    header: 0,
    addresses: 0,
    protocol: 0,
    hops: 0,
    payload: 0,
    end: 0,
    group: false,
    large: false,
  };
}

/** The sender's address; a copy. */
export function sourceOf({ bytes, addresses, size }: Packet): Uint8Array<ArrayBuffer> {
  return bytes.slice(addresses, addresses + size);
}

/** The receiver's address; a copy. */
export function destinationOf({ bytes, addresses, size }: Packet): Uint8Array<ArrayBuffer> {
  return bytes.slice(addresses + size, addresses + 2 * size);
}
