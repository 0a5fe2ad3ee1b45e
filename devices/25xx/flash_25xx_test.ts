import { deviceRig, type RigOptions, type SpiTarget } from "@emu/core";
import { assertEquals } from "@std/assert";
import flash from "./flash_25xx.ts";

const MILLISECOND = 1e6;
const WREN = 0x06, BUSY = 1, WEL = 2;

function rig(properties: Record<string, unknown> = {}, more: RigOptions = {}) {
  const made = deviceRig(flash, { ...more, properties }), bus = made.device.bus as SpiTarget;
  /** A command: bytes out, then so many in. */
  const run = (out: number[], count = 0): number[] => {
    bus.select(true);
    for (const byte of out) bus.transfer(byte, 8);
    const answer = Array.from({ length: count }, () => bus.transfer(0, 8));
    bus.select(false);
    return answer;
  };
  const address = (at: number) => [at >> 16 & 0xff, at >> 8 & 0xff, at & 0xff];
  return {
    ...made,
    bus,
    run,
    status: () => run([0x05], 1)[0],
    read: (at: number, count: number) => run([0x03, ...address(at)], count),
    program(at: number, ...bytes: number[]) {
      run([WREN]);
      run([0x02, ...address(at), ...bytes]);
      made.advance(MILLISECOND);
    },
    erase(command: number, at: number, time: number) {
      run([WREN]);
      run([command, ...address(at)]);
      made.advance(time * MILLISECOND);
    },
  };
}

const MODELS = [["w25q80", 1 << 20, 0x14], ["w25q16", 1 << 21, 0x15], ["w25q128", 1 << 24, 0x18]] as const;
for (const [model, size, capacity] of MODELS) {
  Deno.test(`25xx as ${model} says so, and has ${size >> 20} MiB`, () => {
    const { run, read, program } = rig({ model });
    assertEquals(run([0x9f], 4), [0xef, 0x40, capacity, 0xef]);
    assertEquals(run([0x90, 0, 0, 0], 2), [0xef, capacity - 1]);
    assertEquals(run([0x90, 0, 0, 1], 2), [capacity - 1, 0xef]);
    program(size - 1, 0x42);
    assertEquals(read(size - 1, 2), [0x42, 0xff], "and goes on at the first byte");
  });
}

Deno.test("25xx programs a page, wraps round in it, and clears bits only", () => {
  const { program, read } = rig();
  program(0x10fe, 1, 2, 3);
  assertEquals([read(0x10fe, 2), read(0x1000, 1), read(0x1100, 1)], [[1, 2], [3], [0xff]]);
  program(0x10fe, 0xf0);
  assertEquals(read(0x10fe, 1), [0]);
});

Deno.test("25xx is busy while it programs, and listens to nothing but a question for its status", () => {
  const { run, status, read, advance } = rig();
  run([WREN]);
  assertEquals(status(), WEL);
  run([0x02, 0, 0, 0, 0x12]);
  assertEquals([status(), read(0, 1), run([0x9f], 1)], [BUSY, [0xff], [0xff]]);
  advance(0.7 * MILLISECOND);
  assertEquals([status(), read(0, 1)], [0, [0x12]]);
});

Deno.test("25xx reads fast after a dummy byte, and shows its status as long as it is asked", () => {
  const { run, program } = rig();
  program(0x20, 7, 8);
  assertEquals(run([0x0b, 0, 0, 0x20, 0], 2), [7, 8]);
  assertEquals(run([0x05], 3), [0, 0, 0]);
});

const ERASES = [[0x20, 0x1000, 45], [0x52, 0x8000, 120], [0xd8, 0x1_0000, 150], [0xc7, 1 << 20, 2400]];
for (const [command, length, time] of ERASES) {
  Deno.test(`25xx erases ${length} bytes by command 0x${command.toString(16)} in ${time} ms`, () => {
    const { program, read, run, status, advance } = rig({ model: "w25q80" });
    const whole = length === 1 << 20, at = whole ? 0 : length;
    program(at, 1);
    program(at + length - 1, 2);
    if (!whole) program(at - 1, 3);
    run([WREN]);
    run(whole ? [command] : [command, at >> 16, at >> 8 & 0xff, 0x42]);
    advance(time * MILLISECOND - 1);
    assertEquals(status(), BUSY);
    advance(1);
    assertEquals([status(), read(at, 1), read(at + length - 1, 1)], [0, [0xff], [0xff]]);
    if (!whole) assertEquals(read(at - 1, 1), [3]);
  });
}

Deno.test("25xx changes nothing without write enable, and takes that back after each change", () => {
  const { run, read, program, status, log } = rig();
  run([0x02, 0, 0, 0, 1]);
  assertEquals([read(0, 1), log], [[0xff], ["guest: program or erase without write enable"]]);
  program(0, 1);
  assertEquals(status(), 0);
  run([WREN]);
  run([0x04]);
  assertEquals(status(), 0);
});

Deno.test("25xx ignores a command that does not end with a whole byte", () => {
  const { bus, status } = rig();
  bus.select(true);
  bus.transfer(WREN, 8);
  bus.transfer(0, 3);
  bus.select(false);
  assertEquals(status(), 0);
});

Deno.test("25xx takes its bytes from words of any length", () => {
  const { bus, program } = rig();
  program(0x345, 0xab, 0xcd);
  bus.select(true);
  assertEquals(bus.transfer(0x0300, 16), 0xffff);
  bus.transfer(0x0345, 16);
  assertEquals([bus.transfer(0, 4), bus.transfer(0, 12)], [0xa, 0xbcd]);
  bus.select(false);
});

Deno.test("25xx asleep wakes up at one command, which tells what it is", () => {
  const { run, read, program } = rig();
  program(0, 1);
  run([0xb9]);
  assertEquals([read(0, 1), run([0x9f], 1)], [[0xff], [0xff]]);
  assertEquals(run([0xab, 0, 0, 0], 1), [0x14]);
  assertEquals(read(0, 1), [1]);
});

Deno.test("25xx protects what its status says, from the top or the bottom, and /WP locks that", () => {
  const { run, program, read, advance, device, status } = rig();
  const protect = (value: number) => {
    run([WREN]);
    run([0x01, value]);
    advance(10 * MILLISECOND);
  };
  protect(1 << 2); // the upper 64 KiB
  program(0x1f_0000, 1);
  program(0x1e_ffff, 2);
  assertEquals([read(0x1f_0000, 1), read(0x1e_ffff, 1)], [[0xff], [2]]);
  protect(0xa4); // the lower 64 KiB, and SRP0
  program(0, 1);
  program(0x1f_0000, 1);
  assertEquals([read(0, 1), read(0x1f_0000, 1), status()], [[0xff], [1], 0xa4]);
  device.inputs!.wp(false);
  protect(0);
  assertEquals(status(), 0xa4);
  device.reset("cold");
  assertEquals([status(), read(0x1f_0000, 1)], [0xa4, [1]], "neither is volatile");
});

Deno.test("25xx is selected by a line of its own if it has no chip select", () => {
  const { bus, device } = rig({ select: -1 });
  assertEquals([bus.chipSelect, bus.transfer(0x9f, 8)], [undefined, 0xff]);
  device.inputs!.cs(false);
  bus.transfer(0x9f, 8);
  assertEquals(bus.transfer(0, 8), 0xef);
  device.inputs!.cs(true);
  assertEquals(bus.transfer(0, 8), 0xff);
});

Deno.test("25xx loads its content from a block back end, and saves the sectors that change", async () => {
  const content = new Uint8Array(0x3000).fill(0xff), writes: [number, number][] = [];
  content[0x2345] = 0x5a;
  const block = {
    size: content.length,
    readOnly: false,
    read: (at: number, into: Uint8Array) => Promise.resolve(into.set(content.subarray(at, at + into.length))),
    write: (at: number, from: Uint8Array) => {
      writes.push([at, from.length]);
      content.set(from, at);
      return Promise.resolve();
    },
    flush: () => Promise.resolve(),
  };
  const { device, read, program } = rig({}, { block });
  await device.ready!();
  assertEquals(read(0x2345, 1), [0x5a]);
  program(0x1001, 9);
  await device.dispose!();
  assertEquals([writes, content[0x1001], content[0x2345]], [[[0x1000, 0x1000]], 9, 0x5a]);
});
