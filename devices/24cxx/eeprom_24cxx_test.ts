import { deviceRig, type I2cTarget, type RigOptions } from "@emu/core";
import { assert, assertEquals, assertThrows } from "@std/assert";
import eeprom from "./eeprom_24cxx.ts";

const MILLISECOND = 1e6;

function rig(model: string, more: RigOptions = {}) {
  const made = deviceRig(eeprom, { ...more, properties: { model, ...more.properties } });
  const bus = made.device.bus as I2cTarget;
  const wide = Number(model.slice(3)) >= 32;
  const word = (at: number) => wide ? [at >> 8, at & 0xff] : [at & 0xff];
  const chip = (at: number) => bus.addresses[wide ? 0 : at >> 8] ?? bus.addresses[0];
  return {
    ...made,
    bus,
    /** Sends bytes to a word address; whether the chip acknowledged its own address. */
    write(at: number, ...bytes: number[]) {
      if (!bus.start(chip(at), false)) return false;
      for (const byte of [...word(at), ...bytes]) assert(bus.write(byte));
      bus.stop();
      return true;
    },
    /** Random read: a dummy write, a repeated START. */
    read(at: number, count: number) {
      assert(bus.start(chip(at), false));
      for (const byte of word(at)) assert(bus.write(byte));
      assert(bus.start(chip(at), true));
      const bytes = Array.from({ length: count }, () => bus.read());
      bus.stop();
      return bytes;
    },
  };
}

const MODELS = [
  ["24c01", 128, 8, 1],
  ["24c02", 256, 8, 1],
  ["24c04", 512, 16, 2],
  ["24c08", 1024, 16, 4],
  ["24c16", 2048, 16, 8],
  ["24c32", 4096, 32, 1],
  ["24c64", 8192, 32, 1],
  ["24c128", 16384, 64, 1],
  ["24c256", 32768, 64, 1],
  ["24c512", 65536, 128, 1],
] as const;

for (const [model, size, page, addresses] of MODELS) {
  Deno.test(`${model} has ${size} bytes in pages of ${page}, at ${addresses} address(es)`, () => {
    const { bus, read, write, advance } = rig(model);
    assertEquals(bus.addresses.length, addresses);
    write(size - 1, 0x5a);
    advance(5 * MILLISECOND);
    assertEquals(read(size - 1, 2), [0x5a, 0xff], "and goes on at the first byte");
    const last = size - page;
    write(last, ...Array.from({ length: page + 2 }, (_, i) => i & 0xff));
    advance(5 * MILLISECOND);
    assertEquals(read(last, 4), [page, page + 1, 2, 3], "a page wraps round");
  });
}

Deno.test("24cxx does not acknowledge its address during a write cycle, and keeps what it writes", () => {
  const { write, read, advance, bus } = rig("24c02", { properties: { writeTime: 3000 } });
  assertEquals([write(0x10, 1), write(0x11, 2)], [true, false]);
  advance(3 * MILLISECOND - 1);
  assertEquals(bus.start(0x50, true), false);
  advance(1);
  assertEquals(read(0x10, 2), [1, 0xff]);
});

Deno.test("24cxx begins no write cycle for an address alone, or for data without a STOP", () => {
  const { write, read, bus } = rig("24c02");
  write(0x20);
  assert(bus.start(0x50, false));
  bus.write(0x20);
  bus.write(0x77);
  assertEquals(read(0x20, 1), [0xff]);
});

Deno.test("24cxx reads on where it last was", () => {
  const { write, read, bus, advance } = rig("24c02");
  write(0x08, 1, 2, 3);
  advance(5 * MILLISECOND);
  assertEquals(read(0x08, 1), [1]);
  bus.start(0x50, true);
  assertEquals([bus.read(), bus.read()], [2, 3]);
});

Deno.test("24cxx acknowledges and writes nothing while its WP pin is high", () => {
  const { write, read, device } = rig("24c02");
  device.inputs!.wp(true);
  assertEquals([write(0, 9), read(0, 1)], [true, [0xff]]);
  device.inputs!.wp(false);
  write(0, 9);
  assertEquals((device.snapshot() as { cells: Uint8Array }).cells[0], 9);
});

Deno.test("24cxx goes on through a warm reset, and forgets its pointer, not its cells, with the power", () => {
  const { write, bus, device } = rig("24c02", { properties: { writeTime: 0 } });
  write(0x40, 7);
  device.reset("warm");
  assertEquals([bus.start(0x50, true), bus.read()], [true, 0xff]); // 0x41
  write(0, 6);
  device.reset("cold");
  bus.start(0x50, true);
  assertEquals(bus.read(), 6);
});

Deno.test("24cxx with several addresses has to begin at the first of them", () => {
  assertThrows(
    () => rig("24c16", { properties: { address: 0x51 } }),
    Error,
    "a 24c16 has 8 addresses, the first of them 0x50",
  );
  assertThrows(
    () => rig("24c08", { properties: { address: 0x52 } }),
    Error,
    "a 24c08 has 4 addresses, the first of them 0x50 or 0x54",
  );
});

Deno.test("24cxx loads its content from a block back end, and saves what is written", async () => {
  const content = Uint8Array.from({ length: 256 }, (_, i) => i), writes: [number, number[]][] = [];
  const block = {
    size: 256,
    readOnly: false,
    read: (at: number, into: Uint8Array) => Promise.resolve(into.set(content.subarray(at, at + into.length))),
    write: (at: number, from: Uint8Array) => Promise.resolve(void writes.push([at, [...from]])),
    flush: () => Promise.resolve(),
  };
  const { device, read, write } = rig("24c02", { block });
  await device.ready!();
  assertEquals(read(0x80, 3), [0x80, 0x81, 0x82]);
  write(0x0a, 0xaa, 0xbb);
  await device.dispose!();
  assertEquals(writes, [[8, [8, 9, 0xaa, 0xbb, 12, 13, 14, 15]]]);
});

Deno.test("24cxx on a read-only back end is as with its WP pin high", async () => {
  const block = {
    size: 256,
    readOnly: true,
    read: () => Promise.resolve(),
    write: () => Promise.reject(new Error("never")),
    flush: () => Promise.resolve(),
  };
  const { device, read, write } = rig("24c02", { block });
  await device.ready!();
  write(0, 5);
  assertEquals(read(0, 1), [0]);
  await device.dispose!();
});
