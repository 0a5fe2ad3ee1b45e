import { deviceRig, type I2cTarget } from "@emu/core";
import { assertEquals } from "@std/assert";
import lm75 from "./lm75.ts";

const MILLISECOND = 1e6;
const TEMPERATURE = 0, CONFIGURATION = 1, HYSTERESIS = 2, LIMIT = 3;

function rig(temperature?: number) {
  const made = deviceRig(lm75, { properties: temperature === undefined ? {} : { temperature } });
  const bus = made.device.bus as I2cTarget;
  made.device.reset();
  return {
    ...made,
    write(...bytes: number[]) {
      bus.start(0x48, false);
      for (const byte of bytes) bus.write(byte);
      bus.stop();
    },
    read(pointer: number) {
      bus.start(0x48, false);
      bus.write(pointer);
      bus.start(0x48, true);
      const bytes = [bus.read(), bus.read()];
      bus.stop();
      return bytes;
    },
  };
}

const READINGS = [[25, 0x19, 0x00], [25.5, 0x19, 0x80], [-0.5, 0xff, 0x80], [-55, 0xc9, 0], [125, 0x7d, 0]];
for (const [celsius, high, low] of READINGS) {
  Deno.test(`lm75 says ${celsius} °C as 0x${(high << 8 | low).toString(16)}`, () =>
    assertEquals(rig(celsius).read(TEMPERATURE), [high, low]));
}

Deno.test("lm75 starts with limits of 80 and 75 °C, and keeps what is written", () => {
  const { read, write } = rig();
  assertEquals([read(LIMIT), read(HYSTERESIS), read(CONFIGURATION)[0]], [[80, 0], [75, 0], 0]);
  write(LIMIT, 0xf6, 0xff);
  write(CONFIGURATION, 0xff);
  assertEquals([read(LIMIT), read(CONFIGURATION)[0]], [[0xf6, 0x80], 0x1f]);
});

Deno.test("lm75 drives O.S. low beyond the limit until it is below the hysteresis", () => {
  const { write, lines, advance } = rig(30);
  assertEquals(lines.os, true);
  write(LIMIT, 29, 0);
  write(HYSTERESIS, 28, 0);
  assertEquals(lines.os, true, "a conversion takes 100 ms");
  advance(100 * MILLISECOND);
  assertEquals(lines.os, false);
  write(LIMIT, 35, 0);
  advance(100 * MILLISECOND);
  assertEquals(lines.os, false);
  write(HYSTERESIS, 31, 0);
  advance(100 * MILLISECOND);
  assertEquals(lines.os, true);
});

Deno.test("lm75 waits for as many faults as its queue says, and not at all when shut down", () => {
  const { write, lines, advance } = rig(30);
  write(CONFIGURATION, 2 << 3);
  write(LIMIT, 29, 0);
  advance(399 * MILLISECOND);
  assertEquals(lines.os, true);
  advance(MILLISECOND);
  assertEquals(lines.os, false);
  const off = rig(30);
  off.write(CONFIGURATION, 1);
  off.write(LIMIT, 29, 0);
  off.advance(1e9);
  assertEquals(off.lines.os, true);
});

Deno.test("lm75 in interrupt mode takes O.S. back when it is read, with the polarity it is given", () => {
  const { write, read, lines, advance } = rig(30);
  write(HYSTERESIS, 28, 0);
  write(CONFIGURATION, 6);
  assertEquals(lines.os, false);
  write(LIMIT, 29, 0);
  advance(100 * MILLISECOND);
  assertEquals(lines.os, true);
  read(TEMPERATURE);
  assertEquals(lines.os, false);
  advance(1e9);
  assertEquals(lines.os, false);
  write(HYSTERESIS, 31, 0);
  advance(100 * MILLISECOND);
  assertEquals(lines.os, true, "below the hysteresis is an event too");
});
