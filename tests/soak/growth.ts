/** Share by which the last quarter may exceed the one before. */
export const TOLERANCE = 0.1;

/** How a series of equally spaced values went on in its second half. */
export interface Growth {
  /** Means of the third and the last quarter. */
  readonly third: number;
  readonly last: number;
  /** Whether it was still growing at the end. */
  readonly unbounded: boolean;
}

/** Judges a series; undefined if it has fewer than eight values, which tell nothing. */
export function growthOf(values: readonly number[]): Growth | undefined {
  if (values.length < 8) return undefined;
  const half = values.length >> 1, threeQuarters = half + (values.length - half >> 1);
  const third = mean(values.slice(half, threeQuarters)), last = mean(values.slice(threeQuarters));
  return { third, last, unbounded: last > third * (1 + TOLERANCE) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
