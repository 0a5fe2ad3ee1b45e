import { assertEquals } from "@std/assert";
import { constant, identity, registerDevice, type RegisterFile, stored } from "./registers.ts";

function rig(width: 1 | 2 | 4, registers?: RegisterFile<{ a: number; b: number }>["registers"]) {
  const log: string[] = [], state = { a: 1, b: 2 };
  let outputs = 0;
  const device = registerDevice(
    { log: { guestError: (m) => void log.push(m), unimplemented: (m) => void log.push(`unimp: ${m}`) } },
    {
      state,
      width,
      outputs: () => void outputs++,
      registers: registers ?? {
        0: stored(state, "a", 0xffff),
        [width]: stored(state, "b"),
        [2 * width]: constant("ID", 0x1234_5678),
        [3 * width]: { name: "WO", write: () => {} },
        [4 * width]: { name: "LATER" },
      },
    },
  );
  return { device, state, log, outputs: () => outputs };
}

Deno.test("a register file shows the lane of a word that a narrow read asks for", () => {
  const { device } = rig(4);
  assertEquals([0, 1, 2, 3].map((i) => device.read(8 + i, 1)), [0x78, 0x56, 0x34, 0x12]);
  assertEquals([device.read(8, 2), device.read(10, 2), device.read(8, 4)], [0x5678, 0x1234, 0x1234_5678]);
});

Deno.test("a register file puts a narrow write into its lane", () => {
  const { device, state } = rig(4);
  device.write(5, 1, 0xab);
  assertEquals(state.b, 0xab00);
});

Deno.test("a register file of bytes is read and written by words, a register a byte", () => {
  const { device, state } = rig(1);
  device.write(0, 2, 0x0503);
  assertEquals(state, { a: 3, b: 5 });
  assertEquals(device.read(0, 2), 0x0503);
});

Deno.test("a register file's masks hold, and values read are unsigned", () => {
  const { device } = rig(4);
  device.write(0, 4, 0xffff_ffff);
  device.write(4, 4, 0xffff_ffff);
  assertEquals([device.read(0, 4), device.read(4, 4)], [0xffff, 0xffff_ffff]);
});

Deno.test("a register file logs by name what a guest does wrong and what is not built", () => {
  const { device, log } = rig(4);
  device.write(8, 4, 1);
  device.read(12, 4);
  device.read(16, 4);
  device.write(16, 4, 0);
  device.read(0xc8, 4);
  device.write(0xc8, 4, 0);
  assertEquals(log, [
    "write of read-only register ID",
    "read of write-only register WO",
    "unimp: read of register LATER",
    "unimp: write of register LATER",
    "read of unknown register 0x0c8",
    "write of unknown register 0x0c8",
  ]);
});

Deno.test("a register file drives its outputs after every access, reset and restore", () => {
  const { device, outputs } = rig(4, { 0x20: { name: "FIFO", read: () => 1 } });
  device.read(0x20, 4);
  device.read(0x20, 1);
  device.write(0, 4, 1);
  device.reset();
  device.restore(device.snapshot());
  assertEquals(outputs(), 5);
});

Deno.test("a register that stands between two takes the place of neither", () => {
  const { device } = rig(4, { 0x20: { name: "WORD", read: () => 7 }, 0x22: { name: "HALF", read: () => 9 } });
  assertEquals([device.read(0x20, 4), device.registerName?.(0x22)], [7, "WORD"]);
});

Deno.test("a register file need not drive its outputs after a read that changes nothing", () => {
  const { device, outputs } = rig(4, { 0x20: { name: "STATUS", read: () => 0x1234, still: true } });
  assertEquals([device.read(0x20, 4), device.read(0x21, 1)], [0x1234, 0x12]);
  assertEquals(outputs(), 0);
});

Deno.test("a register file's reset is its first state, and its snapshots are copies", () => {
  const { device, state } = rig(4);
  device.write(0, 4, 9);
  const saved = device.snapshot();
  device.reset();
  assertEquals([state, saved], [{ a: 1, b: 2 }, { a: 9, b: 2 }]);
  device.restore(saved);
  device.write(0, 4, 10);
  assertEquals([state.a, saved], [10, { a: 9, b: 2 }]);
});

Deno.test("identification registers are a byte each, four bytes apart", () => {
  const { device, log } = rig(4, identity(0xfe0, [0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1]));
  assertEquals([0xfe0, 0xfe4, 0xffc].map((at) => device.read(at, 4)), [0x11, 0x10, 0xb1]);
  device.write(0xff0, 4, 0);
  assertEquals(log, ["write of read-only register PCellID0"]);
});

Deno.test("a register file tells its registers in order, and what can be done with each", () => {
  const { device } = rig(4);
  assertEquals(
    device.registers?.map(({ offset, size, name, access }) => `${offset} ${size} ${name} ${access}`),
    [
      "0 4 A rw",
      "4 4 B rw",
      "8 4 ID r",
      "12 4 WO w",
      "16 4 LATER -",
    ],
  );
});
