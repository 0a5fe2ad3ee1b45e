import { constant, defineDevice, NEVER, registerDevice, stored } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const MICROSECOND = 1e3;

const CTRL = { START: 1 << 0, IRQ_ENABLE: 1 << 1 } as const;
const STATUS = { DONE: 1 << 0, BUSY: 1 << 1 } as const;

export default defineDevice(manifest, {
  size: 0x1000,
  outputs: ["irq"],
  create(context) {
    const { clock, out, properties } = context;
    /** The whole state: what a reset puts back, and a snapshot holds. */
    const s = {
      value: 0,
      irqEnable: 0,
      done: 0,
      /** Virtual time at which the result is there, in nanoseconds. */
      deadline: NEVER,
    };
    const alarm = clock.alarm(() => {
      s.value = Math.imul(s.value, s.value) >>> 0;
      s.done = STATUS.DONE;
      s.deadline = NEVER;
      outputs();
    });

    return registerDevice(context, {
      state: s,
      outputs,
      registers: {
        0x00: constant("ID", 0x4d59_0001),
        0x04: { name: "CTRL", read: () => s.irqEnable, write: control },
        // Writing 1 clears DONE.
        0x08: { name: "STATUS", read: status, write: (value) => void (s.done &= ~value) },
        0x0c: stored(s, "value"),
      },
    });

    /** Drives lines and timers from the state; called after each access, reset and restore. */
    function outputs(): void {
      alarm.at(s.deadline);
      out.irq(s.done !== 0 && s.irqEnable !== 0);
    }

    function control(value: number): void {
      s.irqEnable = value & CTRL.IRQ_ENABLE;
      if (value & CTRL.START) s.deadline = clock.now() + properties.delay * MICROSECOND;
    }

    function status(): number {
      return s.done | (s.deadline === NEVER ? 0 : STATUS.BUSY);
    }
  },
});
