import { assertEquals } from "@std/assert";
import { deviceRig } from "@emu/core";
import cm from "./integrator_cm.ts";
import { dimmSize } from "./spd.ts";

const ID = 0x00,
  PROC = 0x04,
  OSC = 0x08,
  CTRL = 0x0c,
  STAT = 0x10,
  LOCK = 0x14,
  LMBUSCNT = 0x18,
  AUXOSC = 0x1c;
const SDRAM = 0x20, INIT = 0x24, REFCNT = 0x28, FLAGS = 0x30, NVFLAGS = 0x38, VOLTAGE = 0x80, SPD = 0x100;
const MIB = 1 << 20, SECOND = 1e9;

function module(ramSize = 128 * MIB) {
  const rig = deviceRig(cm, { ramSize });
  return {
    ...rig,
    read: (offset: number) => rig.device.read(offset, 4),
    write: (offset: number, value: number) => rig.device.write(offset, 4, value),
  };
}

Deno.test("integrator-cm has the reset values of the Integrator/CP", () => {
  const { read, lines } = module();
  assertEquals([ID, PROC, OSC, CTRL, STAT].map(read), [0x411a_3001, 0, 0x0100_0048, 0, 0x0010_0000]);
  assertEquals([AUXOSC, SDRAM, INIT, FLAGS, NVFLAGS].map(read), [0x0007_feff, 0x0001_112e, 0x112, 0, 0]);
  assertEquals(lines.remap, false);
});

Deno.test("integrator-cm puts RAM at address 0 while REMAP is set", () => {
  const { device, write, lines } = module();
  write(CTRL, 4);
  assertEquals(lines.remap, true);
  write(CTRL, 1);
  assertEquals(lines.remap, false);
  write(CTRL, 4);
  device.reset();
  assertEquals(lines.remap, false);
});

Deno.test("integrator-cm asks for a reset by a bit that reads 0", () => {
  const { read, write, requests } = module();
  write(CTRL, 5);
  assertEquals(requests, []);
  write(CTRL, 0xd);
  assertEquals([requests, read(CTRL)], [["reset"], 5]);
});

Deno.test("integrator-cm keeps the LED and LCD bits, and reads as mounted on its motherboard", () => {
  const { read, write, requests } = module();
  write(CTRL, 0xffff_fff7);
  assertEquals([read(CTRL), requests], [0x1f_ff05, []]);
});

Deno.test("integrator-cm changes its oscillators only while they are unlocked", () => {
  const { read, write, log } = module();
  for (const register of [OSC, AUXOSC]) {
    const before = read(register);
    write(register, 0x123);
    assertEquals([read(register), read(LOCK)], [before, 0x1_0000]);
    write(LOCK, 0xffff_a05f);
    assertEquals(read(LOCK), 0xa05f);
    write(register, 0x123);
    write(LOCK, 0);
    write(register, 0x456);
    assertEquals(read(register), 0x123);
  }
  assertEquals(log.length, 4);
});

Deno.test("integrator-cm counts the reference clock from reset", () => {
  const { device, read, advance } = module();
  advance(SECOND);
  assertEquals([read(REFCNT), read(LMBUSCNT)], [24_000_000, 40_000_000]);
  advance(200 * SECOND);
  assertEquals(read(REFCNT), 201 * 24_000_000 % 2 ** 32);
  device.reset();
  assertEquals([read(REFCNT), read(LMBUSCNT)], [0, 0]);
});

Deno.test("integrator-cm sets and clears flags bit by bit", () => {
  for (const register of [FLAGS, NVFLAGS]) {
    const { read, write } = module();
    write(register, 0x8000_0001);
    write(register, 0x6);
    assertEquals(read(register), 0x8000_0007);
    write(register + 4, 0x8000_0002);
    assertEquals(read(register), 5);
  }
});

Deno.test("integrator-cm keeps memory, initialisation and voltage registers", () => {
  const { read, write } = module();
  for (const register of [SDRAM, INIT, VOLTAGE, VOLTAGE + 4, VOLTAGE + 8, VOLTAGE + 12]) {
    write(register, 0xf000_0000 + register);
    assertEquals(read(register), 0xf000_0000 + register);
  }
});

Deno.test("integrator-cm describes its memory in a presence detect image with a right checksum", () => {
  for (const size of [16, 32, 64, 128, 256]) {
    const { device, read } = module(size * MIB);
    const spd = Array.from({ length: 256 }, (_, i) => device.read(SPD + i, 1));
    const [, , type, rows, columns, modules, width] = spd;
    assertEquals(type, 4);
    assertEquals(2 ** (rows + columns) * spd[17] * modules * width / 8, size * MIB);
    assertEquals(spd[31] * 4, size);
    assertEquals(spd[63], spd.slice(0, 63).reduce((sum, byte) => sum + byte) & 0xff);
    assertEquals(16 << (read(SDRAM) >> 2 & 7), size);
  }
});

Deno.test("integrator-cm names the largest memory it knows below what it has", () => {
  assertEquals([1, 96, 200, 512, 4096].map((size) => dimmSize(size * MIB)), [16, 64, 128, 256, 256]);
});

Deno.test("integrator-cm leaves the interrupt controller's registers to another device", () => {
  const { read, log } = module();
  for (let offset = 0x40; offset < 0x80; offset += 4) read(offset);
  assertEquals(log.length, 16);
});

Deno.test("integrator-cm multiplexes 16-bit pixels to 5:6:5 unless LCDMUXSEL asks for something else", () => {
  const { device, lines } = deviceRig(cm);
  device.reset();
  const shown = Array.from({ length: 8 }, (_, mux) => {
    device.write(CTRL, 4, mux << 11);
    return lines.mux565;
  });
  assertEquals(shown, [true, false, true, false, false, false, false, false]);
});
