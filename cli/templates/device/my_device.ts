import { bits, defineDevice, NEVER, registerBank, registerDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const MICROSECOND = 1e3;

/** As a datasheet says it: where a register is, its fields, and what an access does to each. */
const BANK = registerBank({
  ID: { at: 0x00, reset: 0x4d59_0001, access: "r" },
  CTRL: { at: 0x04, fields: { START: bits.w(0), IRQ_ENABLE: bits.rw(1) } },
  STATUS: { at: 0x08, fields: { DONE: bits.w1c(0), BUSY: bits.r(1) } },
  VALUE: { at: 0x0c },
});

export default defineDevice(manifest, {
  size: 0x200,
  outputs: ["irq"],
  create(context) {
    const { clock, out, properties } = context;
    /** The whole state: what a reset puts back, and a snapshot holds. */
    const s = {
      ...BANK.reset,
      /** Virtual time at which the result is there, in nanoseconds. */
      deadline: NEVER,
    };
    const { CTRL, STATUS } = BANK.fields(s);
    const alarm = clock.alarm(() => {
      s.VALUE = Math.imul(s.VALUE, s.VALUE) >>> 0;
      s.deadline = NEVER;
      STATUS.BUSY = 0;
      STATUS.DONE = 1;
      outputs();
    });

    return registerDevice(context, {
      state: s,
      outputs,
      registers: BANK.rows(s, {
        CTRL: {
          written() {
            if (CTRL.START) start();
          },
        },
      }),
    });

    /** Drives lines and timers from the state; called after each access, reset and restore. */
    function outputs(): void {
      alarm.at(s.deadline);
      out.irq(STATUS.DONE === 1 && CTRL.IRQ_ENABLE === 1);
    }

    function start(): void {
      STATUS.BUSY = 1;
      s.deadline = clock.now() + properties.delay * MICROSECOND;
    }
  },
});
