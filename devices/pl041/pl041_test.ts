import { assert, assertEquals } from "@std/assert";
import { deviceRig } from "@emu/core";
import pl041 from "./pl041.ts";

const RXCR = 0x000,
  TXCR = 0x004,
  SR = 0x008,
  ISR = 0x00c,
  IE = 0x010,
  SL1RX = 0x050,
  SL1TX = 0x054,
  SL2RX = 0x058;
const SL2TX = 0x05c,
  SL12TX = 0x064,
  SLFR = 0x068,
  SLISTAT = 0x06c,
  SLIEN = 0x070,
  INTCLR = 0x074,
  MAINCR = 0x078;
const RESET = 0x07c, SYNC = 0x080, ALLINTS = 0x084, MAINFR = 0x088, DR1 = 0x090, DR2 = 0x0b0;
const EN = 1, FEN = 1 << 16, COMPACT = 1 << 15, STEREO = 0x18;
const RXFE = 1,
  TXFE = 2,
  RXHF = 4,
  TXHE = 8,
  RXFF = 16,
  TXFF = 32,
  TXBUSY = 128,
  OVERRUN = 256,
  UNDERRUN = 512;
const UR = 1 << 5, OR = 1 << 4, RX = 1 << 3, TX = 1 << 2, TXC = 1 << 0;
const MASTER = 0x02, PCM = 0x18, POWERDOWN = 0x26, EXT_CONTROL = 0x2a, DAC_RATE = 0x2c;
/** A frame at 48 kHz, a little more than it takes. */
const FRAME = 20_834;

function rig(properties = {}) {
  const made = deviceRig(pl041, { properties });
  const { device } = made;
  const read = (at: number) => device.read(at, 4);
  const write = (at: number, value: number) => device.write(at, 4, value);
  function codecWrite(register: number, value: number): void {
    write(SL2TX, value << 4);
    write(SL1TX, register << 12);
  }
  function codecRead(register: number): number {
    write(SL1TX, 1 << 19 | register << 12);
    return read(SL2RX) >> 4;
  }
  /** Brings link and codec up, loud. */
  function start(): void {
    write(RESET, 1);
    write(MAINCR, 0x79);
    codecWrite(MASTER, 0);
    codecWrite(PCM, 0x0808);
  }
  const heard = () => made.played.flatMap(({ samples }) => [...samples]);
  return { ...made, read, write, codecWrite, codecRead, start, heard };
}

Deno.test("pl041 identifies itself, its channels and the depth of its FIFOs", () => {
  const id = (properties: object) => Array.from({ length: 8 }, (_, i) => rig(properties).read(0xfe0 + 4 * i));
  assertEquals(id({}), [0x41, 0x10, 0x04, 0x20, 0x0d, 0xf0, 0x05, 0xb1]);
  assertEquals(id({ channels: 1, fifoDepth: 512 })[3], 0x29);
});

Deno.test("pl041 starts with empty FIFOs and slot registers and everything off", () => {
  const { read } = rig();
  assertEquals([0, 1, 2, 3].map((i) => read(0x14 * i + SR)), new Array(4).fill(RXFE | TXFE | TXHE));
  assertEquals(read(SLFR), 0xa80);
  const zero = [RXCR, TXCR, ISR, IE, SL1RX, SL2RX, SLISTAT, SLIEN, MAINCR, RESET, SYNC, ALLINTS, MAINFR];
  assertEquals(zero.map(read), zero.map(() => 0));
});

Deno.test("pl041 keeps the writable bits of its registers, channel by channel", () => {
  const { read, write } = rig();
  const rows = [[SL1TX, 0xf_ffff], [SL2TX, 0xf_ffff], [SL12TX, 0xf_ffff], [SLIEN, 0x1ff], [MAINCR, 0xfff], [
    SYNC,
    1,
  ]];
  for (const base of [0, 0x14, 0x28, 0x3c]) {
    rows.push([base, 0x1fff_ffff], [base + 4, 0x1_ffff], [base + 16, 0x7f]);
  }
  rows.forEach(([at]) => write(at, 0xffff_ffff));
  assertEquals(rows.map(([at]) => read(at)), rows.map(([, mask]) => mask));
});

Deno.test("pl041 with one channel has no registers of a second", () => {
  const { read, log } = rig({ channels: 1 });
  assertEquals([read(0x14 + SR), log.length], [0, 1]);
});

Deno.test("pl041 reads codec registers through the slots, whose flags fall when they are read", () => {
  const { read, write, start, codecRead } = rig();
  start();
  write(SL1TX, 1 << 19 | 0x7c << 12);
  assertEquals([read(SLFR), read(SL1RX), read(SL2RX) >> 4, read(SLFR)], [0xbc0, 0x7c << 12, 0x4e53, 0xa80]);
  assertEquals([0x00, 0x7e, 0x28, 0x26].map(codecRead), [0x0d50, 0x4331, 0x0001, 0x000f]);
});

Deno.test("pl041 writes codec registers, of which the identification stays", () => {
  const { start, codecRead, codecWrite } = rig();
  start();
  codecWrite(0x1c, 0x0a0a);
  codecWrite(0x7c, 0);
  assertEquals([codecRead(0x1c), codecRead(0x7c)], [0x0a0a, 0x4e53]);
  codecWrite(0, 0);
  assertEquals([codecRead(0x1c), codecRead(MASTER)], [0x8000, 0x8008]);
});

Deno.test("pl041 holds slots back until they are enabled", () => {
  const { read, write, codecRead } = rig();
  write(RESET, 1);
  write(MAINCR, 1);
  write(SL2TX, 0x1234 << 4);
  write(SL1TX, 0x1c << 12);
  write(SL12TX, 1);
  assertEquals(read(SLFR), 0);
  write(MAINCR, 0x179);
  assertEquals([read(SLFR), codecRead(0x1c)], [0xa80, 0x1234]);
});

Deno.test("pl041 gets no answer from a codec in reset, or from a second one", () => {
  const { read, write } = rig();
  write(MAINCR, 0x79);
  write(SL1TX, 1 << 19);
  write(RESET, 1);
  write(MAINCR, 0x479);
  write(SL1TX, 1 << 19);
  assertEquals(read(SLFR), 0xa80);
});

Deno.test("pl041 raises its interrupt for enabled slot flags", () => {
  const { read, write, start, lines } = rig();
  start();
  write(SLIEN, 0x05);
  assertEquals(lines.irq, false);
  write(SL1TX, 1 << 19);
  assertEquals([lines.irq, read(SLISTAT)], [true, 5]);
  read(SL1RX);
  read(SL2RX);
  assertEquals(lines.irq, false);
  write(SLIEN, 0x02);
  assertEquals([lines.irq, read(SLISTAT)], [true, 2]);
});

Deno.test("pl041 tells how full a transmit FIFO is, and loses what does not fit", () => {
  const { read, write, log } = rig({ fifoDepth: 8 });
  write(TXCR, FEN);
  const levels = Array.from({ length: 9 }, () => {
    write(DR1, 0);
    return read(SR) & (TXFE | TXHE | TXFF);
  });
  assertEquals(levels, [TXHE, TXHE, TXHE, TXHE, 0, 0, 0, TXFF, TXFF]);
  assertEquals(log.length, 1);
});

Deno.test("pl041 takes two samples a word in compact mode, and one word without its FIFO", () => {
  const { read, write } = rig({ fifoDepth: 8 });
  write(TXCR, FEN | COMPACT);
  for (let i = 0; i < 3; i++) write(DR1 + 4 * i, 0);
  assertEquals(read(SR) & TXFF, 0);
  write(DR1 + 12, 0);
  assertEquals(read(SR) & TXFF, TXFF);
  write(0x14 + TXCR, COMPACT);
  write(DR2, 0);
  assertEquals(read(0x14 + SR) & TXFF, TXFF);
});

Deno.test("pl041 keeps what nobody sends, and empties its FIFOs when the interface is disabled", () => {
  const { read, write, start, advance } = rig();
  start();
  write(TXCR, FEN | EN);
  write(DR1, 1);
  advance(1e9);
  assertEquals(read(SR) & (TXFE | TXBUSY), 0);
  write(MAINCR, 0);
  assertEquals(read(SR) & (TXFE | TXBUSY), TXFE);
});

Deno.test("pl041 plays samples at the codec's rate, interrupts at half, and runs dry", () => {
  const { read, write, start, advance, lines, heard } = rig({ fifoDepth: 8 });
  start();
  write(TXCR, FEN | COMPACT | STEREO);
  [1, 2, 3, 4].forEach((sample) => write(DR1, sample | sample + 100 << 16));
  write(IE, TX);
  write(TXCR, FEN | COMPACT | STEREO | EN);
  assertEquals([lines.irq, read(MAINFR)], [false, 2]);
  advance(FRAME);
  assertEquals(lines.irq, false);
  advance(FRAME);
  assertEquals([lines.irq, read(ISR), heard()], [true, TX, [1, 101, 2, 102]]);
  write(IE, UR | TXC);
  advance(2 * FRAME);
  assertEquals([read(ISR), heard().length], [TXC, 8]);
  advance(FRAME);
  assertEquals([read(ISR), read(ALLINTS), read(SR) & UNDERRUN], [UR | TXC, UR | TXC, UNDERRUN]);
  write(IE, UR);
  write(INTCLR, 1 << 5);
  assertEquals(lines.irq, false);
});

for (
  const [bits, code, word, sample] of [
    [12, 3, 0x800, -32768],
    [16, 0, 0x1234, 0x1234],
    [18, 1, 0x3_fffc, -1],
    [20, 2, 0x1_2345, 0x1234],
  ]
) {
  Deno.test(`pl041 plays samples of ${bits} bits`, () => {
    const { write, start, advance, heard } = rig();
    start();
    write(TXCR, FEN | code << 13 | STEREO | EN);
    write(DR1, word);
    write(DR1, word);
    advance(2 * FRAME);
    assertEquals(heard(), [sample, sample]);
  });
}

Deno.test("pl041 applies volume and mute of master and PCM", () => {
  const { write, start, advance, codecWrite, heard } = rig();
  start();
  write(TXCR, FEN | COMPACT | STEREO | EN);
  const play = () => {
    write(DR1, 0x4000 << 16 | 0x4000);
    advance(2 * FRAME);
    return heard().slice(-2);
  };
  assertEquals(play(), [0x4000, 0x4000]);
  codecWrite(MASTER, 0x0400); // left 6 dB down
  assertEquals(play(), [8211, 0x4000]);
  codecWrite(PCM, 0x0000); // 12 dB up: beyond what there is
  assertEquals(play(), [32690, 32767]);
  codecWrite(PCM, 0x8808);
  assertEquals(play(), [0, 0]);
  codecWrite(PCM, 0x0808);
  codecWrite(MASTER, 0x8000);
  assertEquals(play(), [0, 0]);
});

Deno.test("pl041 is silent while the converter is powered down, and tells that it is not ready", () => {
  const { write, start, advance, codecRead, codecWrite, heard } = rig();
  start();
  codecWrite(POWERDOWN, 0x0200);
  assertEquals(codecRead(POWERDOWN), 0x020d);
  write(TXCR, FEN | COMPACT | STEREO | EN);
  write(DR1, 0x4000_4000);
  advance(2 * FRAME);
  assertEquals(heard(), [0, 0]);
});

Deno.test("pl041 changes the rate only under variable rate, within the codec's range", () => {
  const { write, start, advance, codecRead, codecWrite, played } = rig();
  start();
  codecWrite(DAC_RATE, 8000);
  assertEquals(codecRead(DAC_RATE), 48_000);
  codecWrite(EXT_CONTROL, 1);
  codecWrite(DAC_RATE, 3999);
  codecWrite(DAC_RATE, 8000);
  assertEquals(codecRead(DAC_RATE), 8000);
  write(TXCR, FEN | COMPACT | STEREO | EN);
  write(DR1, 0);
  advance(124_999);
  assertEquals(played.length, 0);
  advance(200_000);
  assertEquals([played.length, played[0].format.rate], [1, 8000]);
  codecWrite(EXT_CONTROL, 0);
  assertEquals(codecRead(DAC_RATE), 48_000);
});

Deno.test("pl041 plays a second of sound in a second", () => {
  const { read, write, start, advance, heard } = rig();
  start();
  write(TXCR, FEN | COMPACT | STEREO | EN);
  for (let ms = 0; ms < 1000; ms++) {
    while (!(read(SR) & TXFF)) write(DR1, ms);
    advance(1e6);
  }
  assertEquals(read(SR) & UNDERRUN, 0);
  assert(Math.abs(heard().length / 2 - 48_000) < 2, `${heard().length / 2} frames`);
});

Deno.test("pl041 takes left and right from two channels that serve a slot each", () => {
  const { write, start, advance, heard } = rig();
  start();
  write(DR1, 7);
  write(DR2, 9);
  write(0x14 + TXCR, FEN | 0x10 | EN);
  write(TXCR, FEN | 0x08 | EN);
  advance(0);
  assertEquals(heard(), []);
  advance(2 * FRAME);
  assertEquals(heard(), [7, 9]);
});

Deno.test("pl041 records silence at the frame rate, interrupts at half, and overruns", () => {
  const { read, write, start, advance, lines } = rig({ fifoDepth: 8 });
  start();
  write(IE, RX);
  write(RXCR, FEN | STEREO | EN);
  advance(FRAME);
  assertEquals([lines.irq, read(SR) & (RXFE | RXHF), read(MAINFR)], [false, 0, 1]);
  advance(FRAME);
  assertEquals([lines.irq, read(SR) & RXHF], [true, RXHF]);
  write(IE, OR);
  advance(2 * FRAME);
  assertEquals([lines.irq, read(SR) & RXFF], [false, RXFF]);
  advance(FRAME);
  assertEquals([lines.irq, read(SR) & OVERRUN], [true, OVERRUN]);
  write(RXCR, FEN);
  write(INTCLR, 1 << 1);
  assertEquals(lines.irq, false);
  assertEquals(Array.from({ length: 8 }, () => read(DR1)), new Array(8).fill(0));
  assertEquals(read(SR) & RXFE, RXFE);
});

Deno.test("pl041 overruns one frame after its receive FIFO was cut below what it holds", () => {
  const { write, start, advance, lines } = rig();
  start();
  write(IE, OR);
  write(RXCR, FEN | STEREO | EN);
  advance(100 * FRAME);
  write(RXCR, STEREO | EN); // the capacity of a word
  assertEquals(lines.irq, false);
  advance(FRAME);
  assertEquals(lines.irq, true);
});

Deno.test("pl041 hears itself in loopback, and the codec does not", () => {
  const { read, write, start, advance, heard } = rig();
  start();
  write(MAINCR, 0x7b);
  write(TXCR, FEN | STEREO);
  write(DR1, 0x1234);
  write(DR1, 0x5678);
  write(RXCR, FEN | COMPACT | STEREO | EN);
  write(TXCR, FEN | STEREO | EN);
  advance(FRAME);
  assertEquals([read(DR1), heard()], [0x5678_1234, []]);
});

Deno.test("pl041 programs the codec through a FIFO that serves slots 1 and 2", () => {
  const { write, start, advance, codecRead } = rig();
  start();
  write(TXCR, FEN | 2 << 13 | 0x06);
  write(DR1, 0x1c << 12);
  write(DR1, 0x0505 << 4);
  write(TXCR, FEN | 2 << 13 | 0x06 | EN);
  advance(2 * FRAME);
  assertEquals(codecRead(0x1c), 0x0505);
});

Deno.test("pl041 goes back to the start on reset", () => {
  const { device, write, start, advance, lines } = rig();
  const fresh = device.snapshot();
  start();
  write(IE, TX);
  write(TXCR, FEN | COMPACT | STEREO | EN);
  advance(1e6);
  assertEquals(lines.irq, true);
  device.reset();
  assertEquals([device.snapshot(), lines.irq], [fresh, false]);
});

Deno.test("pl041 survives any accesses in any order", () => {
  let seed = 11;
  const random = () => (seed = Math.imul(seed, 1103515245) + 12345 >>> 0) >>> 8;
  const { device, advance, log, played } = rig();
  let longest = 0;
  for (let i = 0; i < 100_000; i++) {
    const size = 1 << random() % 3, at = (random() % 4 ? random() % 0x110 : random() % 0x1000) & -size;
    const value = random() % 4 === 0 ? 0xffff_ffff : random() * 256 + random();
    if (random() % 2) device.read(at, size);
    else device.write(at, size, value % 2 ** (8 * size));
    advance(random() % (i % 100 === 0 ? 100_000_000 : 10_000));
    log.length = played.length = 0;
    if (i % 100 === 0) {
      const { channels } = device.snapshot() as { channels: { rx: number[]; tx: number[] }[] };
      longest = Math.max(longest, ...channels.map(({ rx, tx }) => Math.max(rx.length, tx.length)));
    }
  }
  assert(longest <= 256);
});
