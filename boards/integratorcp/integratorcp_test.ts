import { assertEquals, assertStringIncludes } from "@std/assert";
import { type BlockBackend, createMachine, type LibrarySetup } from "@emu/core";

const CM_CTRL = 0x1000_000c, FLASHPROG = 0xcb00_0004, INTREG = 0xcb00_0008, FLASH = 0x2400_0000;
const LCD = 0xc000_0000, PIC_RAWSTAT = 0x1400_0004, SIC_ENABLESET = 0xca00_0008, FRAME = 0x10_0000;
const MMC_LINE = 3, SIC_LINE = 26;

function medium(size: number, readOnly = false) {
  const bytes = new Uint8Array(size).fill(0xff);
  const made = { bytes, flushes: 0, slow: Promise.resolve() };
  const block: BlockBackend & { close(): void } = {
    size,
    readOnly,
    async read(at, into) {
      await made.slow;
      into.set(bytes.subarray(at, at + into.length));
    },
    async write(at, from) {
      await made.slow;
      bytes.set(from, at);
    },
    flush: () => Promise.resolve(void made.flushes++),
    close() {},
  };
  return Object.assign(made, { block });
}

/** The board, with a program that does nothing. */
function board(more: Partial<LibrarySetup> = {}) {
  return createMachine({
    board: "integratorcp",
    boot: { kernel: Uint8Array.of(0xfe, 0xff, 0xff, 0xea) },
    ...more,
  });
}

Deno.test("integratorcp lets the flash change only while CP_FLASHPROG enables it", async () => {
  const { read, write, dispose } = await board();
  const program = () => {
    for (const word of [0x0040_0040, 0x1234_5678]) write(FLASH, word);
    const status = read(FLASH);
    for (const word of [0x0050_0050, 0x00ff_00ff]) write(FLASH, word);
    return [status, read(FLASH)];
  };
  assertEquals(program(), [0x0098_0098, 0xffff_ffff]);
  write(FLASHPROG, 3);
  assertEquals(program(), [0x0080_0080, 0x1234_5678]);
  write(FLASHPROG, 1);
  assertEquals(program()[0], 0x0098_0098);
  await dispose();
});

for (const accel of ["jit", "interp"] as const) {
  Deno.test(`integratorcp runs code in flash, and notices when it is programmed anew (${accel})`, async () => {
    const { block, bytes } = medium(1 << 20);
    // mov r0, #3; mov r1, #FRAME; str r0, [r1]; mov pc, lr
    new Uint32Array(bytes.buffer).set([0xe3a0_0003, 0xe3a0_1601, 0xe581_0000, 0xe1a0_f00e]);
    // 0: mov r4, #FLASH; mov lr, pc; mov pc, r4; b 0b
    const calls = Uint32Array.of(0xe3a0_4424, 0xe1a0_e00f, 0xe1a0_f004, 0xeaff_fffb);
    const { machine, runUntil, read, write, dispose } = await board({
      boot: { kernel: new Uint8Array(calls.buffer) },
      blocks: { pflash0: block },
      options: { accel },
    });
    const start = machine.loop.executed;
    await runUntil(() => read(FRAME) === 3 && machine.loop.executed > start + 100_000);
    write(FLASHPROG, 3);
    for (const word of [0x0040_0040, 0xe3a0_0001, 0x0050_0050, 0x00ff_00ff]) write(FLASH, word);
    write(FRAME, 0);
    const seen = new Set<number>(), from = machine.loop.executed;
    await runUntil(() => seen.add(read(FRAME)) && machine.loop.executed > from + 100_000);
    assertEquals([...seen], [0, 1]);
    await dispose();
  });
}

Deno.test("integratorcp waits for the flash's image before it runs, and has saved it when it has ended", async () => {
  const go = Promise.withResolvers<void>();
  const image = medium(1 << 20);
  image.bytes.set([1, 2, 3, 4], 0x100);
  image.slow = go.promise;
  const { machine, runUntil, read, write, dispose } = await board({ blocks: { pflash0: image.block } });
  const running = runUntil(() => true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(machine.loop.executed, 0);
  go.resolve();
  await running;
  await machine.ready();
  assertEquals(read(FLASH + 0x100), 0x0403_0201);
  write(FLASHPROG, 3);
  for (const word of [0x0040_0040, 0]) write(FLASH + 0x100, word);
  assertEquals(await dispose(), []);
  assertEquals([image.bytes[0x100], image.flushes], [0, 1]);
});

Deno.test("integratorcp does not start with a flash image that cannot be read", async () => {
  const { block } = medium(1 << 20);
  const read = () => Promise.reject(new Error("the disk is gone"));
  const { run, dispose } = await board({ blocks: { pflash0: { ...block, read } } });
  const problem = await run().catch((error) => String(error));
  assertStringIncludes(String(problem), 'Cannot start "flash": the disk is gone');
  await dispose();
});

Deno.test("integratorcp tells of the card in its slot, after every reset", async () => {
  const { machine, read, write, dispose } = await board({ blocks: { sd0: medium(8 << 20, true).block } });
  for (let i = 0; i < 2; i++) {
    assertEquals(read(INTREG), 1 << 3 | 1);
    write(SIC_ENABLESET, 1 << MMC_LINE);
    assertEquals(read(PIC_RAWSTAT) >>> SIC_LINE & 1, 1);
    write(INTREG, 1 << 3);
    assertEquals([read(INTREG), read(PIC_RAWSTAT) >>> SIC_LINE & 1], [1, 0]);
    machine.reset();
  }
  await dispose();
});

Deno.test("integratorcp without a card has an empty slot", async () => {
  const { read, dispose } = await board();
  assertEquals(read(INTREG), 0);
  await dispose();
});

const MULTIPLEXED = [
  { name: "5:6:5 while LCDMUXSEL is not set", mux: 0, pixel: [0xe0, 0x07], green: 0xfc },
  { name: "5:6:5 by VGA565", mux: 2, pixel: [0xe0, 0x07], green: 0xfc },
  { name: "5:5:5 by VGA555", mux: 4, pixel: [0xe0, 0x03], green: 0xf8 },
];
for (const { name, mux, pixel, green } of MULTIPLEXED) {
  Deno.test(`integratorcp shows 16-bit pixels as ${name}`, async () => {
    const { machine, write, poke, dispose } = await board();
    poke(FRAME, Uint8Array.from(pixel));
    write(CM_CTRL, 4 | mux << 11);
    write(LCD, 39 << 2);
    write(LCD + 4, 479);
    write(LCD + 0x10, FRAME);
    write(LCD + 0x1c, 0x929); // 16 bits, TFT, BGR, on
    assertEquals([...machine.displays[0].render()!.pixels.subarray(0, 4)], [0, green, 0, 0xff]);
    await dispose();
  });
}

Deno.test("integratorcp shows the flash at address 0 until REMAP is set", async () => {
  const { block, bytes } = medium(1 << 20);
  bytes.set([1, 2, 3, 4]);
  const { machine, read, write, poke, dispose } = await board({ blocks: { pflash0: block } });
  await machine.ready();
  poke(0, Uint8Array.of(5, 6, 7, 8));
  assertEquals(read(0), 0x0807_0605);
  write(CM_CTRL, 0);
  assertEquals([read(0), read(0x8000_0000)], [0x0403_0201, 0x0807_0605]);
  write(CM_CTRL, 4);
  assertEquals(read(0), 0x0807_0605);
  await dispose();
});
