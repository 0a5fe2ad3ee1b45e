import { assertEquals } from "@std/assert";
import { deviceRig } from "@emu/core";
import pl011 from "./pl011.ts";

const DR = 0x000, RSR = 0x004, FR = 0x018, IBRD = 0x024, FBRD = 0x028, LCRH = 0x02c, CR = 0x030, IFLS = 0x034;
const IMSC = 0x038, RIS = 0x03c, MIS = 0x040, ICR = 0x044, DMACR = 0x048, TCR = 0x080, TDR = 0x08c;
const FEN = 0x10, ENABLED = 0x301, LBE = 0x80;
const RX = 0x10, TX = 0x20, RT = 0x40;

/** A UART in working order at 115200 baud of the Integrator/CP's 14.7456 MHz: divisor 8. */
function uart({ fifo = true } = {}) {
  const rig = deviceRig(pl011, { properties: { clock: 14_745_600 } });
  rig.device.write(IBRD, 4, 8);
  rig.device.write(LCRH, 4, fifo ? 0x60 | FEN : 0x60);
  rig.device.write(CR, 4, ENABLED);
  const { device } = rig;
  return {
    ...rig,
    type: rig.type,
    receiver: () => rig.receiver!,
    read: (offset: number) => device.read(offset, 4),
    write: (offset: number, value: number) => device.write(offset, 4, value),
  };
}

Deno.test("pl011 has the reset values of its manual", () => {
  const { device } = deviceRig(pl011);
  const values = [RSR, FR, IBRD, FBRD, LCRH, CR, IFLS, IMSC, RIS, MIS, DMACR].map((at) => device.read(at, 4));
  assertEquals(values, [0, 0x90, 0, 0, 0, 0x300, 0x12, 0, 0, 0, 0]);
  assertEquals([0xfe0, 0xfe4, 0xfe8, 0xfec].map((at) => device.read(at, 4)), [0x11, 0x10, 0x14, 0x00]);
  assertEquals([0xff0, 0xff4, 0xff8, 0xffc].map((at) => device.read(at, 4)), [0x0d, 0xf0, 0x05, 0xb1]);
});

Deno.test("pl011 keeps in each register the bits that it has", () => {
  const { read, write } = uart();
  const bits = {
    [IBRD]: 0xffff,
    [FBRD]: 0x3f,
    [LCRH]: 0xff,
    [IFLS]: 0x3f,
    [IMSC]: 0x7ff,
    [DMACR]: 7,
    [TCR]: 7,
  };
  for (const [offset, mask] of Object.entries(bits)) {
    write(Number(offset), 0xffff_ffff);
    assertEquals(read(Number(offset)), mask);
  }
  write(CR, 0xffff_ff7f);
  assertEquals(read(CR), 0xff07);
});

Deno.test("pl011 sends each byte written to its data register", () => {
  const { write, read, sent, log } = uart();
  write(DR, 0x141);
  write(DR, 0x42);
  assertEquals(sent, [0x41, 0x42]);
  assertEquals(read(FR) & 0xb8, 0x90);
  assertEquals(log, []);
});

Deno.test("pl011 raises the transmit interrupt once data has left, not when it is enabled", () => {
  const { write, read, lines } = uart();
  write(IMSC, TX);
  assertEquals([lines.irq, read(RIS)], [false, 0]);
  write(DR, 0x41);
  assertEquals([lines.irq, read(RIS), read(MIS)], [true, TX, TX]);
  write(ICR, TX);
  assertEquals([lines.irq, read(RIS)], [false, 0]);
});

Deno.test("pl011 logs a write while it is disabled, and sends it all the same", () => {
  const { write, sent, log } = uart();
  write(CR, 0x300);
  write(DR, 0x41);
  write(CR, 0x201);
  write(DR, 0x42);
  assertEquals(sent, [0x41, 0x42]);
  assertEquals(log, [
    "guest: data written to the disabled UART",
    "guest: data written to the disabled transmitter",
  ]);
});

Deno.test("pl011 with FIFOs takes 16 characters and gives them back in order", () => {
  const { type, read } = uart();
  assertEquals(type(Array.from({ length: 20 }, (_, i) => i)), 16);
  assertEquals(read(FR) & 0x50, 0x40);
  assertEquals(type([99]), 0);
  assertEquals(Array.from({ length: 16 }, () => read(DR)), Array.from({ length: 16 }, (_, i) => i));
  assertEquals([read(FR) & 0x50, read(DR)], [0x10, 0]);
});

Deno.test("pl011 without FIFOs takes one character and interrupts for it", () => {
  const { type, read, write, lines } = uart({ fifo: false });
  write(IMSC, RX);
  assertEquals(type([7, 8]), 1);
  assertEquals([lines.irq, read(FR) & 0x50], [true, 0x40]);
  assertEquals(read(DR), 7);
  assertEquals([lines.irq, read(FR) & 0x50], [false, 0x10]);
});

Deno.test("pl011 interrupts when the receive FIFO reaches its trigger level, until it falls below", () => {
  for (const [select, level] of [2, 4, 8, 12, 14].entries()) {
    const { type, read, write } = uart();
    write(IFLS, select << 3);
    type(new Uint8Array(level - 1));
    assertEquals(read(RIS) & RX, 0);
    type([1]);
    assertEquals(read(RIS) & RX, RX);
    read(DR);
    assertEquals(read(RIS) & RX, 0);
  }
});

Deno.test("pl011 interrupts again after a clear only when the level is passed again", () => {
  const { type, read, write } = uart();
  write(IFLS, 0);
  type([1, 2]);
  write(ICR, RX);
  type([3]);
  assertEquals(read(RIS) & RX, 0);
  read(DR);
  read(DR);
  type([4]);
  assertEquals(read(RIS) & RX, RX);
});

Deno.test("pl011 reports a receive timeout 32 bit periods after the last character", () => {
  const { type, read, write, advance, lines } = uart();
  const bit = 1e9 / 115200;
  write(IMSC, RT);
  type([1]);
  advance(31 * bit);
  type([2]);
  advance(31 * bit);
  assertEquals([read(RIS) & RT, lines.irq], [0, false]);
  advance(1.01 * bit);
  assertEquals([read(RIS) & RT, lines.irq], [RT, true]);
  read(DR);
  assertEquals(lines.irq, true);
  read(DR);
  assertEquals(lines.irq, false);
  advance(100 * bit);
  assertEquals(read(RIS) & RT, 0);
});

Deno.test("pl011 times characters that stay unread again after the timeout was cleared", () => {
  const { type, read, write, advance } = uart();
  type([1]);
  advance(1e6);
  write(ICR, RT);
  assertEquals(read(RIS) & RT, 0);
  advance(1e6);
  assertEquals(read(RIS) & RT, RT);
});

Deno.test("pl011 empties its FIFO when FIFOs are switched on or off", () => {
  const { type, read, write } = uart();
  type(new Uint8Array(16));
  write(LCRH, 0x60);
  assertEquals([read(FR) & 0x50, read(RIS) & (RX | RT)], [0x10, 0]);
});

Deno.test("pl011 reports a break as a zero with the break error", () => {
  const { receiver, read, write, lines } = uart();
  write(IMSC, 1 << 9);
  receiver().break!();
  assertEquals(lines.irq, true);
  assertEquals(read(DR), 0x400);
  assertEquals(read(RSR), 4);
  write(RSR, 0);
  assertEquals(read(RSR), 0);
  write(ICR, 1 << 9);
  assertEquals(lines.irq, false);
});

Deno.test("pl011 puts characters with errors into the receive FIFO through its test registers", () => {
  const { read, write } = uart();
  write(TDR, 0x341);
  assertEquals(read(FR) & 0x10, 0x10);
  write(TCR, 2);
  write(TDR, 0x341);
  assertEquals(read(RIS) & 0x380, 0x180);
  assertEquals([read(DR), read(RSR)], [0x341, 3]);
});

Deno.test("pl011 loops back what it sends, and reports the character that found no room", () => {
  const { read, write, type } = uart();
  write(CR, ENABLED | LBE);
  assertEquals(type([1]), 0);
  for (let i = 0; i < 17; i++) write(DR, i);
  assertEquals([read(RIS) & 0x400, read(RSR)], [0x400, 8]);
  assertEquals([read(DR), read(DR)], [0x800, 1]);
  assertEquals(read(RSR), 8);
  write(RSR, 0);
  assertEquals(read(RSR), 0);
});

Deno.test("pl011 loops back the break that it sends", () => {
  const { read, write, log } = uart();
  write(CR, ENABLED | LBE);
  write(LCRH, 0x61 | FEN);
  assertEquals(read(DR), 0x400);
  write(CR, ENABLED);
  write(LCRH, 0x60 | FEN);
  write(LCRH, 0x61 | FEN);
  assertEquals(log, ["unimp: sending a break"]);
});

Deno.test("pl011 loops its modem outputs back to its modem inputs", () => {
  const { read, write } = uart();
  for (const [output, flag, interrupt] of [[11, 0, 1], [10, 1, 3], [12, 2, 2], [13, 8, 0]]) {
    write(CR, ENABLED | LBE);
    write(ICR, 0x7ff);
    write(CR, ENABLED | LBE | 1 << output);
    assertEquals([read(FR) & 0x107, read(RIS)], [1 << flag, 1 << interrupt]);
  }
});

Deno.test("pl011 drives its modem outputs from the control register", () => {
  const { write, lines } = uart();
  for (const [bit, name] of [[10, "dtr"], [11, "rts"], [12, "out1"], [13, "out2"]] as const) {
    write(CR, ENABLED | 1 << bit);
    assertEquals(["dtr", "rts", "out1", "out2"].filter((output) => lines[output]), [name]);
  }
});

Deno.test("pl011 shows its modem inputs and interrupts when one changes", () => {
  const { device, read, write, lines } = uart();
  write(IMSC, 0xf);
  for (
    const [name, flag, interrupt] of [["cts", 0, 1], ["dsr", 1, 3], ["dcd", 2, 2], ["ri", 8, 0]] as const
  ) {
    for (const level of [true, false]) {
      device.inputs![name](level);
      assertEquals([read(FR) & 0x107, read(MIS), lines.irq], [level ? 1 << flag : 0, 1 << interrupt, true]);
      write(ICR, 0xf);
      assertEquals(lines.irq, false);
    }
  }
});

Deno.test("pl011 forgets its registers at reset, but not what its wires say", () => {
  const { device, type, read, write, lines } = uart();
  device.inputs!.cts(true);
  write(IMSC, 0x7ff);
  type([1]);
  device.reset();
  assertEquals([read(FR), read(IMSC), read(RIS), read(CR), lines.irq], [0x91, 0, 0, 0x300, false]);
});

Deno.test("pl011 times out after a restore as it would have without", () => {
  const { device, type, read, advance } = uart();
  type([5]);
  const saved = device.snapshot();
  read(DR);
  device.restore(saved);
  advance(1e6);
  assertEquals([read(RIS) & RT, read(DR)], [RT, 5]);
});
