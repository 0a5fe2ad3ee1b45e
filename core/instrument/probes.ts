/** What a probe of translated code calls. `a`, `b`, `c` are the values it was given. */
export type ProbeFunction = (site: number, a: number, b: number, c: number) => void;

/**
 * What translated code calls for instrumentation: functions by number, and for each place that calls one ("site")
 * which it is. Both only grow until all translated code is dropped.
 */
export class Probes {
  readonly run: ProbeFunction[] = [];
  /** Number of the function, by site. */
  readonly callbackOf: number[] = [];
  /** Whether counters are looked at where devices are accessed, too. */
  exact = false;

  clear(): void {
    this.run.length = 0;
    this.callbackOf.length = 0;
  }
}
