import { constant, defineDevice, type Register, registerDevice, type RegisterTable, stored } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };
import { dimmSize, spdImage } from "./spd.ts";

const CTRL = {
  REMAP: 1 << 2,
  RESET: 1 << 3,
  /** The LED, REMAP, and bits 20:8: supplies, multiplexer and enables of the LCD, and EBIWP. */
  WRITABLE: 0x1f_ff05,
} as const;
/** LCDMUXSEL, bits 13:11 of CM_CTRL: what stands between LCD controller and display. */
const LCDMUXSEL = { shift: 11, mask: 7, NONE: 0, VGA565: 2 } as const;
const KEY = 0xa05f;
/** CM_LOCK bit 16: the registers behind the lock are locked. */
const LOCKED = 1 << 16;
/** Rate of the reference counter in Hz. */
const REFERENCE = 24e6;
/** SPDOK, CAS latency 2, one bank; without MEMSIZE in bits 4:2. */
const SDRAM = 0x1_1122;

/**
 * Core module registers of the Integrator/CP with an ARM926EJ-S (DUI 0159). The core module's interrupt
 * controller sits at 0x40 in this window and is a device of its own. `mux565` is high while LCDMUXSEL makes 5:6:5 of
 * 16-bit pixels, and while it was not set at all: as QEMU shows them, where it has no effect.
 */
export default defineDevice(manifest, {
  size: 0x1000,
  outputs: ["remap", "mux565"],
  create(context) {
    const { clock, log, machine, out, properties } = context;
    const size = dimmSize(machine.ramSize);
    const s = {
      cm_osc: 0x0100_0048,
      cm_ctrl: 0,
      key: 0,
      cm_auxosc: 0x0007_feff,
      cm_sdram: SDRAM | Math.log2(size / 16) << 2,
      cm_init: 0x112,
      cm_flags: 0,
      cm_nvflags: 0,
      /** Virtual time from which the two counters count. */
      since: clock.now(),
      voltage: [0, 0, 0, 0],
    };

    return registerDevice(context, {
      state: s,
      outputs,
      onReset: () => void (s.since = clock.now()),
      registers: {
        0x00: constant("CM_ID", 0x411a_3001),
        0x04: constant("CM_PROC", 0),
        0x08: locked("cm_osc"),
        0x0c: {
          name: "CM_CTRL",
          read: () => s.cm_ctrl,
          write(value) {
            s.cm_ctrl = value & CTRL.WRITABLE;
            if (value & CTRL.RESET) context.request("reset");
          },
        },
        0x10: constant("CM_STAT", 0x0010_0000),
        0x14: {
          name: "CM_LOCK",
          read: () => s.key | (s.key === KEY ? 0 : LOCKED),
          write: (value) => void (s.key = value & 0xffff),
        },
        0x18: { name: "CM_LMBUSCNT", still: true, read: () => count(properties.busClock) },
        0x1c: locked("cm_auxosc"),
        0x20: stored(s, "cm_sdram"),
        0x24: stored(s, "cm_init"),
        0x28: { name: "CM_REFCNT", still: true, read: () => count(REFERENCE) },
        ...flags(0x30, "cm_flags"),
        ...flags(0x38, "cm_nvflags"),
        ...voltages(),
        ...memory(0x100, spdImage(size)),
      },
    });

    function outputs(): void {
      const mux = s.cm_ctrl >> LCDMUXSEL.shift & LCDMUXSEL.mask;
      out.remap((s.cm_ctrl & CTRL.REMAP) !== 0);
      out.mux565(mux === LCDMUXSEL.VGA565 || mux === LCDMUXSEL.NONE);
    }

    function count(rate: number): number {
      return Math.floor((clock.now() - s.since) * (rate / 1e9));
    }

    function locked(key: "cm_osc" | "cm_auxosc"): Register {
      const name = key.toUpperCase();
      return {
        name,
        read: () => s[key],
        write(value) {
          if (s.key === KEY) s[key] = value;
          else log.guestError(`write of ${name} while it is locked`);
        },
      };
    }

    /** Flags with a register that reads and sets them, and one that clears them. */
    function flags(at: number, key: "cm_flags" | "cm_nvflags"): RegisterTable {
      const name = key.toUpperCase();
      return {
        [at]: {
          name: `${name}S`,
          read: () => s[key],
          write: (value) => void (s[key] = (s[key] | value) >>> 0),
        },
        [at + 4]: { name: `${name}C`, write: (value) => void (s[key] = (s[key] & ~value) >>> 0) },
      };
    }

    /** The core's supply has no effect on anything; its registers are kept. */
    function voltages(): RegisterTable {
      return Object.fromEntries(s.voltage.map((_, n) => [0x80 + 4 * n, {
        name: `CM_VOLTAGE_CTL${n}`,
        read: () => s.voltage[n],
        write: (value: number) => void (s.voltage[n] = value),
      }]));
    }
  },
});

/** Read-only registers that show bytes, least significant first. */
function memory(at: number, bytes: Uint8Array): RegisterTable {
  const view = new DataView(bytes.buffer);
  const rows: Record<number, Register> = {};
  for (let i = 0; i < bytes.length; i += 4) rows[at + i] = constant("CM_SPD", view.getUint32(i, true));
  return rows;
}
