import { assertEquals } from "@std/assert";
import { deviceRig } from "@emu/core";
import ebi from "./integrator_ebi.ts";

const CSR = [0x0, 0x4, 0x8, 0xc], LOCK = 0x20;

Deno.test("integrator-ebi keeps each chip select register while it is unlocked", () => {
  const { device, log } = deviceRig(ebi);
  device.write(LOCK, 4, 0xa05f);
  CSR.forEach((at, i) => device.write(at, 4, 0xf00 | 0x21 + i));
  assertEquals(CSR.map((at) => device.read(at, 4)), [0x21, 0x22, 0x23, 0x24]);
  assertEquals(log, []);
});

Deno.test("integrator-ebi ignores and logs writes to a locked register", () => {
  const { device, log } = deviceRig(ebi);
  device.write(CSR[1], 4, 4);
  device.write(LOCK, 4, 0xa05f);
  device.write(CSR[1], 4, 8);
  device.write(LOCK, 4, 0);
  device.write(CSR[1], 4, 4);
  assertEquals(device.read(CSR[1], 4), 8);
  assertEquals(log, Array(2).fill("guest: write of EBI_CSR1 while it is locked"));
});

Deno.test("integrator-ebi shows whether it is locked", () => {
  const { device } = deviceRig(ebi);
  assertEquals(device.read(LOCK, 4), 0x1_0000);
  device.write(LOCK, 4, 0xa05f);
  assertEquals(device.read(LOCK, 4), 0xa05f);
  device.reset();
  assertEquals(device.read(LOCK, 4), 0x1_0000);
});
