import { assertEquals } from "@std/assert";
import { AddressSpace } from "./address_space.ts";
import { GuestMemory } from "./guest_memory.ts";
import { IoTarget } from "./io_target.ts";

function rig() {
  const memory = new GuestMemory(1 << 20), space = new AddressSpace(memory), seen: string[] = [];
  const host = memory.allocate(0x1_0000);
  const target = new IoTarget("device", {
    read: (offset, size) => (seen.push(`read ${size} @${offset}`), 0x8000_0000 + offset),
    write: (offset, size, value) => void seen.push(`write ${size} @${offset} = ${value}`),
  }, () => {});
  const map = () =>
    space.regions.map(({ name, start, end }) => `${name} ${start.toString(16)}-${end.toString(16)}`);
  return { memory, space, host, target, seen, map };
}

Deno.test("a region placed later covers what lies under it, and the rest stays where it was", () => {
  const { space, host, target, map, memory } = rig();
  space.place({ name: "ram", start: 0x1000, size: 0x4000, host, writable: true });
  space.place({ name: "device", start: 0x2000, size: 0x800, target });
  assertEquals(map(), ["ram 1000-2000", "device 2000-2800", "ram 2800-5000"]);
  memory.u8[host + 0x1800] = 7;
  assertEquals(space.read(0x2800, 1), 7);
});

Deno.test("a region that is switched off uncovers what lies under it, and comes back on top", () => {
  const { space, host, target, map } = rig();
  space.place({ name: "ram", start: 0, size: 0x4000, host, writable: true });
  const { enable } = space.place({ name: "device", start: 0x1000, size: 0x1000, target });
  let changes = 0;
  space.onChange = () => changes++;
  enable(false);
  enable(false);
  assertEquals([map(), changes], [["ram 0-4000"], 1]);
  enable(true);
  assertEquals(map(), ["ram 0-1000", "device 1000-2000", "ram 2000-4000"]);
});

Deno.test("an overlay at the end of the 32-bit space reaches its last byte", () => {
  const { space, host } = rig();
  space.place({ name: "top", start: 0xffff_f000, size: 0x1000, host, writable: true });
  assertEquals(space.write(0xffff_fffc, 4, 0xdead_beef), true);
  assertEquals([space.read(0xffff_fffc, 4), space.find(0xffff_efff)], [0xdead_beef, undefined]);
});

Deno.test("a window with memory behind it is read directly until that is turned off, and written through its device", () => {
  const { space, host, target, seen, memory } = rig();
  const { direct } = space.place({ name: "flash", start: 0, size: 0x1000, host, target });
  memory.u8[host + 4] = 9;
  assertEquals(space.read(4, 1), 9);
  space.write(4, 1, 5);
  direct(false);
  assertEquals(space.read(4, 1), 0x8000_0004);
  direct(true);
  assertEquals([space.read(4, 1), seen], [9, ["write 1 @4 = 5", "read 1 @4"]]);
});

Deno.test("a bus master's accesses are little-endian and unsigned, and end where the region does", () => {
  const { space, host, memory } = rig();
  space.place({ name: "ram", start: 0, size: 0x1000, host, writable: true });
  space.write(1, 4, 0xfedc_ba98);
  assertEquals([...memory.u8.subarray(host, host + 6)], [0, 0x98, 0xba, 0xdc, 0xfe, 0]);
  assertEquals([space.read(1, 4), space.read(3, 2)], [0xfedc_ba98, 0xfedc]);
  assertEquals([space.read(0xffe, 4), space.write(0xffe, 4, 1), space.read(0x1000, 1)], [
    undefined,
    false,
    undefined,
  ]);
});

Deno.test("read-only memory ignores a bus master's writes", () => {
  const { space, host } = rig();
  space.place({ name: "rom", start: 0, size: 0x1000, host });
  assertEquals([space.write(0, 4, 5), space.read(0, 4)], [true, 0]);
});

Deno.test("a write to memory that goes past the vCPU is told, with its place", () => {
  const { space, host } = rig();
  space.place({ name: "ram", start: 0x8000, size: 0x1000, host, writable: true });
  const told: number[][] = [];
  space.onWrite = (at, size) => void told.push([at - host, size]);
  space.write(0x8004, 2, 1);
  space.writeBytes(0x8ff0, new Uint8Array(0x20));
  assertEquals(told, [[4, 2], [0xff0, 0x10]]);
});

Deno.test("runs of bytes cross from memory into devices and over holes, which read as 0 and are reported", () => {
  const { space, host, target, seen, memory } = rig();
  space.place({ name: "ram", start: 0, size: 0x10, host, writable: true });
  space.place({ name: "device", start: 0x10, size: 8, target });
  memory.u8[host + 0xf] = 3;
  const into = new Uint8Array(12).fill(0xff);
  assertEquals(space.readBytes(0xf, into), false);
  assertEquals([...into], [3, 0, 0, 0, 0x80, 4, 0, 0, 0x80, 0, 0, 0]);
  seen.length = 0;
  assertEquals(space.writeBytes(0xe, Uint8Array.of(1, 2, 3, 4, 5, 6, 7)), true);
  assertEquals([memory.u8[host + 0xe], memory.u8[host + 0xf], seen], [1, 2, [
    "write 4 @0 = 100992003",
    "write 1 @4 = 7",
  ]]);
});

Deno.test("memory is set apart in pieces of 64 KiB until there is none left", () => {
  const memory = new GuestMemory(0x3_0000);
  assertEquals([memory.allocate(1), memory.allocate(0x1_0001)], [0x1_0000, 0x2_0000]);
  let message = "";
  try {
    memory.allocate(1);
  } catch (error) {
    message = (error as Error).message;
  }
  assertEquals(message, "Cannot allocate 1 bytes of machine memory: none left");
});
