import { deviceRig } from "@emu/core";
import { assertEquals } from "@std/assert";
import pl061 from "./pl061.ts";

const DATA = 0x3fc, DIR = 0x400, IS = 0x404, IBE = 0x408, IEV = 0x40c, IE = 0x410, RIS = 0x414, MIS = 0x418;
const IC = 0x41c;

function rig() {
  const made = deviceRig(pl061), { device } = made;
  return {
    ...made,
    read: (at: number) => device.read(at, 4),
    write: (at: number, value: number) => device.write(at, 4, value),
    pin: (n: number, level: boolean) => device.inputs![`in${n}`](level),
  };
}

Deno.test("pl061 drives the pins that are outputs, and shows the levels of the others", () => {
  const { read, write, pin, lines } = rig();
  write(DATA, 0xff);
  assertEquals([lines.out0, read(DATA)], [false, 0]);
  write(DIR, 0x0f);
  assertEquals([lines.out0, lines.out3, lines.out4, read(DATA)], [true, true, false, 0x0f]);
  pin(7, true);
  pin(0, false);
  assertEquals(read(DATA), 0x8f);
});

Deno.test("pl061's address says which pins an access is about", () => {
  const { read, write } = rig();
  write(DIR, 0xff);
  write(DATA, 0xaa);
  write(0x0f << 2, 0x55);
  assertEquals([read(DATA), read(0xf0 << 2), read(0)], [0xa5, 0xa0, 0]);
});

Deno.test("pl061 interrupts on the edges and levels that it is told to", () => {
  const { read, write, pin, lines } = rig();
  write(IE, 0x0f);
  write(IEV, 0x01); // pin 0: rising; pin 1: falling
  write(IBE, 0x04); // pin 2: both
  write(IS, 0x08); // pin 3: level, low
  assertEquals([lines.irq, read(MIS)], [true, 8]);
  pin(3, true);
  assertEquals(lines.irq, false);
  pin(0, true);
  pin(1, true);
  pin(2, true);
  assertEquals([lines.irq, read(RIS)], [true, 5]);
  write(IC, 0xff);
  pin(0, false);
  pin(1, false);
  pin(2, false);
  assertEquals(read(RIS), 6);
  write(IE, 0);
  assertEquals([lines.irq, read(MIS), read(RIS)], [false, 0, 6]);
});

Deno.test("pl061 has its identification", () => {
  const { read } = rig();
  assertEquals([0xfe0, 0xfe4, 0xfe8, 0xff0, 0xffc].map(read), [0x61, 0x10, 4, 0x0d, 0xb1]);
});
