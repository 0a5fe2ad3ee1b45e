import { defineBoard } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

export default defineBoard(manifest, {
  ram: { minimum: 1 << 20, maximum: 64 << 20, default: 4 << 20 },
  create: ({ ram, cpu = "arm926" }) => ({
    cpu: { isa: "arm", model: cpu },
    memory: { ram: { at: 0, size: ram } },
    devices: {
      pic: { use: "integrator-pic", at: 0x4000_0000, out: { irq: "cpu.irq" } },
      uart0: { use: "pl011", at: 0x4001_0000, out: { irq: "pic.1" }, properties: { chardev: "serial0" } },
      hub: {
        use: "sensor-hub",
        at: 0x4002_0000,
        out: { irq: "pic.2" },
        properties: { period: 100, base: 65 },
      },
      cm: { use: "integrator-cm", at: 0x1000_0000 }, // its reset is the way to end
      eth: { use: "smc91c111", at: 0x4003_0000, out: { irq: "pic.3" }, properties: { netdev: "net0" } },
    },
    boot: {
      machineType: 0xffff_ffff,
      memory: "ram",
      firmware: { file: new URL("./firmware.bin", import.meta.url), at: 0 },
    },
  }),
});
