import { assertEquals, assertThrows } from "@std/assert";
import { type BlockBackend, deviceRig } from "@emu/core";
import cfiFlash from "./cfi_flash.ts";

const MIB = 2 ** 20, SECTOR = 0x4_0000;
const READY = 0x0080_0080, ERASED = 0xffff_ffff;
const both = (half: number) => (half | half << 16) >>> 0;

async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
}

function medium(size: number, readOnly = false) {
  const bytes = new Uint8Array(size);
  const sizes: number[] = [];
  const block: BlockBackend = {
    size,
    readOnly,
    read: async (at, into) => into.set(await Promise.resolve(bytes.subarray(at, at + into.length))),
    async write(at, from) {
      await Promise.resolve();
      sizes.push(from.length);
      bytes.set(from, at);
    },
    flush: () => Promise.resolve(),
  };
  return { bytes, block, sizes };
}

function rig(properties = {}, block?: BlockBackend) {
  const made = deviceRig(cfiFlash, { properties: { size: MIB, ...properties }, ...(block ? { block } : {}) });
  const { device } = made;
  device.inputs!.vpp(true);
  /** Reads as the machine does: from memory where it may. */
  const read = (at: number) =>
    made.backing!.direct ? new DataView(made.backing!.bytes.buffer).getUint32(at, true) : device.read(at, 4);
  const write = (at: number, value: number) => device.write(at, 4, value);
  const command = (at: number, ...halves: number[]) => halves.forEach((half) => write(at, both(half)));
  function program(at: number, value: number): number {
    command(at, 0x40);
    write(at, value);
    return read(at);
  }
  return { ...made, read, write, command, program };
}

Deno.test("cfi-flash starts erased, and is read as memory", () => {
  const { read, backing } = rig();
  assertEquals([read(0), read(MIB - 4), backing!.direct], [ERASED, ERASED, true]);
});

Deno.test("cfi-flash answers the query in both lanes", () => {
  const { read, command, backing } = rig({ size: 16 * MIB });
  command(0x55 * 4, 0x98);
  assertEquals(backing!.direct, false);
  const bytes = Array.from({ length: 0x34 }, (_, i) => read(4 * (0x10 + i)));
  assertEquals(bytes.every((word) => word >>> 16 === (word & 0xffff)), true);
  const at = (word: number) => bytes[word - 0x10] & 0xff;
  assertEquals([0x10, 0x11, 0x12].map((word) => String.fromCharCode(at(word))).join(""), "QRY");
  assertEquals([at(0x13), at(0x15), at(0x27), at(0x2a), at(0x2c)], [1, 0x31, 23, 5, 1]);
  assertEquals([at(0x2d), at(0x2e), at(0x2f), at(0x30)], [63, 0, 0, 2]); // 64 blocks of 128 KiB
  assertEquals([0x31, 0x32, 0x33].map((word) => String.fromCharCode(at(word))).join(""), "PRI");
  command(0, 0xff);
  assertEquals([read(0x40), backing!.direct], [ERASED, true]);
});

Deno.test("cfi-flash shows identifier and lock bits", () => {
  const { read, command } = rig({ size: 16 * MIB });
  command(0, 0x90);
  assertEquals([read(0), read(4), read(8)], [both(0x89), both(0x17), 0]);
  command(SECTOR, 0x60, 0x01, 0x90);
  assertEquals([read(8), read(SECTOR + 8)], [0, both(1)]);
});

Deno.test("cfi-flash gives each lane its half of a command", () => {
  const { read, write, backing } = rig();
  write(0, 0x0090_0000);
  assertEquals([read(0), read(4)], [0x0089_ffff, 0x0017_ffff]);
  write(0, 0x00ff_0000);
  assertEquals(backing!.direct, true);
});

Deno.test("cfi-flash takes 16-bit accesses to one chip and reads of any width", () => {
  const { device, backing } = rig();
  device.write(2, 2, 0x90);
  assertEquals([device.read(2, 2), device.read(0, 2), device.read(2, 1), device.read(3, 1)], [
    0x89,
    0xffff,
    0x89,
    0,
  ]);
  device.write(2, 1, 0xff);
  assertEquals(backing!.direct, true);
});

Deno.test("cfi-flash programs a word, clearing bits only", () => {
  const { read, command, program } = rig();
  assertEquals(program(0x100, 0x1234_5678), READY);
  program(0x100, 0xff00_ff00);
  command(0, 0xff);
  assertEquals(read(0x100), 0x1200_5600);
});

Deno.test("cfi-flash programs a buffer of up to sixteen words when it is confirmed", () => {
  const { read, write, command } = rig();
  command(0x400, 0xe8);
  assertEquals(read(0x400), READY);
  command(0x400, 15);
  for (let i = 0; i < 16; i++) write(0x400 + 4 * i, i);
  command(0x400, 0xd0);
  assertEquals(read(0x400), READY);
  command(0, 0xff);
  assertEquals([read(0x404), read(0x43c), read(0x440)], [1, 15, ERASED]);
});

Deno.test("cfi-flash programs no buffer that is not confirmed", () => {
  const { read, write, command } = rig();
  command(0, 0xe8, 0);
  write(0, 0);
  command(0, 0xff);
  assertEquals(read(0), both(0xb0));
  command(0, 0x50, 0xff);
  assertEquals(read(0), ERASED);
});

Deno.test("cfi-flash refuses a buffer too long or across blocks", () => {
  const { read, write, command } = rig();
  command(0, 0xe8, 16);
  assertEquals(read(0), both(0xb0));
  command(0, 0x50, 0xe8, 1);
  write(SECTOR - 4, 0);
  write(SECTOR, 0);
  command(0, 0xd0);
  assertEquals(read(0), both(0xb0));
  command(0, 0xff);
  assertEquals([read(SECTOR - 4), read(SECTOR)], [ERASED, ERASED]);
});

Deno.test("cfi-flash erases a block, and is busy meanwhile", () => {
  const { read, command, program, advance } = rig();
  program(SECTOR - 4, 0);
  program(SECTOR, 0);
  program(2 * SECTOR, 0);
  command(SECTOR, 0x20, 0xd0);
  assertEquals(read(SECTOR), 0);
  advance(2e6);
  assertEquals(read(SECTOR), READY);
  command(0, 0xff);
  assertEquals([read(SECTOR - 4), read(SECTOR), read(2 * SECTOR)], [0, ERASED, 0]);
});

Deno.test("cfi-flash reports an erase that is not confirmed as a wrong sequence until cleared", () => {
  const { read, command } = rig();
  command(0, 0x20, 0xff);
  assertEquals(read(0), both(0xb0));
  command(0, 0x50);
  assertEquals(read(0), READY);
});

Deno.test("cfi-flash suspends an erase, lets the array be read and programmed, and resumes", () => {
  const { read, command, program, advance, log } = rig();
  command(0, 0x20, 0xd0, 0xff);
  assertEquals([log.length, read(0)], [2, 0]); // busy: only status and suspend are taken
  command(0, 0xb0);
  assertEquals(read(0), both(0xc0));
  assertEquals(program(SECTOR, 0x11), both(0xc0));
  command(0, 0xff);
  assertEquals([read(0), read(SECTOR)], [ERASED, 0x11]);
  advance(5e6);
  command(0, 0xd0);
  assertEquals(read(0), 0);
  advance(1e6);
  assertEquals(read(0), READY);
});

Deno.test("cfi-flash changes nothing without its programming voltage", () => {
  const { device, read, command, program } = rig();
  device.inputs!.vpp(false);
  assertEquals(program(0, 0), both(0x98));
  command(0, 0x50, 0x20, 0xd0);
  assertEquals(read(0), both(0xa8));
  command(0, 0x50, 0x60, 0x01);
  assertEquals(read(0), both(0x98));
  command(0, 0xff);
  assertEquals(read(0), ERASED);
});

Deno.test("cfi-flash keeps a locked block until all lock bits are cleared", () => {
  const { read, command, program } = rig();
  command(0, 0x60, 0x01);
  assertEquals(program(0, 0), both(0x92));
  command(0, 0x50, 0x20, 0xd0);
  assertEquals(read(0), both(0xa2));
  command(0, 0x50, 0x60, 0xd0);
  assertEquals(program(0, 0), READY);
});

for (
  const [name, properties, block] of [["the property", { readOnly: true }, undefined], [
    "the medium",
    {},
    true,
  ]]
) {
  Deno.test(`cfi-flash that is read-only by ${name} refuses to be programmed`, async () => {
    const { program } = rig(properties as object, block ? medium(MIB, true).block : undefined);
    await settle();
    assertEquals(program(0, 0), both(0x92));
  });
}

Deno.test("cfi-flash refuses the protection register and ignores the configuration of a pin", () => {
  const { read, write, command } = rig();
  command(0, 0xc0);
  write(0, 0);
  assertEquals(read(0), both(0x92));
  command(0, 0x50, 0xb8, 0x01);
  assertEquals(read(0), READY);
});

Deno.test("cfi-flash loads its content, and cannot be changed before", async () => {
  const { bytes, block } = medium(MIB / 2);
  bytes.set([1, 2, 3, 4]);
  const { read, command, program } = rig({}, block);
  assertEquals(program(0x100, 0), both(0x98));
  await settle();
  command(0, 0xff);
  assertEquals([read(0), read(0x100), read(MIB / 2)], [0x0403_0201, 0, ERASED]);
});

Deno.test("cfi-flash saves what was programmed, in few writes", async () => {
  const { bytes, block, sizes } = medium(MIB);
  bytes.fill(0xff);
  const { program } = rig({}, block);
  await settle();
  for (let i = 0; i < 0x2000; i += 4) program(0x1000 + i, i);
  await settle();
  assertEquals(new DataView(bytes.buffer).getUint32(0x1ffc, true), 0xffc);
  assertEquals(sizes.length <= 3, true);
});

Deno.test("cfi-flash keeps cells and lock bits over a reset, and goes back to reading", () => {
  const { device, read, command, program, backing } = rig();
  program(0, 0x1234);
  command(SECTOR, 0x60, 0x01);
  device.reset();
  assertEquals([backing!.direct, read(0)], [true, 0x1234]);
  command(0, 0x90);
  assertEquals(read(SECTOR + 8), both(1));
});

Deno.test("cfi-flash restores its cells and what it was about, and saves the difference", async () => {
  const { bytes, block } = medium(MIB);
  bytes.fill(0xff);
  const { device, read, command, program } = rig({}, block);
  await settle();
  program(0x2000, 0x1234);
  command(0, 0x40);
  const saved = device.snapshot();
  device.write(0, 4, 0);
  program(0x3000, 0);
  device.restore(saved);
  device.write(0, 4, 0x77);
  command(0, 0xff);
  assertEquals([read(0), read(0x2000), read(0x3000)], [0x77, 0x1234, ERASED]);
  await settle();
  assertEquals([bytes[0], bytes[0x2000], bytes[0x3000]], [0x77, 0x34, 0xff]);
});

Deno.test("cfi-flash of an impossible size is refused", () => {
  assertThrows(() => rig({ size: 3 * MIB }), Error, "Cannot make a flash of 3145728 bytes");
});

Deno.test("cfi-flash survives any accesses in any order", async () => {
  let seed = 9;
  const random = () => (seed = Math.imul(seed, 1103515245) + 12345 >>> 0) >>> 8;
  const { block } = medium(MIB);
  const { device, advance, log } = rig({}, block);
  await settle();
  const codes = [0xff, 0x90, 0x98, 0x70, 0x50, 0x10, 0x40, 0xe8, 0x20, 0x60, 0xc0, 0xb8, 0xb0, 0xd0, 1, 15];
  for (let i = 0; i < 100_000; i++) {
    const width = 1 << random() % 3, at = random() % MIB & -width;
    const value = random() % 4 ? both(codes[random() % codes.length]) : random() * 256;
    if (random() % 2) device.read(at, width);
    else device.write(at, width, value % 2 ** (8 * width));
    advance(random() % 100_000);
    log.length = 0;
    if (i % 64 === 0) await Promise.resolve();
  }
  const { chips, cells } = device.snapshot() as { chips: { filled: number }[]; cells: Uint8Array };
  assertEquals([chips.length, chips.every(({ filled }) => filled <= 16), cells.length <= MIB], [
    2,
    true,
    true,
  ]);
});
