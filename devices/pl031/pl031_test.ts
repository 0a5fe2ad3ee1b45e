import { assertEquals } from "@std/assert";
import { deviceRig } from "@emu/core";
import pl031 from "./pl031.ts";

const RTCDR = 0x000, RTCMR = 0x004, RTCLR = 0x008, RTCIMSC = 0x010, RTCRIS = 0x014, RTCICR = 0x01c;
const SECOND = 1e9;

Deno.test("pl031 counts seconds from the wall clock at which the machine was started", () => {
  const { device, advance } = deviceRig(pl031, { epoch: 1_700_000_000.75 * SECOND });
  assertEquals(device.read(RTCDR, 4), 1_700_000_000);
  advance(SECOND / 2);
  assertEquals(device.read(RTCDR, 4), 1_700_000_001);
});

Deno.test("pl031 goes on from the value loaded through RTCLR", () => {
  const { device, advance } = deviceRig(pl031);
  device.write(RTCLR, 4, 0xffff_ffff);
  advance(2 * SECOND);
  assertEquals(device.read(RTCDR, 4), 1);
  assertEquals(device.read(RTCLR, 4), 0xffff_ffff);
});

Deno.test("pl031 raises its interrupt at the match, only while unmasked, until it is cleared", () => {
  const { device, lines, advance } = deviceRig(pl031);
  device.write(RTCIMSC, 4, 1);
  device.write(RTCMR, 4, 3);
  advance(2.9 * SECOND);
  assertEquals(lines.irq, false);
  advance(0.1 * SECOND);
  assertEquals(lines.irq, true);
  device.write(RTCIMSC, 4, 0);
  assertEquals([lines.irq, device.read(RTCRIS, 4)], [false, 1]);
  device.write(RTCIMSC, 4, 1);
  device.write(RTCICR, 4, 1);
  assertEquals([lines.irq, device.read(RTCRIS, 4)], [false, 0]);
});
