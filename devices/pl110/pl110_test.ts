import { assert, assertEquals } from "@std/assert";
import { deviceRig } from "@emu/core";
import pl110 from "./pl110.ts";

const TIMING0 = 0x000, TIMING1 = 0x004, TIMING2 = 0x008, UPBASE = 0x010, LPBASE = 0x014, ENABLE = 0x018;
const CONTROL = 0x01c, STATUS = 0x020, INTERRUPT = 0x024, UPCURR = 0x028, ICR = 0x028, PALETTE = 0x200;
const EN = 1, TFT = 0x20, BW = 0x10, DUAL = 0x80, BGR = 0x100, BEBO = 0x200, BEPO = 0x400, PWR = 0x800;
const ON = EN | PWR;
const BPP = { one: 0, two: 2, four: 4, eight: 6, sixteen: 8, true: 10 } as const;
const LNBU = 4, VCOMP = 8, MBERROR = 16;
const RED = [0xf8, 0, 0, 0xff],
  GREEN = [0, 0xf8, 0, 0xff],
  BLUE = [0, 0, 0xf8, 0xff],
  BLACK = [0, 0, 0, 0xff];

function rig(properties = {}) {
  const made = deviceRig(pl110, { properties, ramSize: 0x40_0000 });
  const { device, ram, display } = made;
  const read = (at: number) => device.read(at, 4);
  const write = (at: number, value: number) => device.write(at, 4, value);
  /** The first pixels of the picture. */
  function pixels(count: number): number[][] {
    const bytes = display!.render()!.pixels;
    return Array.from({ length: count }, (_, i) => [...bytes.subarray(4 * i, 4 * i + 4)]);
  }
  const word = (at: number, value: number) => new DataView(ram.buffer).setUint32(at, value, true);
  return { ...made, read, write, pixels, word };
}

/** A frame of 1000 lines, 2 of sync, 16 µs each at the default clock divided by one. */
function running(control = 0) {
  const made = deviceRig(pl110, { ramSize: 0x40_0000, properties: { clock: 1_000_000 } });
  const read = (at: number) => made.device.read(at, 4);
  const write = (at: number, value: number) => made.device.write(at, 4, value);
  write(TIMING0, 61 << 8); // 16 + 61 + 3 = 80 clocks: 80 µs
  write(TIMING1, 0x3e7 - 2 | 1 << 10); // 998 lines + 2 of sync
  write(TIMING2, 1 << 26);
  write(CONTROL, EN | TFT | BPP.eight | control);
  return { ...made, read, write, frame: 80e6 };
}

Deno.test("pl110 identifies itself and starts with all registers 0", () => {
  const { read } = rig();
  const id = Array.from({ length: 8 }, (_, i) => read(0xfe0 + 4 * i));
  assertEquals(id, [0x10, 0x11, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1]);
  assertEquals([0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44].map(read), new Array(12).fill(0));
});

Deno.test("pl110 keeps the writable bits of its registers and the palette", () => {
  const { read, write } = rig();
  const at = [0, 4, 8, 12, 16, 20, 24, 28, PALETTE, PALETTE + 0x1fc];
  at.forEach((offset) => write(offset, 0xffff_ffff));
  assertEquals(at.map(read), [
    0xffff_fffc,
    0xffff_ffff,
    0xffff_7fff,
    0x1_007f,
    0xffff_fffc,
    0xffff_fffc,
    0x1e,
    0x1_3fff,
    0xffff_ffff,
    0xffff_ffff,
  ]);
});

Deno.test("pl110 shows a picture only with both enable and power on", () => {
  const { write, display } = rig();
  const shown = [0, EN, PWR, ON].map((control) => (write(CONTROL, control), display!.render() !== undefined));
  assertEquals(shown, [false, false, false, true]);
});

Deno.test("pl110 shows nothing for a reserved pixel size", () => {
  const { write, display } = rig();
  write(CONTROL, ON | 0xe);
  assertEquals(display!.render(), undefined);
});

Deno.test("pl110 takes the picture's size from the timing registers", () => {
  const { write, display } = rig();
  write(TIMING0, 39 << 2);
  write(TIMING1, 479);
  write(CONTROL, ON | TFT | BPP.eight);
  const { width, height, pixels } = display!.render()!;
  assertEquals([width, height, pixels.length], [640, 480, 640 * 480 * 4]);
});

Deno.test("pl110 never shows more than 1024 lines", () => {
  const { write, display } = rig();
  write(TIMING0, 0xfc);
  write(TIMING1, 0x3ff);
  write(CONTROL, ON | DUAL | BPP.true);
  const { width, height } = display!.render()!;
  assertEquals([width, height], [1024, 1024]);
});

Deno.test("pl110 looks 8-bit pixels up in the palette", () => {
  const { write, pixels, word } = rig();
  write(PALETTE, 0x001f | 0x03e0 << 16);
  write(PALETTE + 4, 0x7c00 | 0x8000 << 16);
  word(0x100, 0x0302_0100);
  write(UPBASE, 0x100);
  write(CONTROL, ON | TFT | BPP.eight);
  assertEquals(pixels(4), [RED, GREEN, BLUE, BLACK]);
});

for (
  const [name, bpp, order, word, expected] of [
    ["1-bit, little-endian", BPP.one, 0, 0b1101, "1011"],
    ["1-bit, big-endian bytes", BPP.one, BEBO, 0b1101 << 28, "1101"],
    ["1-bit, big-endian pixels", BPP.one, BEPO, 0b1101_0000, "1101"],
    ["2-bit, little-endian", BPP.two, 0, 0b11_10_01_00, "0123"],
    ["2-bit, big-endian bytes", BPP.two, BEBO, 0b11_10_01_00 << 24, "3210"],
    ["2-bit, big-endian pixels", BPP.two, BEPO, 0b11_10_01_00, "3210"],
    ["4-bit, little-endian", BPP.four, 0, 0x3210, "0123"],
    ["4-bit, big-endian bytes", BPP.four, BEBO, 0x3210_0000, "3210"],
    ["4-bit, big-endian pixels", BPP.four, BEPO, 0x3210, "1032"],
    ["8-bit, big-endian bytes", BPP.eight, BEBO, 0x0302_0100, "3210"],
    ["8-bit, big-endian pixels", BPP.eight, BEPO, 0x0302_0100, "0123"],
  ] as [string, number, number, number, string][]
) {
  Deno.test(`pl110 finds ${name} pixels in a word`, () => {
    const made = rig();
    // Entry n is red of strength n; big-endian words have their entries the other way round.
    const entries = order === BEBO ? [1 | 0 << 16, 3 | 2 << 16] : [0 | 1 << 16, 2 | 3 << 16];
    entries.forEach((entry, i) => made.write(PALETTE + 4 * i, entry));
    made.word(0, word);
    made.write(CONTROL, ON | TFT | bpp | order);
    assertEquals(made.pixels(4).map(([red]) => red >> 3).join(""), expected);
  });
}

Deno.test("pl110 shows 16-bit pixels as 5:5:5, red low, and swaps red and blue on request", () => {
  const { write, pixels, word } = rig();
  word(0, 0x001f | 0x7c00 << 16);
  word(4, 0x03e0);
  write(CONTROL, ON | TFT | BPP.sixteen);
  assertEquals(pixels(4), [RED, BLUE, GREEN, BLACK]);
  write(CONTROL, ON | TFT | BPP.sixteen | BGR);
  assertEquals(pixels(2), [BLUE, RED]);
  write(CONTROL, ON | TFT | BPP.sixteen | BEBO);
  assertEquals(pixels(2), [BLUE, RED]);
});

Deno.test("pl110 shows 16-bit pixels as 5:6:5 while the multiplexer behind it says so", () => {
  const { device, write, pixels, word } = rig();
  word(0, 0xf800 | 0x07e0 << 16);
  write(CONTROL, ON | TFT | BPP.sixteen);
  device.inputs!.mux565(true);
  assertEquals(pixels(2), [BLUE, [0, 0xfc, 0, 0xff]]);
  device.inputs!.mux565(false);
  assertEquals(pixels(1), [[0, 0, 0xf0, 0xff]]);
});

Deno.test("pl110 shows 24-bit pixels, red in the low byte unless swapped", () => {
  const { write, pixels, word } = rig();
  word(0, 0xff03_0201);
  write(CONTROL, ON | TFT | BPP.true);
  assertEquals(pixels(1), [[1, 2, 3, 0xff]]);
  write(CONTROL, ON | TFT | BPP.true | BGR);
  assertEquals(pixels(1), [[3, 2, 1, 0xff]]);
});

Deno.test("pl110 on STN panels shows sixteen levels of colour, or of grey taken from red", () => {
  const { write, pixels, word } = rig();
  write(PALETTE, 0x1e | 0x02 << 5 | 0x10 << 10);
  word(4, 0x7fff);
  write(CONTROL, ON | BPP.eight);
  assertEquals(pixels(1), [[255, 17, 136, 255]]);
  write(CONTROL, ON | BPP.eight | BW);
  assertEquals(pixels(1), [[255, 255, 255, 255]]);
});

Deno.test("pl110 puts the lower panel of a dual STN display below the upper", () => {
  const { write, display, word } = rig();
  write(PALETTE, 0x001e << 16);
  word(0x200, 1);
  write(LPBASE, 0x200);
  write(TIMING1, 1);
  write(CONTROL, ON | BPP.eight | DUAL);
  const { height, pixels } = display!.render()!;
  assertEquals([height, pixels[0], pixels[2 * 16 * 4]], [4, 0, 255]);
});

Deno.test("pl110 reads pixels on from word to word where lines end inside one", () => {
  const { write, display, word } = rig();
  write(PALETTE, 0x001f << 16);
  word(0, 0x1_0000); // 16 pixels a line: the first of the second line
  write(TIMING1, 1);
  write(CONTROL, ON | TFT | BPP.one);
  assertEquals(display!.render()!.pixels[16 * 4], 0xf8);
});

Deno.test("pl110 shows black where memory does not answer", () => {
  const { write, pixels } = rig();
  write(UPBASE, 0xf000_0000);
  write(CONTROL, ON | TFT | BPP.sixteen);
  assertEquals(pixels(1), [BLACK]);
});

Deno.test("pl110 interrupts at each frame for the next base, until it is cleared", () => {
  const { write, read, lines, advance, frame } = running();
  write(ENABLE, LNBU);
  advance(frame - 1);
  assertEquals(lines.irq, false);
  advance(1);
  assertEquals([lines.irq, read(STATUS), read(INTERRUPT)], [true, LNBU | VCOMP, LNBU]);
  write(STATUS, LNBU);
  assertEquals([lines.irq, read(STATUS)], [false, VCOMP]);
  advance(frame);
  assertEquals(lines.irq, true);
  write(ICR, LNBU);
  assertEquals(lines.irq, false);
});

Deno.test("pl110 interrupts where the vertical compare says", () => {
  const { write, lines, advance, frame } = running(2 << 12); // start of the active picture: after two lines
  write(ENABLE, VCOMP);
  advance(2 * 80e3 - 1);
  assertEquals(lines.irq, false);
  advance(1);
  assertEquals(lines.irq, true);
  write(STATUS, VCOMP);
  advance(frame - 1);
  assertEquals(lines.irq, false);
  advance(1);
  assertEquals(lines.irq, true);
});

Deno.test("pl110 tells frames to who only looks, and none while it is off", () => {
  const { write, read, advance, frame } = running();
  advance(frame);
  assertEquals(read(STATUS), LNBU | VCOMP);
  write(CONTROL, 0);
  write(STATUS, 0x1e);
  advance(10 * frame);
  assertEquals(read(STATUS), 0);
});

Deno.test("pl110 reports a bus error where memory does not answer", () => {
  const { write, lines, advance, frame } = running();
  write(UPBASE, 0xf000_0000);
  write(ENABLE, MBERROR);
  advance(frame);
  assertEquals(lines.irq, true);
});

Deno.test("pl110 shows how far the picture has got", () => {
  const { write, read, advance } = running();
  write(UPBASE, 0x1000);
  advance(12.5 * 80e3);
  assertEquals(read(UPCURR), 0x1000 + 10 * 16);
});

Deno.test("pl110 frames are bounded whatever the timing says", () => {
  const { device, advance } = deviceRig(pl110, { properties: { clock: 2e9 } });
  device.write(TIMING2, 4, 1 << 26);
  device.write(ENABLE, 4, LNBU);
  device.write(CONTROL, 4, EN);
  let count = 0;
  for (let i = 0; i < 100; i++) {
    advance(100_000);
    if (device.read(STATUS, 4) & LNBU) count++;
    device.write(STATUS, 4, LNBU);
  }
  assert(count <= 10 && count >= 9, `${count} frames in 10 ms`);
});

Deno.test("pl110 survives any accesses in any order", () => {
  let seed = 5;
  const random = () => (seed = Math.imul(seed, 1103515245) + 12345 >>> 0) >>> 8;
  const { device, display, advance, log } = rig();
  const fresh = device.snapshot();
  for (let i = 0; i < 100_000; i++) {
    const width = 1 << random() % 3, at = (random() % 4 ? random() % 0x40 : random() % 0x1000) & -width;
    if (random() % 2) device.read(at, width);
    else device.write(at, width, (random() * 256 + random()) % 2 ** (8 * width));
    if (i % 5000 === 0) display!.render();
    advance(random() % 1_000_000);
    log.length = 0;
  }
  device.reset();
  assertEquals(device.snapshot(), fresh);
});
