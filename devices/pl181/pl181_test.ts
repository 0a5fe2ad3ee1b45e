import { assertEquals } from "@std/assert";
import { type BlockBackend, deviceRig, type SdCard } from "@emu/core";
import sdCard from "../sd-card/sd_card.ts";
import pl181 from "./pl181.ts";

const CLOCK = 0x04, ARGUMENT = 0x08, COMMAND = 0x0c, RESPCMD = 0x10, RESPONSE0 = 0x14, DATATIMER = 0x24;
const DATALENGTH = 0x28,
  DATACTRL = 0x2c,
  DATACNT = 0x30,
  STATUS = 0x34,
  CLEAR = 0x38,
  MASK0 = 0x3c,
  MASK1 = 0x40;
const FIFOCNT = 0x48, FIFO = 0x80;
const RSP = 0x440, LONG = 0x4c0, NONE = 0x400;
const CMDTIMEOUT = 1 << 2, DATATIMEOUT = 1 << 3, CMDRESPEND = 1 << 6, CMDSENT = 1 << 7, DATAEND = 1 << 8;
const DATABLOCKEND = 1 << 10, TXACTIVE = 1 << 12, RXACTIVE = 1 << 13;
const READ = 0x93, WRITE = 0x91; // blocks of 512 bytes

async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
}

function rig(readOnly = false) {
  const bytes = new Uint8Array(1 << 20);
  const block: BlockBackend = {
    size: bytes.length,
    readOnly,
    read: async (at, into) => into.set(await Promise.resolve(bytes.subarray(at, at + into.length))),
    write: async (at, from) => bytes.set(await Promise.resolve(from), at),
    flush: () => Promise.resolve(),
  };
  const card = deviceRig(sdCard, { block }).device.bus as SdCard;
  return { bytes, ...host(card) };
}

function host(card?: SdCard) {
  const made = deviceRig(pl181, card ? { child: card } : {});
  const { device } = made;
  const read = (at: number) => device.read(at, 4);
  const write = (at: number, value: number) => device.write(at, 4, value);
  function command(index: number, argument: number, flags = RSP): number {
    write(CLEAR, 0x7ff);
    write(ARGUMENT, argument);
    write(COMMAND, flags | index);
    return read(STATUS) & 0xff;
  }
  function select(): void {
    command(0, 0, NONE);
    command(55, 0);
    command(41, 0xff_8000);
    command(2, 0, LONG);
    command(3, 0);
    command(7, read(RESPONSE0) & 0xffff_0000);
  }
  return { ...made, read, write, command, select };
}

Deno.test("pl181 identifies itself and starts with everything off", () => {
  const { read } = host();
  const id = Array.from({ length: 8 }, (_, i) => read(0xfe0 + 4 * i));
  assertEquals(id, [0x81, 0x11, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1]);
  assertEquals([0, 4, 8, 12, 0x24, 0x28, 0x2c, 0x30, 0x34, 0x3c, 0x40].map(read), new Array(11).fill(0));
});

Deno.test("pl181 keeps the writable bits of its registers", () => {
  const { read, write } = host();
  const rows = [[0x00, 0xff], [CLOCK, 0xfff], [ARGUMENT, 0xffff_ffff], [DATATIMER, 0xffff_ffff]];
  rows.push([DATALENGTH, 0xffff], [MASK0, 0x3f_ffff], [MASK1, 0x3f_ffff], [0x44, 0xf]);
  rows.forEach(([at]) => write(at, 0xffff_ffff));
  assertEquals(rows.map(([at]) => read(at)), rows.map(([, mask]) => mask));
});

Deno.test("pl181 tells a command sent, answered, and not answered", () => {
  const { command, read } = rig();
  assertEquals(command(0, 0, NONE), CMDSENT);
  assertEquals(command(8, 0x1aa), CMDRESPEND);
  assertEquals([read(RESPCMD), read(RESPONSE0)], [8, 0x1aa]);
  assertEquals(command(5, 0), CMDTIMEOUT);
  assertEquals(read(COMMAND) & 0x400, 0);
});

Deno.test("pl181 stores a long response without its end bit, and refuses a short one in its place", () => {
  const { command, read } = rig();
  assertEquals(command(8, 0x1aa, LONG), CMDTIMEOUT);
  command(55, 0);
  command(41, 0xff_8000);
  assertEquals(command(2, 0, LONG), CMDRESPEND);
  assertEquals(read(RESPCMD), 0x3f);
  assertEquals([read(RESPONSE0) >>> 24, read(0x20) & 1], [0xaa, 0]);
});

Deno.test("pl181 without a card lets commands time out", () => {
  const { command, lines } = host();
  assertEquals(command(8, 0x1aa), CMDTIMEOUT);
  assertEquals(lines.cardin, false);
});

Deno.test("pl181 drives the lines of the slot from the card", () => {
  assertEquals([rig().lines.cardin, rig().lines.wprot], [true, false]);
  assertEquals(rig(true).lines.wprot, true);
});

Deno.test("pl181 raises each interrupt for the flags in its mask, until they are cleared", () => {
  const { command, write, lines } = rig();
  write(MASK0, CMDSENT);
  write(MASK1, CMDTIMEOUT);
  command(0, 0, NONE);
  assertEquals([lines.irq0, lines.irq1], [true, false]);
  write(CLEAR, CMDSENT);
  assertEquals([lines.irq0, lines.irq1], [false, false]);
  command(5, 0);
  assertEquals([lines.irq0, lines.irq1], [false, true]);
});

Deno.test("pl181 reads a block through the FIFO as the card has it", async () => {
  const { bytes, select, command, read, write, lines } = rig();
  for (let i = 0; i < 512; i++) bytes[i] = i;
  select();
  write(DATALENGTH, 512);
  write(DATACTRL, READ);
  write(MASK1, 1 << 15);
  command(17, 0);
  assertEquals(read(STATUS) & ~0x7ff, RXACTIVE | 1 << 19);
  assertEquals(read(DATACNT), 512);
  await settle();
  assertEquals(lines.irq1, true);
  assertEquals(read(STATUS) & ~0x7ff, RXACTIVE | 1 << 15 | 1 << 17 | 1 << 21);
  assertEquals([read(DATACNT), read(FIFOCNT)], [448, 112]);
  const words = Array.from({ length: 128 }, (_, i) => read(FIFO + 4 * (i & 15)));
  assertEquals([words[0], words[1], words[64]], [0x0302_0100, 0x0706_0504, 0x0302_0100]);
  assertEquals(read(STATUS), CMDRESPEND | DATAEND | DATABLOCKEND);
  assertEquals([read(DATACTRL) & 1, lines.irq1], [0, false]);
});

Deno.test("pl181 pads the last word of data that is no multiple of four", async () => {
  const { bytes, select, command, read, write } = rig();
  bytes.fill(0xee);
  select();
  command(16, 6);
  write(DATALENGTH, 6);
  write(DATACTRL, 0x03);
  command(17, 0);
  await settle();
  assertEquals([read(FIFO), read(FIFO), read(STATUS) & RXACTIVE], [0xeeee_eeee, 0xeeee, 0]);
});

Deno.test("pl181 writes blocks from the FIFO, waiting for a busy card", async () => {
  const { bytes, select, command, read, write, lines } = rig();
  select();
  command(25, 1024);
  write(DATALENGTH, 0x8400);
  write(MASK1, 1 << 14);
  write(DATACTRL, WRITE);
  assertEquals(read(STATUS) & ~0x7ff, TXACTIVE | 1 << 14 | 1 << 18);
  assertEquals(lines.irq1, true);
  for (let i = 0; i < 0x8000 / 4 + 16; i++) write(FIFO, 0x0403_0201);
  assertEquals(read(STATUS) & ~0x7ff, TXACTIVE | 1 << 16 | 1 << 20);
  assertEquals([lines.irq1, read(DATACNT)], [false, 0x400]);
  await settle();
  assertEquals([lines.irq1, read(DATACNT)], [true, 0x3c0]);
  for (let i = 0; i < 0x3c0 / 4; i++) write(FIFO, 0x0403_0201);
  assertEquals(read(STATUS) & (DATAEND | TXACTIVE), DATAEND);
  command(12, 0);
  await settle();
  assertEquals([...bytes.subarray(1022, 1026)], [0, 0, 1, 2]);
  assertEquals([...bytes.subarray(1024 + 0x8400 - 1, 1024 + 0x8400 + 1)], [4, 0]);
});

Deno.test("pl181 times out data for which the card has no transfer, by its timer in card clocks", () => {
  const { select, read, write, advance, lines } = rig();
  select();
  write(CLOCK, 0x400 | 0x100); // bypass: 14.7456 MHz
  write(DATATIMER, 14_745_600);
  write(DATALENGTH, 512);
  write(MASK0, DATATIMEOUT);
  write(DATACTRL, READ);
  advance(0.99e9);
  assertEquals(lines.irq0, false);
  advance(0.02e9);
  assertEquals([lines.irq0, read(DATACTRL) & 1], [true, 0]);
});

Deno.test("pl181 does not time out while the back end is slow", async () => {
  const { select, command, read, write, advance } = rig();
  select();
  write(DATATIMER, 1);
  write(DATALENGTH, 512);
  command(17, 0);
  write(DATACTRL, READ);
  advance(10e9);
  assertEquals(read(STATUS) & DATATIMEOUT, 0);
  await settle();
  assertEquals(read(STATUS) & 1 << 21, 1 << 21);
});

Deno.test("pl181 ends data of length nothing at once", () => {
  const { read, write } = rig();
  write(DATACTRL, READ);
  assertEquals(read(STATUS), DATAEND | DATABLOCKEND);
});

Deno.test("pl181 holds a pending command back until the data has passed", async () => {
  const { select, command, read, write } = rig();
  select();
  command(18, 0);
  write(DATALENGTH, 64);
  write(DATACTRL, 0x07);
  write(CLEAR, 0x7ff);
  write(COMMAND, RSP | 0x200 | 12);
  assertEquals(read(STATUS) & (1 << 11 | CMDRESPEND), 1 << 11);
  await settle();
  assertEquals(read(STATUS) & (1 << 11 | CMDRESPEND), CMDRESPEND);
});

Deno.test("pl181 waits without end for a card in interrupt mode, until the command is disabled", () => {
  const { read, write } = rig();
  write(COMMAND, RSP | 0x100 | 5);
  assertEquals(read(STATUS), 1 << 11);
  write(COMMAND, 0);
  assertEquals(read(STATUS), 0);
});

Deno.test("pl181 logs and ignores FIFO accesses out of place", () => {
  const { read, write, log } = rig();
  assertEquals(read(FIFO), 0);
  write(FIFO, 1);
  assertEquals(log.length, 2);
});

Deno.test("pl181 survives any accesses in any order", async () => {
  let seed = 7;
  const random = () => (seed = Math.imul(seed, 1103515245) + 12345 >>> 0) >>> 8;
  const { device, select, advance, log } = rig();
  const size = JSON.stringify(device.snapshot()).length;
  for (let i = 0; i < 100_000; i++) {
    if (i % 1000 === 0) select();
    const width = 1 << random() % 3, at = (random() % 4 ? random() % 0xc0 : random() % 0x1000) & -width;
    const value = random() % 2 ? random() : random() * 256;
    if (random() % 2) device.read(at, width);
    else device.write(at, width, value % 2 ** (8 * width));
    advance(random() % 10_000);
    log.length = 0;
    if (i % 64 === 0) await Promise.resolve();
  }
  device.reset();
  assertEquals(JSON.stringify(device.snapshot()).length, size);
});
