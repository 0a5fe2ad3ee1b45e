import { defineDevice, type Register, registerDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const KEY = 0xa05f;
/** EBI_LOCK bit 16: the chip select registers are locked. */
const LOCKED = 1 << 16;
/** Chip select 0 selects the boot ROM, 1 the flash, 2 the SSRAM, 3 the expansion. */
const CHIPS = [0, 1, 2, 3] as const;

/**
 * Integrator external bus interface (DUI 0098): width, write enable and wait states of the memories on the
 * static bus, kept while EBI_LOCK is open. They are stored; what is written to the flash is the flash's affair.
 */
export default defineDevice(manifest, {
  size: 0x1000,
  create(context) {
    const s = { csr: [0, 0, 0, 0], key: 0 };

    return registerDevice(context, {
      state: s,
      registers: {
        ...Object.fromEntries(CHIPS.map((chip) => [4 * chip, csr(chip)])),
        0x20: {
          name: "EBI_LOCK",
          read: () => s.key | (s.key === KEY ? 0 : LOCKED),
          write: (value) => void (s.key = value & 0xffff),
        },
      },
    });

    function csr(chip: number): Register {
      return {
        name: `EBI_CSR${chip}`,
        read: () => s.csr[chip],
        write(value) {
          if (s.key === KEY) s.csr[chip] = value & 0xff;
          else context.log.guestError(`write of EBI_CSR${chip} while it is locked`);
        },
      };
    }
  },
});
