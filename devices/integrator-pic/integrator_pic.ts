import { defineDevice, type Line, registerDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const LINES = Array.from({ length: 32 }, (_, i) => `${i}`);

/**
 * Integrator interrupt controller (DUI 0159): primary, secondary and, in a window of 0x40 bytes, the core
 * module's. 32 sources, each of them masked separately for IRQ and FIQ. Source 0 is also raised by software.
 */
export default defineDevice(manifest, {
  size: ({ size }) => size,
  outputs: ["irq", "fiq"],
  inputs: LINES,
  create(context) {
    const { out } = context;
    const s = {
      /** Levels of the input lines, a bit each. */
      level: 0,
      soft: 0,
      irqEnable: 0,
      fiqEnable: 0,
    };

    return {
      ...registerDevice(context, {
        state: s,
        outputs,
        registers: {
          0x00: { name: "IRQ_STATUS", still: true, read: () => raw() & s.irqEnable },
          0x04: { name: "IRQ_RAWSTAT", still: true, read: raw },
          0x08: { name: "IRQ_ENABLESET", read: () => s.irqEnable, write: set("irqEnable") },
          0x0c: { name: "IRQ_ENABLECLR", write: clear("irqEnable") },
          0x10: { name: "INT_SOFTSET", read: () => s.soft, write: set("soft", 1) },
          0x14: { name: "INT_SOFTCLR", write: clear("soft") },
          0x20: { name: "FIQ_STATUS", still: true, read: () => raw() & s.fiqEnable },
          0x24: { name: "FIQ_RAWSTAT", still: true, read: raw },
          0x28: { name: "FIQ_ENABLESET", read: () => s.fiqEnable, write: set("fiqEnable") },
          0x2c: { name: "FIQ_ENABLECLR", write: clear("fiqEnable") },
        },
      }),
      inputs: Object.fromEntries(LINES.map((name, n): [string, Line] => [name, (level) => {
        s.level = (level ? s.level | 1 << n : s.level & ~(1 << n)) >>> 0;
        outputs();
      }])),
    };

    function outputs(): void {
      out.irq((raw() & s.irqEnable) !== 0);
      out.fiq((raw() & s.fiqEnable) !== 0);
    }

    function raw(): number {
      return s.level | s.soft;
    }

    function set(key: "irqEnable" | "fiqEnable" | "soft", mask = 0xffff_ffff): (value: number) => void {
      return (value) => void (s[key] = (s[key] | value & mask) >>> 0);
    }

    function clear(key: "irqEnable" | "fiqEnable" | "soft"): (value: number) => void {
      return (value) => void (s[key] = (s[key] & ~value) >>> 0);
    }
  },
});
