import { createMachine, deviceRig } from "@emu/core";
import { assertEquals } from "@std/assert";
import sensorLog from "./sensor_log.ts";

const LOG = 0x1f00_0000, RING = 0x1f01_0000, I2C = 0x1f02_0000, RAM = 0x10_0000;
const MICROSECOND = 1e3;

/** The machine: what is of this package, on a board of Emu's, beside a bus controller of Emu's. */
function machine(more: { properties?: Record<string, Record<string, unknown>>; traced?: string[] } = {}) {
  return createMachine({
    board: "integratorcp",
    boot: {},
    options: { icount: 0 },
    plugins: ["sensor-log", "sensor-ring", "sensor-node", "sensor-chip"]
      .map((name) => import.meta.resolve(`../${name}/manifest.json`)),
    devices: [
      { use: "sensor-log", properties: { id: "log", at: LOG, stored: "pic.9", room: "1K", hold: "1ms" } },
      { use: "sensor-ring", properties: { id: "ring", at: RING } },
      { use: "sensor-node", properties: { id: "left", on: "ring", number: 1, level: 41 } },
      { use: "sensor-node", properties: { id: "right", on: "ring", number: 2, level: 42 } },
      { use: "versatile-i2c", properties: { id: "i2c0", at: I2C } },
      { use: "sensor-chip", properties: { on: "i2c0" } },
    ],
    ...more.properties && { properties: more.properties },
    ...more.traced && {
      traces: [{ pattern: "sensor-log_record", write: (line: string) => void more.traced!.push(line) }],
    },
  });
}

Deno.test("sensor-log writes records to memory, shows their count, and holds its line for a while", () => {
  const { device, lines, ram, advance, backing } = deviceRig(sensorLog, { properties: { hold: 5 } });
  device.write(4, 4, 0x100);
  advance(MICROSECOND);
  device.inputs!.trigger(true);
  device.inputs!.trigger(true);
  assertEquals([device.read(0, 4), lines.stored, backing?.direct], [2, true, true]);
  assertEquals([...ram.subarray(0x100, 0x110)], [0, 0, 0, 0, 0xe8, 3, 0, 0, 1, 0, 0, 0, 0xe8, 3, 0, 0]);
  advance(5 * MICROSECOND);
  assertEquals(lines.stored, false);
});

Deno.test("sensor-log keeps its count through a warm reset, and takes over what version 1 saved", async () => {
  const emu = await machine();
  try {
    emu.drive("log.trigger", true);
    emu.machine.reset("warm");
    assertEquals(emu.read(LOG), 2, "the line is still high, and is driven again");
    const saved = emu.machine.saveDevices();
    assertEquals([saved.log.device, saved.log.version], ["sensor-log", 2]);
    const old = { device: "sensor-log", version: 1, state: { base: RAM, bytes: 40, until: Infinity } };
    emu.machine.restoreDevices({ ...saved, log: old });
    assertEquals(emu.read(LOG), 5);
    emu.drive("log.trigger", false);
    emu.machine.reset("cold");
    assertEquals(emu.read(LOG), 0);
  } finally {
    await emu.dispose();
  }
});

Deno.test("a machine gives a foreign device memory, lines, DMA, units and traces", async () => {
  const traced: string[] = [], emu = await machine({ traced });
  try {
    emu.write(LOG + 4, RAM);
    emu.drive("log.trigger", true);
    assertEquals([emu.read(LOG), emu.line("log.stored"), emu.line("pic.9")], [1, true, true]);
    assertEquals([...emu.peek(RAM, 4)], [0, 0, 0, 0]);
    assertEquals(traced.map((line) => line.split(" ").slice(1).join(" ")), [
      "log sensor-log_record number=0 at=0x100000",
    ]);
  } finally {
    await emu.dispose();
  }
});

Deno.test("a foreign bus has several devices, and a foreign chip sits on a bus of Emu's", async () => {
  const emu = await machine();
  try {
    const ask = (node: number) => (emu.write(RING, node), emu.read(RING + 4));
    assertEquals([emu.read(RING + 8), ask(1), ask(2), ask(3)], [2, 41, 42, 0xffff_ffff]);
    const set = (lines: number) => emu.write(I2C, lines),
      clear = (lines: number) => emu.write(I2C + 4, lines);
    const SCL = 1, SDA = 2;
    const clock = (bit: number) => {
      if (bit) set(SDA);
      else clear(SDA);
      set(SCL);
      const level = emu.read(I2C) >> 1 & 1;
      clear(SCL);
      return level;
    };
    clear(SDA);
    clear(SCL);
    for (let i = 7; i >= 0; i--) clock(0x41 >> i & 1); // 0x20, read
    assertEquals(clock(1), 0, "acknowledged");
    let byte = 0;
    for (let i = 0; i < 8; i++) byte = byte << 1 | clock(1);
    assertEquals(byte, 0x10);
  } finally {
    await emu.dispose();
  }
});
