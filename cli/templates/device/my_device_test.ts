import { createMachine, deviceRig } from "@emu/core";
import { assertEquals } from "@std/assert";
import myDevice from "./my_device.ts";

const ID = 0x00, CTRL = 0x04, STATUS = 0x08, VALUE = 0x0c;

Deno.test("my-device squares a number, and raises its line when it is done", () => {
  const { device, lines, advance } = deviceRig(myDevice, { properties: { delay: 10 } });
  device.write(VALUE, 4, 12);
  device.write(CTRL, 4, 3);
  assertEquals([device.read(STATUS, 4), lines.irq], [2, false]);
  advance(10_000);
  assertEquals([device.read(VALUE, 4), device.read(STATUS, 4), lines.irq], [144, 1, true]);
  device.write(STATUS, 4, 1);
  assertEquals([device.read(STATUS, 4), lines.irq], [0, false]);
});

Deno.test("my-device loses its work in a reset", () => {
  const { device, lines, advance } = deviceRig(myDevice);
  device.write(CTRL, 4, 3);
  device.reset();
  advance(1e9);
  assertEquals([device.read(STATUS, 4), lines.irq], [0, false]);
});

Deno.test("my-device is used by a guest: the boot monitor writes and shows its registers", async () => {
  const emu = await createMachine({
    board: "integratorcp",
    plugins: [import.meta.resolve("./manifest.json")],
    devices: [{ use: "my-device", properties: { at: 0x1f00_0000, irq: "pic.9" } }],
    boot: {},
  });
  try {
    await emu.runUntil("cp> ");
    for (const command of ["mw 1f00000c 5", "mw 1f000004 3"]) {
      emu.serial.type(`${command}\r`);
      await emu.runUntil("cp> ");
    }
    await emu.runUntil(() => emu.line("pic.9"));
    emu.serial.type("md 1f000000 4\r");
    await emu.runUntil("00000019"); // 25
    assertEquals(emu.read(0x1f00_0000 + ID), 0x4d59_0001);
  } finally {
    await emu.dispose();
  }
});
