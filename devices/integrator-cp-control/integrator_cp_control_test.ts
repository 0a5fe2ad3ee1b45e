import { assertEquals } from "@std/assert";
import { deviceRig } from "@emu/core";
import control from "./integrator_cp_control.ts";

const IDFIELD = 0x0, FLASHPROG = 0x4, INTREG = 0x8, DECODE = 0xc;

Deno.test("integrator-cp-control identifies itself", () => {
  const { device } = deviceRig(control);
  assertEquals([device.read(IDFIELD, 4), device.read(DECODE, 4)], [0x4103_4003, 0x11]);
  device.write(DECODE, 4, 0);
  assertEquals(device.read(DECODE, 4), 0x11);
});

Deno.test("integrator-cp-control keeps the flash's programming and write enables", () => {
  const { device } = deviceRig(control);
  device.write(FLASHPROG, 4, 0xffff_ffff);
  assertEquals(device.read(FLASHPROG, 4), 3);
  device.reset();
  assertEquals(device.read(FLASHPROG, 4), 0);
});

Deno.test("integrator-cp-control latches the insertion of a card until it is cleared", () => {
  const { device, lines } = deviceRig(control);
  device.inputs!["mmc-cardin"](true);
  assertEquals([device.read(INTREG, 4), lines.irq], [8, true]);
  device.write(INTREG, 4, 1);
  assertEquals(lines.irq, true);
  device.write(INTREG, 4, 8);
  assertEquals([device.read(INTREG, 4), lines.irq], [0, false]);
  device.inputs!["mmc-cardin"](false);
  assertEquals(lines.irq, false);
  device.inputs!["mmc-cardin"](true);
  assertEquals(lines.irq, true);
});

Deno.test("integrator-cp-control shows the write protection switch", () => {
  const { device, lines } = deviceRig(control);
  device.inputs!["mmc-wprot"](true);
  device.write(INTREG, 4, 1);
  assertEquals([device.read(INTREG, 4), lines.irq], [1, false]);
  device.inputs!["mmc-wprot"](false);
  assertEquals(device.read(INTREG, 4), 0);
});

Deno.test("integrator-cp-control finds a card that is in when the board is reset", () => {
  const { device, lines } = deviceRig(control);
  device.inputs!["mmc-cardin"](true);
  device.write(INTREG, 4, 8);
  device.reset();
  assertEquals(lines.irq, false);
  device.inputs!["mmc-cardin"](true); // as the machine does after a reset
  assertEquals([device.read(INTREG, 4), lines.irq], [8, true]);
});

Deno.test("integrator-cp-control lets the flash change while both its enables are set", () => {
  const { device, lines } = deviceRig(control);
  const levels = [1, 2, 3, 0, 3].map((value) => (device.write(FLASHPROG, 4, value), lines.vpp));
  assertEquals(levels, [false, false, true, false, true]);
  device.reset();
  assertEquals(lines.vpp, false);
});
