import { assertEquals } from "@std/assert";
import { deviceRig } from "@emu/core";
import pic from "./integrator_pic.ts";

const STATUS = 0x00, RAWSTAT = 0x04, ENABLESET = 0x08, ENABLECLR = 0x0c, SOFTSET = 0x10, SOFTCLR = 0x14;
const FIQ = 0x20;

function rig() {
  const { device, lines, log } = deviceRig(pic);
  return {
    device,
    lines,
    log,
    read: (offset: number) => device.read(offset, 4),
    write: (offset: number, value: number) => device.write(offset, 4, value),
  };
}

Deno.test("integrator-pic passes each enabled line to irq, or to fiq, while it is high", () => {
  for (const [base, output, other] of [[0, "irq", "fiq"], [FIQ, "fiq", "irq"]] as const) {
    for (let n = 0; n < 32; n++) {
      const { device, lines, read, write } = rig();
      const bit = 2 ** n;
      device.inputs![n](true);
      assertEquals([read(base + STATUS), read(base + RAWSTAT), lines[output]], [0, bit, false]);
      write(base + ENABLESET, bit);
      assertEquals([read(base + STATUS), lines[output], lines[other]], [bit, true, false]);
      device.inputs![n](false);
      assertEquals([read(base + STATUS), read(base + RAWSTAT), lines[output]], [0, 0, false]);
    }
  }
});

Deno.test("integrator-pic sets and clears enables bit by bit", () => {
  for (const base of [0, FIQ]) {
    const { read, write } = rig();
    write(base + ENABLESET, 0x8000_00f0);
    write(base + ENABLESET, 0x0f);
    assertEquals(read(base + ENABLESET), 0x8000_00ff);
    write(base + ENABLECLR, 0x8000_0011);
    assertEquals(read(base + ENABLESET), 0xee);
  }
});

Deno.test("integrator-pic raises source 0 by software", () => {
  const { lines, read, write } = rig();
  write(ENABLESET, 1);
  write(SOFTSET, 0xffff_fffe);
  assertEquals([read(SOFTSET), lines.irq], [0, false]);
  write(SOFTSET, 1);
  assertEquals([read(SOFTSET), read(STATUS), read(FIQ + RAWSTAT), lines.irq, lines.fiq], [
    1,
    1,
    1,
    true,
    false,
  ]);
  write(SOFTCLR, 1);
  assertEquals([read(SOFTSET), read(STATUS), lines.irq], [0, 0, false]);
});

Deno.test("integrator-pic masks everything at reset, and shows the lines that are driven again after it", () => {
  const { device, lines, read, write } = rig();
  device.inputs![5](true);
  write(ENABLESET, 0x21);
  write(FIQ + ENABLESET, 0x21);
  write(SOFTSET, 1);
  device.reset();
  device.inputs![5](true); // as the machine does after a reset
  assertEquals([read(ENABLESET), read(FIQ + ENABLESET), read(RAWSTAT)], [0, 0, 0x20]);
  assertEquals([lines.irq, lines.fiq], [false, false]);
});

Deno.test("integrator-pic logs accesses that its registers do not take", () => {
  const { read, write, log } = rig();
  read(ENABLECLR);
  write(STATUS, 1);
  read(0x18);
  assertEquals(log, [
    "guest: read of write-only register IRQ_ENABLECLR",
    "guest: write of read-only register IRQ_STATUS",
    "guest: read of unknown register 0x018",
  ]);
});

Deno.test("integrator-pic has a window as long as its property says", () => {
  const size = pic.size as (properties: { size: number }) => number;
  assertEquals(size({ size: 0x40 }), 0x40);
});
