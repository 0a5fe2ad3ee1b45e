import { bits, defineDevice, i2cBus, i2cLines, i2cLinesState, registerBank, registerDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const BANK = registerBank({
  /** Levels of the lines; writing 1 leaves a line to its resistor. */
  SB_CONTROL: { at: 0x0, fields: { SCL: bits.w1s(0), SDA: bits.w1s(1) } },
  /** Writing 1 drives a line low. */
  SB_CONTROLC: { at: 0x4, fields: { SCL: bits.w(0), SDA: bits.w(1) } },
});

/** Serial bus interface of Arm's Versatile and RealView boards (DUI 0225, 4.20): I²C lines that software moves. */
export default defineDevice(manifest, {
  size: 0x100,
  compatible: "arm,versatile-i2c",
  hosts: { bus: "i2c", many: true },
  create(context) {
    const s = { ...BANK.reset, ...i2cLinesState() };
    const { SB_CONTROL, SB_CONTROLC } = BANK.fields(s);
    const lines = i2cLines(i2cBus(context, () => s), () => s);

    return registerDevice(context, {
      state: s,
      registers: BANK.rows(s, {
        SB_CONTROL: {
          read: () => s.scl | lines.sda() << 1,
          written() {
            lines.drive(s.scl | SB_CONTROL.SCL, s.sda | SB_CONTROL.SDA);
            s.SB_CONTROL = 0;
          },
        },
        SB_CONTROLC: {
          written: () => lines.drive(s.scl & ~SB_CONTROLC.SCL, s.sda & ~SB_CONTROLC.SDA),
        },
      }),
    });
  },
});
