/** Bits of the PHY's registers (datasheet 9). */
const CONTROL = {
  RST: 1 << 15,
  LPBK: 1 << 14,
  SPEED: 1 << 13,
  ANEG_EN: 1 << 12,
  PDN: 1 << 11,
  ANEG_RST: 1 << 9,
};
const DUPLEX = 1 << 8;
const STATUS = { ABILITIES: 0x7809, ANEG_ACK: 1 << 5, LINK: 1 << 2 } as const;
const CONFIG1 = { LNKDIS: 1 << 15 } as const;
const OUTPUT = { INT: 1 << 15, LNKFAIL: 1 << 14, SPDDET: 1 << 7, DPLXDET: 1 << 6 } as const;
const RPCR = { SPEED: 1 << 13, DPLX: 1 << 12, ANEG: 1 << 11 } as const;
/** Any partner is taken to do 10 and 100 Mbit/s, half and full duplex, and to acknowledge. */
const PARTNER = 0x41e1;
/** Auto-negotiation, in nanoseconds. On a real cable up to 3 s, for which nobody is the better. */
const NEGOTIATION = 10e6;

/** State of the internal PHY and of the frame on the management interface. */
export function phyState() {
  return {
    control: 0x3000,
    advertisement: 0x01e1,
    config1: 0x0022,
    config2: 0,
    mask: 0xffc0,
    /** Virtual time at which auto-negotiation is done. A cable plugged in before power-on has it behind it. */
    negotiated: 0,
    /** Status Output as last seen, and which of its bits have changed since it was read. */
    seen: OUTPUT.SPDDET | OUTPUT.DPLXDET,
    changed: 0,
    /** LINK of the Status register latches low. */
    linkLost: false,
    /** Bits of the management frame so far, and its value. */
    bits: 0,
    frame: 0,
    answer: 0,
  };
}

export type PhyState = ReturnType<typeof phyState>;

/** What the PHY needs to know of the rest. */
export interface PhyOptions {
  state(): PhyState;
  now(): number;
  /** Whether the cable is in. */
  cable(): boolean;
  /** RPCR of the MAC, which can fix the mode. */
  rpcr(): number;
}

export type Phy = ReturnType<typeof createPhy>;

/** The internal PHY, at address 0 of the management interface. */
export function createPhy({ state, now, cable, rpcr }: PhyOptions) {
  function linkUp(): boolean {
    const p = state();
    return cable() && now() >= p.negotiated && !(p.control & CONTROL.PDN) && !(p.config1 & CONFIG1.LNKDIS);
  }

  /** Speed and duplex, as Status Output shows them. */
  function mode(): number {
    const p = state();
    // RPCR at its reset value says 10 half; taken for "not asked" here, as drivers without PHY code leave it.
    const fixed = rpcr() & RPCR.ANEG || !rpcr() ? undefined : rpcr();
    if (fixed !== undefined) {
      return (fixed & RPCR.SPEED ? OUTPUT.SPDDET : 0) | (fixed & RPCR.DPLX ? OUTPUT.DPLXDET : 0);
    }
    if (!(p.control & CONTROL.ANEG_EN)) {
      return (p.control & CONTROL.SPEED ? OUTPUT.SPDDET : 0) | (p.control & DUPLEX ? OUTPUT.DPLXDET : 0);
    }
    const common = p.advertisement & PARTNER;
    // Priorities of IEEE 802.3 annex 28B.3: 100 full, 100 half, 10 full, 10 half.
    if (common & 0x100) return OUTPUT.SPDDET | OUTPUT.DPLXDET;
    if (common & 0x080) return OUTPUT.SPDDET;
    return common & 0x040 ? OUTPUT.DPLXDET : 0;
  }

  /** Looks at the cable; tells whether the link changed and whether an unmasked bit of Status Output did. */
  function observe(): { link: boolean; interrupt: boolean } {
    const p = state();
    const output = linkUp() ? mode() : OUTPUT.LNKFAIL | mode();
    const changes = output ^ p.seen;
    if (changes === 0) return { link: false, interrupt: false };
    p.seen = output;
    p.changed |= changes;
    if (output & OUTPUT.LNKFAIL) p.linkLost = true;
    return { link: (changes & OUTPUT.LNKFAIL) !== 0, interrupt: (changes & ~p.mask) !== 0 };
  }

  function read(register: number): number {
    const p = state();
    switch (register) {
      case 0:
        return p.control;
      case 1: {
        const link = linkUp() && !p.linkLost ? STATUS.LINK : 0;
        p.linkLost = !linkUp(); // latched anew while it is down
        const done = p.control & CONTROL.ANEG_EN && now() >= p.negotiated ? STATUS.ANEG_ACK : 0;
        return STATUS.ABILITIES | link | done;
      }
      case 2:
        return 0x0016;
      case 3:
        return 0xf840;
      case 4:
        return p.advertisement;
      case 5:
        return linkUp() ? PARTNER : 0;
      case 16:
        return p.config1;
      case 17:
        return p.config2;
      case 18: {
        const interrupt = p.changed & ~p.mask ? OUTPUT.INT : 0;
        p.changed = 0;
        return p.seen | interrupt;
      }
      case 19:
        return p.mask;
      case 20:
        return 0x00a0;
      default:
        return 0;
    }
  }

  function write(register: number, value: number): void {
    const p = state();
    if (register === 0) {
      if (value & CONTROL.RST) {
        const { bits, frame, answer, seen, changed } = p;
        Object.assign(p, phyState(), { bits, frame, answer, seen, changed });
        negotiate();
      } else {
        const restarted = value & CONTROL.ANEG_RST || value & ~p.control & CONTROL.ANEG_EN;
        p.control = value & 0x7d80;
        if (restarted && value & CONTROL.ANEG_EN) negotiate();
      }
    } else if (register === 4) p.advertisement = value & 0xbfff;
    else if (register === 16) p.config1 = value;
    else if (register === 17) p.config2 = value & 0x3c;
    else if (register === 19) p.mask = value & 0xffc0;
  }

  function negotiate(): void {
    state().negotiated = now() + NEGOTIATION;
  }

  /**
   * A rising edge of MCLK with the level of MDO, undefined if MDO is not driven. Frames are those of
   * IEEE 802.3 22.2.4.5: 01, operation, PHY, register, turnaround, 16 bits.
   */
  function clock(mdo: number | undefined): void {
    const p = state();
    if (p.bits === 0) {
      if (mdo === 0) {
        p.bits = 1;
        p.frame = 0;
      }
      return;
    }
    p.frame = (p.frame << 1 | (mdo ?? 0)) >>> 0;
    p.bits++;
    if (p.bits === 2 && mdo !== 1) p.bits = 0;
    if (p.bits === 14) p.answer = reads() && address() === 0 ? read(p.frame & 0x1f) : 0;
    if (p.bits === 32) {
      if (p.frame >>> 28 === 0b0101 && (p.frame >>> 23 & 0x1f) === 0) {
        write(p.frame >>> 18 & 0x1f, p.frame & 0xffff);
      }
      p.bits = 0;
    }
    function reads() {
      return p.frame >>> 10 === 0b0110;
    }
    function address() {
      return p.frame >>> 5 & 0x1f;
    }
  }

  /** The level of MDI: what the PHY drives, low where nothing does. */
  function mdi(): number {
    const p = state();
    return p.bits >= 16 ? p.answer >> (31 - p.bits) & 1 : 0;
  }

  return {
    linkUp,
    observe,
    clock,
    mdi,
    loopback: () => (state().control & CONTROL.LPBK) !== 0,
    /** When auto-negotiation ends, if it is still going on. */
    negotiating: () => now() < state().negotiated ? state().negotiated : Infinity,
  };
}
