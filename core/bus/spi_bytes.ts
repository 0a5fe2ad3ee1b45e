import type { SpiTarget } from "./spi.ts";

/** A byte on its way: part of a chip's state. */
export interface SpiBytesState {
  /** The chip select is active. */
  selected: boolean;
  /** Bits that have come. */
  incoming: number;
  /** The byte that is being sent. */
  outgoing: number;
  /** How many bits of it have been. */
  shifted: number;
}

/** State of a chip that is not selected. */
export function spiBytesState(): SpiBytesState {
  return { selected: false, incoming: 0, outgoing: 0xff, shifted: 0 };
}

/** What `spiBytes` is given. */
export interface SpiBytesOptions {
  /** The chip's part of its state, asked for at each use. */
  state(): SpiBytesState;
  /** The chip was selected; gives the first byte that it sends. */
  begin(): number;
  /** A byte has come; gives the next one to send. */
  byte(byte: number): number;
  /** The chip is no longer selected; `whole` says whether that was between bytes. */
  end(whole: boolean): void;
}

/** `select` and `transfer` of an `SpiTarget` that works by bytes. */
export function spiBytes(
  { state, begin, byte, end }: SpiBytesOptions,
): Pick<SpiTarget, "select" | "transfer"> {
  return {
    select(active: boolean): void {
      const s = state();
      if (s.selected === active) return;
      s.selected = active;
      const whole = s.shifted === 0;
      s.shifted = s.incoming = 0;
      s.outgoing = 0xff;
      if (active) s.outgoing = begin();
      else end(whole);
    },
    transfer(word: number, bits: number): number {
      const s = state();
      if (!s.selected) return 2 ** bits - 1;
      let answer = 0;
      for (let i = bits - 1; i >= 0; i--) {
        answer = answer << 1 | s.outgoing >> 7 - s.shifted & 1;
        s.incoming = s.incoming << 1 & 0xff | word >>> i & 1;
        if (++s.shifted < 8) continue;
        s.shifted = 0;
        s.outgoing = byte(s.incoming) & 0xff;
      }
      return answer >>> 0;
    },
  };
}
