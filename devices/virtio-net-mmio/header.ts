/** Feature bits (5.1.3), by number. */
export const NET_F = {
  CSUM: 0,
  GUEST_CSUM: 1,
  MAC: 5,
  GUEST_TSO4: 7,
  GUEST_TSO6: 8,
  HOST_TSO4: 11,
  HOST_TSO6: 12,
  HOST_ECN: 13,
  MRG_RXBUF: 15,
  STATUS: 16,
  CTRL_VQ: 17,
  CTRL_RX: 18,
  CTRL_VLAN: 19,
  CTRL_RX_EXTRA: 20,
  GUEST_ANNOUNCE: 21,
  CTRL_MAC_ADDR: 23,
} as const;

/** Status in the configuration space (5.1.4). */
export const NET_S = { LINK_UP: 1, ANNOUNCE: 2 } as const;

/** What stands in front of each frame (5.1.6): flags, GSO type, and four 16-bit numbers. */
export interface NetHeader {
  readonly flags: number;
  readonly gsoType: number;
  /** Payload of each segment, in bytes. */
  readonly gsoSize: number;
  /** Where the checksum begins to count, and where it goes, from there. */
  readonly csumStart: number;
  readonly csumOffset: number;
}

export const HEADER = 12;
export const HDR_F = { NEEDS_CSUM: 1, DATA_VALID: 2 } as const;
export const GSO = { NONE: 0, TCPV4: 1, TCPV6: 4, ECN: 0x80 } as const;

export function parseHeader(bytes: Uint8Array): NetHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER);
  return {
    flags: view.getUint8(0),
    gsoType: view.getUint8(1),
    gsoSize: view.getUint16(4, true),
    csumStart: view.getUint16(6, true),
    csumOffset: view.getUint16(8, true),
  };
}
