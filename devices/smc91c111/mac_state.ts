/** What a soft reset puts back. */
export function macState() {
  return {
    bank: 0,
    tcr: 0,
    rcr: 0,
    rpcr: 0,
    /** EPH status of the last frame sent, without LINK_OK. */
    ephsr: 0,
    gpr: 0,
    ctr: 0x1210,
    pnr: 0,
    /** Allocation result; FAILED (bit 7) until one succeeds. */
    arr: 0x80,
    /** An allocation waits for a page. */
    allocating: false,
    /** A bit for each page in use. */
    allocated: 0,
    /** Packets to be sent, sent, and received: page numbers, at most four. */
    txQueue: [] as number[],
    txDone: [] as number[],
    rxQueue: [] as number[],
    ptr: 0,
    /** Interrupt causes that stay until acknowledged. */
    latched: 0,
    mask: 0,
    /** Causes of EPH INT: the link changed; a frame could not be sent. */
    linkChanged: false,
    txFailed: false,
    multicast: new Uint8Array(8),
    mgmt: 0x3330,
    ercv: 0x1f,
  };
}

export interface MacState extends ReturnType<typeof macState> {
  cr: number;
  bar: number;
  ia: Uint8Array;
  eeprom: Uint16Array;
  memory: Uint8Array;
}
