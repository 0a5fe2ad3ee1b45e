import { assertEquals } from "@std/assert";
import { deviceRig } from "@emu/core";
import debug from "./integrator_debug.ts";

const ALPHA = 0x0, LIGHTS = 0x4, SWITCHES = 0x8;

Deno.test("integrator-debug keeps the four LEDs until reset", () => {
  const { device } = deviceRig(debug);
  device.write(LIGHTS, 4, 0xff);
  assertEquals(device.read(LIGHTS, 4), 0xf);
  device.reset();
  assertEquals(device.read(LIGHTS, 4), 0);
});

Deno.test("integrator-debug takes patterns for its display and is never busy", () => {
  const { device, log } = deviceRig(debug);
  device.write(ALPHA, 4, 0x1234_5678);
  assertEquals([device.read(ALPHA, 4), log.length], [0, 0]);
});

Deno.test("integrator-debug reads the DIP switches as they are set", () => {
  const { device, log } = deviceRig(debug, { properties: { switches: 0b1010 } });
  device.write(SWITCHES, 4, 0);
  assertEquals(device.read(SWITCHES, 4), 0b1010);
  assertEquals(log, ["guest: write of read-only register LED_SWITCHES"]);
});
