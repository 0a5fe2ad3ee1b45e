import { defineDevice, NEVER, registerDevice, type RegisterTable } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const CONTROL = {
  ONESHOT: 1,
  SIZE32: 1 << 1,
  INT_ENABLE: 1 << 5,
  PERIODIC: 1 << 6,
  ENABLE: 1 << 7,
  ALL: 0xef,
} as const;
/** Divider by bits 3:2 of the control register; the last encoding is not defined. */
const PRESCALE = [1, 16, 256, 1] as const;
const TIMERS = [0, 1, 2] as const;
type N = typeof TIMERS[number];

/** A counter that stands is its count; one that runs is the time at which it reaches 0. */
function counter() {
  return { load: 0, control: CONTROL.INT_ENABLE as number, raised: false, count: 0xffff_ffff, zero: NEVER };
}

/**
 * Integrator/CP counter/timers (DUI 0159): three down counters with the registers of half an SP804 (DDI 0271)
 * each, 0x100 bytes apart. Periods that pass unseen raise the interrupt once, and no timer is set while it is
 * raised: a period of any shortness costs the host one event for each time the guest clears the interrupt.
 */
export default defineDevice(manifest, {
  size: 0x1000,
  outputs: ["irq0", "irq1", "irq2"],
  create(context) {
    const { clock, out, properties } = context;
    const s = { timers: TIMERS.map(counter) };
    const alarms = TIMERS.map(() => clock.alarm(outputs));
    const lines = [out.irq0, out.irq1, out.irq2];

    return registerDevice(context, {
      state: s,
      outputs,
      registers: Object.assign({}, ...TIMERS.map(registers)) as RegisterTable,
    });

    function registers(n: N): RegisterTable {
      const base = 0x100 * n;
      return {
        [base + 0x00]: {
          name: `Timer${n}Load`,
          still: true,
          read: () => s.timers[n].load,
          write(value) {
            settle(n);
            Object.assign(s.timers[n], { load: value, count: value, zero: NEVER });
            if (s.timers[n].control & CONTROL.ENABLE) start(n, value % modulus(n));
          },
        },
        // Read-only by the manual; Linux writes it and means nothing by it. If it passes 0 as it is read, the alarm
        // that is set for that time raises the line.
        [base + 0x04]: {
          name: `Timer${n}Value`,
          still: true,
          read: () => value(n) % modulus(n),
          write: () => {},
        },
        [base + 0x08]: {
          name: `Timer${n}Control`,
          still: true,
          read: () => s.timers[n].control,
          write(value) {
            stop(n);
            s.timers[n].control = value & CONTROL.ALL;
            if (value & CONTROL.ENABLE) resume(n);
          },
        },
        [base + 0x0c]: {
          name: `Timer${n}IntClr`,
          write() {
            settle(n);
            s.timers[n].raised = false;
          },
        },
        [base + 0x10]: { name: `Timer${n}RIS`, read: () => raised(n) },
        [base + 0x14]: {
          name: `Timer${n}MIS`,
          read: () => s.timers[n].control & CONTROL.INT_ENABLE ? raised(n) : 0,
        },
        [base + 0x18]: {
          name: `Timer${n}BGLoad`,
          read: () => s.timers[n].load,
          write(value) {
            settle(n);
            s.timers[n].load = value;
          },
        },
      };
    }

    function outputs(): void {
      for (const n of TIMERS) {
        settle(n);
        const { control, raised, zero } = s.timers[n];
        const enabled = (control & CONTROL.INT_ENABLE) !== 0;
        // While nobody would hear of it, passing 0 can wait until somebody looks.
        alarms[n].at(enabled && !raised ? zero : NEVER);
        lines[n](enabled && raised);
      }
    }

    /** Nanoseconds between two counts. */
    function tick(n: N): number {
      const frequency = n === 0 ? properties.clock0 : properties.clock;
      return 1e9 * PRESCALE[s.timers[n].control >> 2 & 3] / frequency;
    }

    /** Counts from 0 to the next 0. */
    function period(n: N): number {
      const { control, load } = s.timers[n];
      if (!(control & CONTROL.PERIODIC)) return modulus(n);
      return Math.max(1, load % modulus(n));
    }

    function modulus(n: N): number {
      return s.timers[n].control & CONTROL.SIZE32 ? 0x1_0000_0000 : 0x1_0000;
    }

    /** Does what the counter has done since it was last looked at. */
    function settle(n: N): void {
      const timer = s.timers[n];
      const late = clock.now() - timer.zero;
      if (late < 0 || timer.zero === NEVER) return;
      timer.raised = true;
      if (timer.control & CONTROL.ONESHOT) Object.assign(timer, { count: 0, zero: NEVER });
      else {
        const cycle = period(n) * tick(n);
        timer.zero += cycle * (Math.floor(late / cycle) + 1);
      }
    }

    function value(n: N): number {
      settle(n);
      const { count, zero } = s.timers[n];
      if (zero === NEVER) return count;
      // A hundredth of a count forgives what a tick of broken nanoseconds loses in rounding.
      return Math.ceil((zero - clock.now()) / tick(n) - 0.01) % modulus(n);
    }

    function raised(n: N): number {
      settle(n);
      return Number(s.timers[n].raised);
    }

    function start(n: N, count: number): void {
      s.timers[n].zero = clock.now() + count * tick(n);
    }

    function stop(n: N): void {
      // A count that stands keeps the high half of its load, for a control write may widen the counter.
      const count = value(n);
      Object.assign(s.timers[n], { count, zero: NEVER });
    }

    function resume(n: N): void {
      const count = s.timers[n].count % modulus(n);
      if (count > 0) start(n, count);
      // At 0 a one-shot counter waits for its next load; the others go on with what comes after 0.
      else if (!(s.timers[n].control & CONTROL.ONESHOT)) start(n, period(n));
    }
  },
});
