/** The registers that say how long a frame takes. */
export interface TimingRegisters {
  readonly timing0: number;
  readonly timing1: number;
  readonly timing2: number;
  readonly control: number;
}

/** A frame's times, in nanoseconds from the start of its vertical sync. */
export interface FrameTiming {
  readonly period: number;
  readonly line: number;
  /** When the first line of pixels begins. */
  readonly active: number;
  /** When the vertical compare interrupt comes (LcdVComp). */
  readonly compare: number;
}

/** However the registers are set, no more frames than this a second: the host has to follow. */
const SHORTEST = 1e6;
const BCD = 1 << 26;

/** Pixels of a line. */
export function columns(timing0: number): number {
  return 16 * ((timing0 >>> 2 & 0x3f) + 1);
}

/** Lines of a panel. */
export function lines(timing1: number): number {
  return (timing1 & 0x3ff) + 1;
}

/** Times of a frame (DDI 0161 3.2.1 to 3.2.3), counting a line's clocks as for TFT. */
export function frameTiming(
  { timing0, timing1, timing2, control }: TimingRegisters,
  clock: number,
): FrameTiming {
  const divisor = timing2 & BCD ? 1 : (timing2 >>> 27 << 5 | timing2 & 0x1f) + 2;
  const clocks = columns(timing0) + (timing0 >>> 8 & 0xff) + (timing0 >>> 16 & 0xff) + (timing0 >>> 24) + 3;
  const sync = (timing1 >>> 10 & 0x3f) + 1, front = timing1 >>> 16 & 0xff, back = timing1 >>> 24;
  const rows = lines(timing1);
  const total = sync + back + rows + front;
  const line = Math.max(clocks * divisor / clock * 1e9, SHORTEST / total);
  const starts = [0, sync, sync + back, sync + back + rows]; // sync, back porch, active, front porch
  return {
    period: total * line,
    line,
    active: starts[2] * line,
    compare: starts[control >> 12 & 3] * line,
  };
}
