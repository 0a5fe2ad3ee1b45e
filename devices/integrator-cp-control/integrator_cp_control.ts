import { defineDevice, registerDevice, stored } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const INTREG = { WPROT: 1, CARDIN: 1 << 3 } as const;
/** Programming voltage; write enable. The flash's size bits read 0. */
const FLASHPROG = { FLVPPEN: 1, FLWREN: 1 << 1 } as const;
const FLASHPROG_WRITABLE = FLASHPROG.FLVPPEN | FLASHPROG.FLWREN;

/**
 * Integrator/CP baseboard control registers (DUI 0159). The insertion of a card is latched in CP_INTREG and
 * raises `irq` until it is cleared there; the write protection switch is shown as it is. `vpp` lets the flash's cells
 * change: both enables of CP_FLASHPROG must be set. Commands reach the flash without, as Linux' probe expects.
 */
export default defineDevice(manifest, {
  size: 0x1000,
  outputs: ["irq", "vpp"],
  inputs: ["mmc-cardin", "mmc-wprot"],
  create(context) {
    const s = { cp_flashprog: 0, cardin: false, wprot: false, inserted: false };

    return {
      ...registerDevice(context, {
        state: s,
        outputs,
        registers: {
          0x0: { name: "CP_IDFIELD", read: () => 0x4103_4003 },
          0x4: stored(s, "cp_flashprog", FLASHPROG_WRITABLE),
          0x8: {
            name: "CP_INTREG",
            read: () => (s.inserted ? INTREG.CARDIN : 0) | (s.wprot ? INTREG.WPROT : 0),
            write(value) {
              if (value & INTREG.CARDIN) s.inserted = false;
            },
          },
          0xc: { name: "CP_DECODE", read: () => 0x11, write: () => {} },
        },
      }),
      inputs: {
        // A card that is in counts as inserted once the board comes up: the wire is driven again after a reset.
        "mmc-cardin"(level) {
          if (level && !s.cardin) s.inserted = true;
          s.cardin = level;
          outputs();
        },
        "mmc-wprot": (level) => void (s.wprot = level),
      },
    };

    function outputs(): void {
      context.out.irq(s.inserted);
      context.out.vpp(s.cp_flashprog === FLASHPROG_WRITABLE);
    }
  },
});
