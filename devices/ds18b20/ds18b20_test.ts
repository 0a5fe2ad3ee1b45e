import { deviceRig, oneWireCrc, type OneWireTarget } from "@emu/core";
import { assertEquals } from "@std/assert";
import ds18b20 from "./ds18b20.ts";

const MILLISECOND = 1e6;

function rig(properties: Record<string, unknown> = {}) {
  const made = deviceRig(ds18b20, { properties }), bus = made.device.bus as OneWireTarget;
  const write = (...bytes: number[]) => {
    for (const byte of bytes) for (let i = 0; i < 8; i++) bus.slot(byte >> i & 1);
  };
  const read = (count: number) =>
    Array.from({ length: count }, () => {
      let byte = 0;
      for (let i = 0; i < 8; i++) byte |= bus.slot(1) << i;
      return byte;
    });
  /** A function command to the only chip. */
  const command = (...bytes: number[]) => {
    bus.reset();
    write(0xcc, ...bytes);
  };
  return {
    ...made,
    bus,
    write,
    read,
    command,
    scratchpad() {
      command(0xbe);
      return read(9);
    },
  };
}

Deno.test("ds18b20 says 85 °C until it has measured, and has a right CRC", () => {
  const { scratchpad } = rig();
  const bytes = scratchpad();
  assertEquals(bytes.slice(0, 8), [0x50, 0x05, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10]);
  assertEquals(oneWireCrc(bytes), 0);
});

const READINGS = [[125, 0x07d0], [25.0625, 0x0191], [0.5, 8], [-0.5, 0xfff8], [-10.125, 0xff5e], [
  -55,
  0xfc90,
]];
for (const [temperature, value] of READINGS) {
  Deno.test(`ds18b20 says ${temperature} °C as 0x${value.toString(16).padStart(4, "0")}`, () => {
    const { command, advance, scratchpad } = rig({ temperature });
    command(0x44);
    advance(750 * MILLISECOND);
    const [low, high] = scratchpad();
    assertEquals(high << 8 | low, value);
  });
}

const RESOLUTIONS = [[0x1f, 93.75, 0x0198], [0x3f, 187.5, 0x019c], [0x5f, 375, 0x019e], [0x7f, 750, 0x019f]];
for (const [configuration, time, value] of RESOLUTIONS) {
  Deno.test(`ds18b20 measures in ${time} ms with configuration 0x${configuration.toString(16)}`, () => {
    const { bus, command, advance, scratchpad } = rig({ temperature: 25.9375 });
    command(0x4e, 100, 0, configuration);
    command(0x44);
    advance(time * MILLISECOND - 1);
    assertEquals(bus.slot(1), 0, "busy");
    advance(1);
    assertEquals(bus.slot(1), 1);
    const [low, high] = scratchpad();
    assertEquals(high << 8 | low, value);
  });
}

Deno.test("ds18b20's temperature is the old one while it measures", () => {
  const { command, advance, scratchpad } = rig({ temperature: 20 });
  command(0x44);
  advance(MILLISECOND);
  assertEquals(scratchpad().slice(0, 2), [0x50, 0x05]);
  advance(750 * MILLISECOND);
  assertEquals(scratchpad().slice(0, 2), [0x40, 0x01]);
});

Deno.test("ds18b20 keeps its settings in EEPROM when told, and recalls them", () => {
  const { command, scratchpad, device, bus, advance } = rig();
  command(0x4e, 1, 2, 0xff);
  assertEquals(scratchpad().slice(2, 5), [1, 2, 0x7f]);
  command(0xb8);
  assertEquals(scratchpad().slice(2, 5), [0x4b, 0x46, 0x7f]);
  command(0x4e, 3, 4, 0x3f);
  command(0x48);
  assertEquals(bus.slot(1), 0);
  advance(10 * MILLISECOND);
  assertEquals(bus.slot(1), 1);
  device.reset("cold");
  assertEquals(scratchpad().slice(2, 5), [3, 4, 0x3f]);
});

Deno.test("ds18b20 takes part in an alarm search while its temperature is at or beyond a limit", () => {
  const { bus, write, command, advance } = rig({ temperature: 30 });
  const answers = () => {
    bus.reset();
    write(0xec);
    return bus.slot(1) + bus.slot(1) < 2;
  };
  command(0x4e, 31, -20 & 0xff, 0x7f);
  command(0x44);
  advance(750 * MILLISECOND);
  assertEquals(answers(), false);
  command(0x4e, 30, -20 & 0xff, 0x7f);
  assertEquals(answers(), true);
  command(0x4e, 40, 30, 0x7f);
  assertEquals(answers(), true);
});

Deno.test("ds18b20 tells how it is powered, and with parasite power never that it is busy", () => {
  const own = rig(), parasite = rig({ parasite: true });
  own.command(0xb4);
  parasite.command(0xb4);
  assertEquals([own.bus.slot(1), parasite.bus.slot(1)], [1, 0]);
  parasite.command(0x44);
  assertEquals(parasite.bus.slot(1), 1);
});

Deno.test("ds18b20 says nothing after another's ROM code, and logs a command that there is none of", () => {
  const { bus, write, read, command, log } = rig({ serial: 7 });
  bus.reset();
  write(0x55, 0x28, 8, 0, 0, 0, 0, 0, 0, 0xbe);
  assertEquals(read(2), [0xff, 0xff]);
  command(0x12);
  assertEquals(log, ["guest: function command 0x12"]);
});
