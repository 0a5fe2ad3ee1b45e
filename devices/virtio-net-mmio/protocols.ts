/** Ethernet II (IEEE 802.3, 3.2.6) and 802.1Q. */
export const ETHER = {
  HEADER: 14,
  TYPE: 12,
  IPV4: 0x0800,
  IPV6: 0x86dd,
  VLAN: 0x8100,
  MULTICAST: 1,
} as const;

/** Protocol numbers (IANA). */
export const IP = { TCP: 6, UDP: 17, /** Offset of the checksum in TCP. */ TCP_CHECKSUM: 16 } as const;

/** Flags of TCP's 14th byte (RFC 9293, 3.1). */
export const TCP = { FIN: 1, PSH: 8, CWR: 0x80 } as const;
