import { defineBoard } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const MIB = 1 << 20;
/** CM_CTRL, and its REMAP bit: the boot code's first act on the real board. */
const CM_CTRL = { at: 0x1000_000c, REMAP: 1 << 2 } as const;

/** Where logic modules would be: lines of the primary controller that nothing drives, shared by turns. */
const FREE_LINES = [9, 28];
const SLOTS = Array.from({ length: 8 }, (_, i) => {
  const line = FREE_LINES[i % FREE_LINES.length];
  const fdt = { interruptParent: "/pic@14000000", interrupts: [line] };
  return { at: 0x1e00_0000 + 0x200 * i, size: 0x200, irq: `pic.${line}`, fdt };
});

/**
 * Arm Integrator/CP: CP baseboard (DUI 0159) with an ARM926EJ-S core module (DUI 0138). Interrupt numbers are
 * those of the primary controller (DUI 0159, 3.6).
 */
export default defineBoard(manifest, {
  ram: { minimum: MIB, maximum: 512 * MIB, default: 128 * MIB },
  create: ({ ram, cpu = "arm926" }) => ({
    cpu: { isa: "arm", model: cpu },
    memory: { ram: { at: 0, size: ram } },
    devices: {
      cm: { use: "integrator-cm", at: 0x1000_0000, out: { mux565: "lcd.mux565" } },
      cic: {
        use: "integrator-pic",
        at: 0x1000_0040,
        out: { irq: "cpu.irq", fiq: "cpu.fiq" },
        properties: { size: 0x40 },
      },
      ebi: { use: "integrator-ebi", at: 0x1200_0000 },
      timers: {
        use: "integrator-timer",
        at: 0x1300_0000,
        out: { irq0: "pic.5", irq1: "pic.6", irq2: "pic.7" },
      },
      pic: { use: "integrator-pic", at: 0x1400_0000, out: { irq: "cpu.irq", fiq: "cpu.fiq" } },
      rtc: { use: "pl031", at: 0x1500_0000, out: { irq: "pic.8" } },
      uart0: {
        use: "pl011",
        at: 0x1600_0000,
        out: { irq: "pic.1" },
        properties: { chardev: "serial0", clock: 14_745_600 },
      },
      uart1: {
        use: "pl011",
        at: 0x1700_0000,
        out: { irq: "pic.2" },
        properties: { chardev: "serial1", clock: 14_745_600 },
      },
      kmi0: { use: "pl050", at: 0x1800_0000, out: { irq: "pic.3" }, child: { use: "ps2-keyboard" } },
      kmi1: { use: "pl050", at: 0x1900_0000, out: { irq: "pic.4" }, child: { use: "ps2-mouse" } },
      debug: { use: "integrator-debug", at: 0x1a00_0000 },
      mmci: {
        use: "pl181",
        at: 0x1c00_0000,
        out: { irq0: "pic.23", irq1: "pic.24", cardin: "cp.mmc-cardin", wprot: "cp.mmc-wprot" },
        child: { use: "sd-card", properties: { block: "sd0" } },
      },
      aaci: { use: "pl041", at: 0x1d00_0000, out: { irq: "pic.25" }, properties: { audio: "audio0" } },
      // As large as the window that Linux' device tree tells of.
      flash: { use: "cfi-flash", at: 0x2400_0000, properties: { block: "pflash0", size: 32 * MIB } },
      lcd: { use: "pl110", at: 0xc000_0000, out: { irq: "pic.22" } },
      eth: { use: "smc91c111", at: 0xc800_0000, out: { irq: "pic.27" }, properties: { netdev: "net0" } },
      sic: { use: "integrator-pic", at: 0xca00_0000, out: { irq: "pic.26" } },
      cp: { use: "integrator-cp-control", at: 0xcb00_0000, out: { irq: "sic.3", vpp: "flash.vpp" } },
    },
    slots: SLOTS,
    aliases: {
      sdram: { at: 0x8000_0000, size: ram, of: "ram" },
      // Until the boot code sets REMAP the vectors are the flash's.
      boot: { at: 0, size: 256 << 10, of: "flash", when: "!cm.remap" },
    },
    boot: {
      machineType: 275,
      memory: "ram",
      firmware: { file: new URL("./firmware/monitor.bin", import.meta.url), at: 0 },
      setup: [{ at: CM_CTRL.at, value: CM_CTRL.REMAP }],
    },
  }),
});
