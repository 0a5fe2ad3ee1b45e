import { constant, defineDevice, NEVER, registerDevice, stored } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const MICROSECOND = 1e3, SENSORS = 8, DEPTH = 16;
const CTRL = { ENABLE: 1 << 0, IRQ: 1 << 1 } as const;
const STATUS = { DATA: 1 << 0, FULL: 1 << 1, OVERRUN: 1 << 2 } as const;

/** A made-up hub: while enabled it takes a sample of each sensor in turn; a sample is sensor << 16 | value. */
export default defineDevice(manifest, {
  size: 0x100,
  outputs: ["irq", "trigger"],
  inputs: ["hold"],
  create(context) {
    const { clock, out, properties: { period, base } } = context;
    const s = { ctrl: 0, threshold: 1, fifo: [] as number[], taken: 0, overrun: 0, next: NEVER, hold: false };
    const alarm = clock.alarm(sample);

    const file = registerDevice(context, {
      state: s,
      outputs,
      registers: {
        0x00: constant("ID", 0x5e50_0002),
        0x04: { name: "CTRL", read: () => s.ctrl, write: control },
        0x08: {
          name: "STATUS",
          read: () =>
            (s.fifo.length > 0 ? STATUS.DATA : 0) | (s.fifo.length === DEPTH ? STATUS.FULL : 0) | s.overrun,
          write: (value) => void (s.overrun &= ~value),
        },
        0x0c: { name: "DATA", read: () => s.fifo.shift() ?? 0 },
        0x10: stored(s, "threshold", DEPTH - 1),
        0x14: { name: "CALIBRATE" },
      },
    });
    return {
      ...file,
      inputs: {
        hold: (level) => {
          s.hold = level;
          outputs();
        },
      },
    };

    function outputs(): void {
      alarm.at(s.hold ? NEVER : s.next);
      out.irq((s.ctrl & CTRL.IRQ) !== 0 && s.fifo.length >= Math.max(1, s.threshold));
      out.trigger((s.ctrl & CTRL.ENABLE) !== 0);
    }

    function control(value: number): void {
      s.ctrl = value & (CTRL.ENABLE | CTRL.IRQ);
      s.next = value & CTRL.ENABLE ? clock.now() + period * MICROSECOND : NEVER;
    }

    function sample(): void {
      const sensor = s.taken++ % SENSORS;
      if (s.fifo.length === DEPTH) s.overrun = STATUS.OVERRUN;
      else s.fifo.push(sensor << 16 | base + sensor);
      s.next += period * MICROSECOND;
      outputs();
    }
  },
});
