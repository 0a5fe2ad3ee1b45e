import { deviceRig, type SpiTarget } from "@emu/core";
import { assertEquals, assertThrows } from "@std/assert";
import pl022 from "./pl022.ts";

const CR0 = 0x00,
  CR1 = 0x04,
  DR = 0x08,
  SR = 0x0c,
  CPSR = 0x10,
  IMSC = 0x14,
  RIS = 0x18,
  MIS = 0x1c,
  ICR = 0x20;
const SSE = 2, LBM = 1, SPH = 1 << 7;
const TFE = 1, TNF = 2, RNE = 4, RFF = 8, BSY = 16;
/** 8 bits at 24 MHz / 24: a frame takes 8 µs. */
const FRAME = 8000;

/** Answers each word with its complement, and says what happens. */
function echo(log: string[]): SpiTarget {
  let selected = false;
  return {
    chipSelect: 0,
    select(active) {
      if (active !== selected) log.push(active ? "select" : "deselect");
      selected = active;
    },
    transfer(word, bits) {
      log.push(`0x${word.toString(16)}/${bits}`);
      return selected ? ~word & (1 << bits) - 1 : (1 << bits) - 1;
    },
  };
}

function rig(children: Record<string, SpiTarget> = {}) {
  const made = deviceRig(pl022, { children }), { device } = made;
  const read = (at: number) => device.read(at, 4),
    write = (at: number, value: number) => device.write(at, 4, value);
  write(CPSR, 24);
  write(CR0, 7);
  return { ...made, read, write };
}

Deno.test("pl022 has its reset values and identification", () => {
  const { device } = deviceRig(pl022);
  assertEquals([CR0, CR1, SR, CPSR, IMSC, RIS, MIS].map((at) => device.read(at, 4)), [0, 0, 3, 0, 0, 8, 0]);
  assertEquals([0xfe0, 0xfe4, 0xfe8, 0xff0, 0xffc].map((at) => device.read(at, 4)), [
    0x22,
    0x10,
    4,
    0x0d,
    0xb1,
  ]);
});

Deno.test("pl022 gives back its own words in loopback, a frame's time each", () => {
  const { read, write, advance } = rig();
  write(CR1, LBM | SSE);
  write(DR, 0xa5);
  write(DR, 0x15a);
  assertEquals(read(SR), TNF | BSY);
  advance(FRAME - 1);
  assertEquals(read(SR) & RNE, 0);
  advance(1);
  assertEquals([read(SR), read(DR)], [TFE | TNF | RNE | BSY, 0xa5]);
  advance(FRAME);
  assertEquals([read(SR), read(DR), read(SR)], [TFE | TNF | RNE, 0x5a, TFE | TNF]);
});

Deno.test("pl022's frames have as many bits, and bits take as long, as its registers say", () => {
  const { read, write, advance } = rig();
  write(CPSR, 3); // bit 0 is not there: 2
  write(CR0, 1 << 8 | 15); // 24 MHz / (2 × 2): 16 bits are 2667 ns
  write(CR1, LBM | SSE);
  write(DR, 0xbeef);
  advance(2666);
  assertEquals(read(SR) & BSY, BSY);
  advance(1);
  assertEquals([read(SR) & BSY, read(DR), read(CPSR)], [0, 0xbeef, 2]);
});

Deno.test("pl022 exchanges words with its chip, and selects it for each while SPH is 0", () => {
  const log: string[] = [], { read, write, advance } = rig({ chip: echo(log) });
  write(CR1, SSE);
  write(DR, 0x12);
  write(DR, 0x34);
  advance(2 * FRAME);
  assertEquals([read(DR), read(DR)], [0xed, 0xcb]);
  assertEquals(log, ["select", "0x12/8", "deselect", "select", "0x34/8", "deselect"]);
});

Deno.test("pl022 keeps its chip selected while there is more to send and SPH is 1", () => {
  const log: string[] = [], { read, write, advance } = rig({ chip: echo(log) });
  write(CR0, SPH | 7);
  write(CR1, SSE);
  write(DR, 1);
  write(DR, 2);
  advance(2 * FRAME);
  read(SR);
  write(DR, 3);
  advance(FRAME);
  read(SR);
  assertEquals(log, ["select", "0x1/8", "0x2/8", "deselect", "select", "0x3/8", "deselect"]);
});

Deno.test("pl022 fills its FIFO while it is off, and takes no more than eight words", () => {
  const { read, write, advance, log } = rig();
  for (let i = 0; i < 9; i++) write(DR, i);
  assertEquals([read(SR), log], [BSY, ["guest: write of SSPDR while its FIFO is full"]]);
  write(CR1, LBM | SSE);
  advance(8 * FRAME);
  assertEquals(read(SR), TFE | TNF | RNE | RFF);
  assertEquals(Array.from({ length: 8 }, () => read(DR)), [0, 1, 2, 3, 4, 5, 6, 7]);
});

Deno.test("pl022 asks for attention by the levels of its FIFOs", () => {
  const { read, write, advance, lines } = rig();
  write(CR1, LBM | SSE);
  write(IMSC, 8);
  assertEquals(lines.irq, true, "the transmit FIFO is half empty");
  for (let i = 0; i < 6; i++) write(DR, i);
  assertEquals([lines.irq, read(RIS)], [false, 0]);
  advance(FRAME);
  assertEquals(lines.irq, true, "one is being sent, four wait");
  write(IMSC, 4);
  assertEquals(lines.irq, false);
  advance(3 * FRAME);
  assertEquals([lines.irq, read(MIS)], [true, 4], "four have come");
  read(DR);
  assertEquals(lines.irq, false);
});

Deno.test("pl022 tells of a word that is left in its FIFO for 32 bits, until it is taken", () => {
  const { read, write, advance, lines } = rig();
  write(CR1, LBM | SSE);
  write(IMSC, 2);
  write(DR, 1);
  advance(5 * FRAME - 1);
  assertEquals(lines.irq, false);
  advance(1);
  assertEquals([lines.irq, read(RIS)], [true, 10]);
  read(DR);
  assertEquals([lines.irq, read(RIS)], [false, 8]);
});

Deno.test("pl022 loses a word that finds its FIFO full, and says so until that is cleared", () => {
  const { read, write, advance, lines } = rig();
  write(CR1, LBM | SSE);
  write(IMSC, 1);
  for (let i = 0; i < 8; i++) write(DR, i);
  advance(8 * FRAME);
  write(DR, 8);
  advance(FRAME);
  assertEquals([lines.irq, read(MIS)], [true, 1]);
  for (let i = 0; i < 8; i++) read(DR);
  assertEquals([lines.irq, read(SR)], [true, TFE | TNF]);
  write(ICR, 1);
  assertEquals(lines.irq, false);
});

Deno.test("pl022 sends nothing without a clock", () => {
  const { read, write, advance } = rig();
  write(CPSR, 0);
  write(CR1, LBM | SSE);
  write(DR, 1);
  advance(1e9);
  assertEquals(read(SR) & BSY, BSY);
});

Deno.test("pl022 goes on from a snapshot in the middle of a frame", () => {
  const { device, read, write, advance } = rig();
  write(CR1, LBM | SSE);
  write(DR, 0x77);
  advance(FRAME / 2);
  const saved = device.snapshot();
  device.reset();
  advance(FRAME / 2);
  assertEquals(read(SR), TFE | TNF);
  device.restore(saved);
  assertEquals(read(DR), 0x77);
});

Deno.test("pl022 refuses two chips with one chip select, by their names", () => {
  assertThrows(
    () => rig({ one: echo([]), other: echo([]) }),
    Error,
    'both "one" and "other" have chip select 0; give one of them another select=…',
  );
});
