import { deviceRig, oneWireCrc, oneWireRom, oneWireRomState, type OneWireTarget } from "@emu/core";
import { assertEquals, assertThrows } from "@std/assert";
import ds1wm from "./ds1wm.ts";

const COMMAND = 0x00, DATA = 0x04, INT = 0x08, INT_EN = 0x0c, CLKDIV = 0x10, CONTROL = 0x14;
const RESET = 1, SRA = 2, IAS = 2, OD = 1 << 6;
/** 4 MHz / 4, clock on. */
const CLOCK_4MHZ = 0x88;
const MICROSECOND = 1e3;

/** A chip that keeps the bytes it is sent once it is addressed. */
function chip(serial: number): OneWireTarget & { bytes: number[] } {
  const s = oneWireRomState(), bytes: number[] = [];
  const target = oneWireRom({
    family: 0x42,
    serial,
    state: () => s,
    begin: () => void bytes.push(-1),
    send: () => undefined,
    receive: (byte) => void bytes.push(byte),
  });
  return { ...target, bytes };
}

function rig(children: Record<string, OneWireTarget> = {}) {
  const made = deviceRig(ds1wm, { children }), { device, advance } = made;
  const read = (at: number) => device.read(at, 4),
    write = (at: number, value: number) => device.write(at, 4, value);
  write(CLKDIV, CLOCK_4MHZ);
  return {
    ...made,
    read,
    write,
    /** A reset sequence; whether somebody was there. */
    reset() {
      write(COMMAND, RESET);
      advance(2000 * MICROSECOND);
      return (read(INT) & 3) === 1;
    },
    exchange(byte: number) {
      write(DATA, byte);
      advance(1000 * MICROSECOND);
      return read(DATA);
    },
  };
}

Deno.test("ds1wm's reset takes its time, and tells once whether somebody is there", () => {
  const { read, write, advance } = rig({ chip: chip(1) });
  write(COMMAND, RESET);
  advance(1059 * MICROSECOND);
  assertEquals([read(COMMAND) & 1, read(INT)], [1, 0x0c]);
  advance(MICROSECOND);
  assertEquals([read(COMMAND) & 1, read(INT), read(INT)], [0, 0x0d, 0x0c]);
  assertEquals(rig().reset(), false);
});

Deno.test("ds1wm does nothing without its clock, and is faster in overdrive", () => {
  const { read, write, advance } = rig({ chip: chip(1) });
  write(CLKDIV, 0);
  write(COMMAND, RESET);
  advance(1e9);
  assertEquals(read(INT) & 1, 0);
  write(CONTROL, OD);
  write(CLKDIV, CLOCK_4MHZ);
  advance(133 * MICROSECOND);
  assertEquals(read(INT) & 1, 1);
});

Deno.test("ds1wm sends bytes, least significant bit first, and takes what comes back", () => {
  const one = chip(1), { reset, exchange } = rig({ one });
  assertEquals(reset(), true);
  assertEquals([exchange(0xcc), exchange(0x12), exchange(0xfe)], [0xcc, 0x12, 0xfe]);
  assertEquals(one.bytes, [-1, 0x12, 0xfe]);
});

Deno.test("ds1wm reads the ROM code of the only chip, and its CRC is right", () => {
  const one = chip(0x123456789abc), { reset, exchange } = rig({ one });
  reset();
  exchange(0x33);
  const code = Array.from({ length: 8 }, () => exchange(0xff));
  assertEquals(code.slice(0, 7), [0x42, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12]);
  assertEquals([code[7], oneWireCrc(code)], [oneWireCrc(code.slice(0, 7)), 0]);
});

Deno.test("ds1wm speaks to one of several chips by its ROM code", () => {
  const one = chip(1), other = chip(2), { reset, exchange } = rig({ one, other });
  reset();
  exchange(0x55);
  for (const byte of other.rom) exchange(byte);
  exchange(0x77);
  assertEquals([one.bytes, other.bytes], [[], [-1, 0x77]]);
});

Deno.test("ds1wm's search accelerator finds all chips, a way at a time", () => {
  const chips = [1, 2, 0x800000000005].map(chip);
  const { reset, exchange, write } = rig({ a: chips[0], b: chips[1], c: chips[2] });
  const found: string[] = [];
  let path = Array<number>(64).fill(0);
  for (let last = -1;;) {
    reset();
    exchange(0xf0);
    write(COMMAND, SRA);
    const bitsOf = Array.from({ length: 16 }, (_, byte) => {
      const sent = [0, 1, 2, 3].reduce((sum, i) => sum | path[4 * byte + i] << 2 * i + 1, 0);
      return exchange(sent);
    });
    write(COMMAND, 0);
    const way = path.map((_, n) => bitsOf[n >> 2] >> 2 * (n & 3) + 1 & 1);
    const differ = path.map((_, n) => bitsOf[n >> 2] >> 2 * (n & 3) & 1);
    found.push(way.join(""));
    last = differ.findLastIndex((bit, n) => bit === 1 && way[n] === 0);
    if (last < 0) break;
    path = way.map((bit, n) => n < last ? bit : n === last ? 1 : 0);
  }
  const codes = chips.map(({ rom }) =>
    Array.from({ length: 64 }, (_, n) => rom[n >> 3] >> (n & 7) & 1).join("")
  );
  assertEquals(found.sort(), codes.sort());
});

Deno.test("ds1wm raises its line for the causes that are enabled, with the level it is told", () => {
  const { write, read, advance, lines } = rig({ chip: chip(1) });
  assertEquals(lines.irq, true, "active low, and not active");
  write(INT_EN, IAS);
  assertEquals(lines.irq, false);
  write(INT_EN, IAS | 1 << 4);
  write(DATA, 0);
  advance(560 * MICROSECOND);
  assertEquals([lines.irq, read(INT) & 0x10], [true, 0x10]);
  read(DATA);
  assertEquals(lines.irq, false);
});

Deno.test("ds1wm keeps one byte waiting in each direction", () => {
  const { write, read, advance, log } = rig();
  write(DATA, 1);
  write(DATA, 2);
  assertEquals(read(INT), 0);
  write(DATA, 3);
  assertEquals(log, ["guest: write of DATA while its buffer is full"]);
  advance(1120 * MICROSECOND);
  assertEquals([read(INT), read(DATA), read(INT), read(DATA)], [0x3c, 1, 0x1c, 2]);
});

Deno.test("ds1wm refuses two chips with one ROM code, by their names", () => {
  assertThrows(() => rig({ a: chip(1), b: chip(1) }), Error, 'both "a" and "b" have ROM code 42010000000000');
});

Deno.test("the CRC of 1-Wire is that of application note 27's example", () => {
  assertEquals(oneWireCrc([0x02, 0x1c, 0xb8, 0x01, 0x00, 0x00, 0x00]), 0xa2);
});
