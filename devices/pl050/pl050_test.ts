import { assertEquals } from "@std/assert";
import { deviceRig, type Ps2Device } from "@emu/core";
import pl050 from "./pl050.ts";

const CR = 0x00, STAT = 0x04, DATA = 0x08, CLKDIV = 0x0c, IR = 0x10;
const FKMIC = 1, FKMID = 2, EN = 4, TXINTREN = 8, RXINTREN = 0x10;

/** Something at the other end of the cable that says what it is told to. */
function rig() {
  const heard: number[] = [];
  const waiting: number[] = [];
  let changed = () => {};
  const child: Ps2Device = {
    write: (byte) => void heard.push(byte),
    pending: () => waiting.length > 0,
    read: () => waiting.shift(),
    connect: (listener) => void (changed = listener),
  };
  const { device, lines, log } = deviceRig(pl050, { child });
  return {
    device,
    lines,
    log,
    heard,
    say(...bytes: number[]) {
      waiting.push(...bytes);
      changed();
    },
    read: (offset: number) => device.read(offset, 4),
    write: (offset: number, value: number) => device.write(offset, 4, value),
  };
}

Deno.test("pl050 has the reset values of its manual", () => {
  const { read, lines } = rig();
  assertEquals([CR, STAT, DATA, CLKDIV, IR].map(read), [0, 0x43, 0, 0, 2]);
  assertEquals([0xfe0, 0xfe4, 0xfe8, 0xfec].map(read), [0x50, 0x10, 0x04, 0x00]);
  assertEquals([0xff0, 0xff4, 0xff8, 0xffc].map(read), [0x0d, 0xf0, 0x05, 0xb1]);
  assertEquals(lines.irq, false);
});

Deno.test("pl050 keeps its control register and clock divisor", () => {
  const { read, write } = rig();
  write(CR, 0xffff_ffff);
  write(CLKDIV, 0xffff_ffff);
  assertEquals([read(CR), read(CLKDIV)], [0x3f, 0xf]);
});

Deno.test("pl050 hands over the bytes of the other end one by one", () => {
  const { read, write, say } = rig();
  write(CR, EN);
  say(0x1c, 0xf0);
  assertEquals([read(STAT) & 0x10, read(IR)], [0x10, 3]);
  assertEquals([read(DATA), read(STAT) & 0x10, read(DATA)], [0x1c, 0x10, 0xf0]);
  assertEquals([read(STAT) & 0x10, read(IR), read(DATA)], [0, 2, 0xf0]);
});

Deno.test("pl050 shows the parity of the byte received last", () => {
  const { read, write, say } = rig();
  write(CR, EN);
  for (const [byte, parity] of [[0x00, 4], [0x01, 0], [0x03, 4], [0xff, 4], [0xfe, 0]]) {
    say(byte);
    read(DATA);
    assertEquals(read(STAT) & 4, parity);
  }
});

Deno.test("pl050 interrupts for a byte while the receive interrupt is enabled", () => {
  const { read, write, say, lines } = rig();
  write(CR, EN);
  say(1, 2);
  assertEquals(lines.irq, false);
  write(CR, EN | RXINTREN);
  assertEquals(lines.irq, true);
  read(DATA);
  assertEquals(lines.irq, true);
  read(DATA);
  assertEquals(lines.irq, false);
  say(3);
  assertEquals(lines.irq, true);
});

Deno.test("pl050 interrupts for its empty transmitter while that is enabled", () => {
  const { write, lines } = rig();
  write(CR, EN | TXINTREN);
  assertEquals(lines.irq, true);
  write(CR, EN);
  assertEquals(lines.irq, false);
});

Deno.test("pl050 sends what is written to its data register while it is enabled", () => {
  const { write, heard, log } = rig();
  write(DATA, 0xff);
  write(CR, EN);
  write(DATA, 0x1ed);
  assertEquals(heard, [0xed]);
  assertEquals(log, ["guest: data written to the disabled interface"]);
});

Deno.test("pl050 leaves bytes at the other end while it is disabled or holds the clock", () => {
  const { read, write, say, lines } = rig();
  say(7);
  for (const control of [RXINTREN, RXINTREN | EN | FKMIC]) {
    write(CR, control);
    assertEquals([read(STAT) & 0x10, read(DATA), lines.irq], [0, 0, false]);
  }
  write(CR, EN | RXINTREN);
  assertEquals([lines.irq, read(DATA)], [true, 7]);
});

Deno.test("pl050 shows the lines that it pulls down", () => {
  const { read, write } = rig();
  write(CR, FKMIC);
  assertEquals(read(STAT) & 3, 1);
  write(CR, FKMID);
  assertEquals(read(STAT) & 3, 2);
});

Deno.test("pl050 works with nothing at the other end", () => {
  const { device } = deviceRig(pl050);
  device.write(CR, 4, EN | RXINTREN);
  device.write(DATA, 4, 0xff);
  assertEquals([device.read(DATA, 4), device.read(STAT, 4)], [0, 0x43]);
});
