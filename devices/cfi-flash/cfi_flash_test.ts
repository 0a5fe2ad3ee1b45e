import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type BlockBackend, deviceRig } from "@emu/core";
import cfiFlash from "./cfi_flash.ts";

const MIB = 2 ** 20, SECTOR = 0x4_0000;
const READY = 0x0080_0080, ERASED = 0xffff_ffff;
const both = (half: number) => (half | half << 16) >>> 0;

async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
}

function medium(size: number, readOnly = false) {
  const bytes = new Uint8Array(size).fill(0xff);
  const made = { bytes, sizes: [] as number[], flushes: 0, broken: false };
  const work = async () => {
    await Promise.resolve();
    if (made.broken) throw new Error("the disk is full");
  };
  const block: BlockBackend = {
    size,
    readOnly,
    async read(at, into) {
      await work();
      into.set(bytes.subarray(at, at + into.length));
    },
    async write(at, from) {
      await work();
      made.sizes.push(from.length);
      bytes.set(from, at);
    },
    async flush() {
      await work();
      made.flushes++;
    },
  };
  return Object.assign(made, { block });
}

function rig(properties = {}, block?: BlockBackend) {
  const made = deviceRig(cfiFlash, { properties: { size: MIB, ...properties }, ...(block ? { block } : {}) });
  const { device } = made;
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

Deno.test("cfi-flash without an image starts erased, and takes up no memory", () => {
  const { read, backing } = rig();
  assertEquals([read(0), read(MIB - 4), backing!.direct], [ERASED, ERASED, false]);
  assertEquals(backing!.bytes.every((byte) => byte === 0), true);
});

Deno.test("cfi-flash fills no more than the sector that is programmed", () => {
  const { device, read, command, program, backing } = rig();
  program(SECTOR + 4, 0x1234);
  command(0, 0xff);
  assertEquals([device.read(SECTOR, 4), read(SECTOR + 4), read(2 * SECTOR)], [ERASED, 0x1234, ERASED]);
  const filled = [0, 1, 2, 3].map((sector) => backing!.bytes[sector * SECTOR] === 0xff);
  assertEquals([...filled, backing!.direct], [false, true, false, false, false]);
});

Deno.test("cfi-flash that is read a lot comes to be read as memory", () => {
  const { device, read, command, program, backing } = rig();
  program(SECTOR, 0x1234);
  command(0, 0xff);
  for (let i = 0; i < 100_000; i++) device.read(4 * (i % 64), 4);
  assertEquals([read(SECTOR), read(0), backing!.direct], [0x1234, ERASED, true]);
});

Deno.test("cfi-flash tells of every cell that changes, and of nothing else", () => {
  const { command, program, backing, advance } = rig();
  program(0x100, 0xfffe_fffe);
  assertEquals(backing!.changes, [[0x100, 2], [0x102, 2]]);
  backing!.changes.length = 0;
  program(0x100, ERASED);
  assertEquals(backing!.changes, []);
  command(0, 0x20, 0xd0);
  advance(2e6);
  assertEquals(backing!.changes, [[0, SECTOR], [0, SECTOR]]);
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
  assertEquals(read(0x40), ERASED);
});

Deno.test("cfi-flash is read as memory only while both chips show their cells", async () => {
  const { write, command, backing, device } = rig({}, medium(MIB).block);
  await device.ready!();
  assertEquals(backing!.direct, true);
  write(0, 0x0090_0000);
  assertEquals(backing!.direct, false);
  write(0, 0x00ff_0000);
  assertEquals(backing!.direct, true);
  command(0, 0x70);
  assertEquals(backing!.direct, false);
});

Deno.test("cfi-flash shows identifier and lock bits", () => {
  const { read, command } = rig({ size: 16 * MIB });
  command(0, 0x90);
  assertEquals([read(0), read(4), read(8)], [both(0x89), both(0x17), 0]);
  command(SECTOR, 0x60, 0x01, 0x90);
  assertEquals([read(8), read(SECTOR + 8)], [0, both(1)]);
});

Deno.test("cfi-flash gives each lane its half of a command", () => {
  const { read, write } = rig();
  write(0, 0x0090_0000);
  assertEquals([read(0), read(4)], [0x0089_ffff, 0x0017_ffff]);
  write(0, 0x00ff_0000);
  assertEquals(read(0), ERASED);
});

Deno.test("cfi-flash takes 16-bit accesses to one chip and reads of any width", () => {
  const { device } = rig();
  device.write(2, 2, 0x90);
  assertEquals([device.read(2, 2), device.read(0, 2), device.read(2, 1), device.read(3, 1)], [
    0x89,
    0xffff,
    0x89,
    0,
  ]);
  device.write(2, 1, 0xff);
  assertEquals(device.read(2, 2), 0xffff);
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
  const { device, read, command, program, backing } = rig({}, block);
  assertEquals(program(0x100, 0), both(0x98));
  command(0, 0xff);
  await device.ready!();
  assertEquals([read(0), read(0x100), read(MIB / 2)], [0x0403_0201, ERASED, ERASED]);
  assertEquals(backing!.direct, true);
});

Deno.test("cfi-flash whose image cannot be read holds the start back, and never writes to it", async () => {
  const { block, bytes, ...disk } = medium(MIB);
  bytes.fill(7);
  const broken = { ...block, read: () => Promise.reject(new Error("the disk is gone")) };
  const { device, program } = rig({}, broken);
  await assertRejects(() => device.ready!(), Error, "the disk is gone");
  assertEquals(program(0, 0), both(0x98));
  await device.dispose!();
  assertEquals([disk.sizes.length, bytes.every((byte) => byte === 7)], [0, true]);
});

Deno.test("cfi-flash saves what was programmed, in few writes", async () => {
  const { bytes, block, sizes } = medium(MIB);
  const { device, program } = rig({}, block);
  await device.ready!();
  for (let i = 0; i < 0x2000; i += 4) program(0x1000 + i, i);
  await settle();
  assertEquals(new DataView(bytes.buffer).getUint32(0x1ffc, true), 0xffc);
  assertEquals(sizes, [0x2000]);
});

Deno.test("cfi-flash has all on the medium for good when it is disposed of", async () => {
  const disk = medium(MIB);
  const { device, program } = rig({}, disk.block);
  await device.ready!();
  program(0x1000, 0);
  program(0x8_0000, 0);
  await device.dispose!();
  assertEquals([disk.bytes[0x1000], disk.bytes[0x8_0000], disk.flushes], [0, 0, 1]);
});

Deno.test("cfi-flash tries again to save what it could not, and complains at the end", async () => {
  const disk = medium(MIB);
  const { device, program, log } = rig({}, disk.block);
  await device.ready!();
  disk.broken = true;
  program(0x1000, 0);
  await settle();
  assertEquals(log.length, 1);
  await assertRejects(async () => await device.dispose!(), Error, "the disk is full");
  disk.broken = false;
  program(0x8_0000, 0);
  await settle();
  assertEquals([disk.bytes[0x1000], disk.bytes[0x8_0000]], [0, 0]);
});

Deno.test("cfi-flash keeps cells and lock bits over a reset, and goes back to reading", () => {
  const { device, read, command, program } = rig();
  program(0, 0x1234);
  command(SECTOR, 0x60, 0x01);
  device.reset();
  assertEquals(read(0), 0x1234);
  command(0, 0x90);
  assertEquals(read(SECTOR + 8), both(1));
});

Deno.test("cfi-flash restores its cells and what it was about, and saves the difference", async () => {
  const { bytes, block, sizes } = medium(MIB);
  const { device, read, command, program, backing } = rig({}, block);
  await device.ready!();
  program(0x2000, 0x1234);
  command(0, 0x40);
  const saved = device.snapshot();
  device.write(0, 4, 0);
  program(0x3000, 0);
  await settle();
  sizes.length = backing!.changes.length = 0;
  device.restore(saved);
  assertEquals(backing!.changes, [[0, 0x1000], [0x3000, 0x1000]]);
  device.write(0, 4, 0x77);
  command(0, 0xff);
  assertEquals([read(0), read(0x2000), read(0x3000)], [0x77, 0x1234, ERASED]);
  await settle();
  assertEquals([bytes[0], bytes[0x2000], bytes[0x3000]], [0x77, 0x34, 0xff]);
  assertEquals(sizes, [0x1000, 0x1000]);
});

Deno.test("cfi-flash saves in a snapshot the sectors that are not erased", () => {
  const { device, command, program } = rig({ size: 32 * MIB });
  program(3 * SECTOR, 0);
  program(5 * SECTOR, 0);
  command(5 * SECTOR, 0x20, 0xd0);
  const { cells } = device.snapshot() as { cells: { at: number; bytes: Uint8Array }[] };
  assertEquals(cells.map(({ at, bytes }) => [at, bytes.length, bytes[0], bytes[4]]), [
    [3 * SECTOR, SECTOR, 0, 0xff],
  ]);
});

Deno.test("cfi-flash restored to before its image was loaded leaves the image alone", async () => {
  const { bytes, block, sizes } = medium(MIB);
  bytes.set([1, 2, 3, 4]);
  const { device, read } = rig({}, block);
  const early = device.snapshot();
  await device.ready!();
  device.restore(early);
  await device.dispose!();
  assertEquals([read(0), bytes[0], sizes.length], [0x0403_0201, 1, 0]);
});

Deno.test("cfi-flash restored while its image is being loaded takes the restored content, all of it", async () => {
  const source = rig();
  source.program(0x8_0000, 0x1234);
  const { bytes, block } = medium(MIB);
  bytes.fill(7);
  const { device, read, command } = rig({}, block);
  await Promise.resolve();
  device.restore(source.device.snapshot());
  await device.ready!();
  await device.dispose!();
  command(0, 0xff);
  assertEquals([read(0), read(0x8_0000), read(MIB - 4)], [ERASED, 0x1234, ERASED]);
  assertEquals([bytes[0], bytes[0x8_0000], bytes[MIB - 1]], [0xff, 0x34, 0xff]);
});

Deno.test("cfi-flash that is read-only is restored, and its image stays as it is", async () => {
  const source = rig();
  source.program(0, 0);
  source.command(0, 0xff);
  for (const [properties, readOnly] of [[{ readOnly: true }, false], [{}, true]] as const) {
    const { bytes, block, sizes } = medium(MIB, readOnly);
    const { device, read } = rig(properties, block);
    await device.ready!();
    device.restore(source.device.snapshot());
    await device.dispose!();
    assertEquals([read(0), bytes[0], sizes.length], [0, 0xff, 0]);
  }
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
  const { chips, cells } = device.snapshot() as { chips: { filled: number }[]; cells: unknown[] };
  assertEquals([chips.length, chips.every(({ filled }) => filled <= 16), cells.length <= 4], [2, true, true]);
});
