import { defineBoard } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const MIB = 1 << 20;

/** What is where, and which line goes to which pin. */
export default defineBoard(manifest, {
  ram: { minimum: MIB, maximum: 512 * MIB, default: 16 * MIB },
  create: ({ ram, cpu = "arm926" }) => ({
    cpu: { isa: "arm", model: cpu },
    memory: {
      ram: { at: 0, size: ram },
      rom: { at: 0xffff_0000, size: 0x1_0000, rom: true },
    },
    devices: {
      pic: { use: "integrator-pic", at: 0x4000_0000, out: { irq: "cpu.irq", fiq: "cpu.fiq" } },
      timers: {
        use: "integrator-timer",
        at: 0x4001_0000,
        out: { irq0: "pic.5", irq1: "pic.6", irq2: "pic.7" },
      },
      uart0: { use: "pl011", at: 0x4002_0000, out: { irq: "pic.1" }, properties: { chardev: "serial0" } },
      rtc: { use: "pl031", at: 0x4003_0000, out: { irq: "pic.8" } },
    },
    // Guests that look for it read 0; `-d unimp` shows it.
    unimplemented: { watchdog: { at: 0x4004_0000, size: 0x1000 } },
    boot: {
      machineType: 0xffff_ffff, // for Linux: it has to be told by a device tree
      memory: "ram",
      firmware: { file: new URL("./hello.bin", import.meta.url), at: 0xffff_0000 },
    },
  }),
});
