import { createMachine } from "@emu/core";
import { assertEquals } from "@std/assert";

const PLUGIN = import.meta.resolve("./manifest.json");

Deno.test("my-board says hello and shows what is typed", async () => {
  const emu = await createMachine({ board: "my-board", plugins: [PLUGIN], boot: {} });
  try {
    await emu.runUntil("Hello! Type something.\r\n");
    emu.serial.type("abc");
    await emu.runUntil("abc");
  } finally {
    await emu.dispose();
  }
});

Deno.test("my-board leads the lines of its devices to the vCPU", async () => {
  const emu = await createMachine({ board: "my-board", plugins: [PLUGIN], ram: 4 << 20 });
  emu.write(0x4000_0008, 1 << 8); // PIC_IRQ_ENABLESET
  emu.drive("pic.8", true);
  assertEquals(emu.line("cpu.irq"), true);
  assertEquals(emu.read(0x4003_0fe0), 0x31); // PeriphID0 of the PL031
  await emu.dispose();
});
