import { assertEquals } from "@std/assert";
import { UNALIGNED } from "../isa/isa.ts";
import { MEM } from "../ir/ops.ts";
import { CPU } from "../isa/state.ts";
import { PLACE, TIERS, ToyMachine } from "../../tests/toy_isa/machine.ts";
import { CAUSE, PTE, TOY, USER } from "../../tests/toy_isa/state.ts";

const { u8, u16, u32, u64, signed, bigEndian, aligned } = MEM;
const RW = PTE.read | PTE.write;
const TABLE = 0x4000;

/** The slow path by itself: a machine whose page table is filled in by the test, and accesses to it. */
function rig(pages?: Readonly<Record<number, number>>) {
  const toy = new ToyMachine(), { mmu, i32 } = toy.cpu;
  if (pages) {
    for (const [page, entry] of Object.entries(pages)) toy.setWord(TABLE + 4 * Number(page), entry);
    i32[TOY.table.index] = TABLE;
    toy.cpu.flushTlb();
  }
  const load = (address: number, mem: number = u32) => mmu.load(address, mem, 0x40, 0) >>> 0;
  const store = (address: number, value: number, mem: number = u32) =>
    mmu.store(address, value, mem, 0x40, 0);
  /** What was raised, and for which address; then there is nothing raised. */
  const raised = () => {
    const cause = i32[CPU.exception.index];
    i32[CPU.exception.index] = 0;
    return cause === 0 ? "nothing" : [cause, i32[TOY.bad.index] >>> 0];
  };
  return { toy, mmu, i32, load, store, raised, misses: () => mmu.stats.misses };
}

Deno.test("softmmu asks the page table once a page and kind, and remembers", () => {
  const { load, store, misses, toy } = rig({ 3: 0x7000 | RW });
  toy.setWord(0x7010, 0x1234_5678);
  const before = misses();
  assertEquals(load(0x3010), 0x1234_5678);
  assertEquals([load(0x3010, u16), load(0x3012, u8), load(0x3013, u8)], [0x5678, 0x34, 0x12]);
  store(0x3ffc, 5);
  assertEquals([toy.word(0x7ffc), misses() - before], [5, 1]);
});

Deno.test("softmmu keeps what pages of one slot mean apart", () => {
  // 512 entries: pages 3 and 515 share one.
  const { load, toy } = rig({ 3: 0x7000 | RW, 515: 0x8000 | RW });
  toy.setWord(0x7000, 1).setWord(0x8000, 2);
  assertEquals([load(0x3000), load(0x20_3000), load(0x3000)], [1, 2, 1]);
});

Deno.test("softmmu forgets all pages, or one page, in every MMU index", () => {
  const { load, mmu, toy, misses } = rig({ 3: 0x7000 | RW | PTE.user, 5: 0x8000 | RW });
  const user = USER << MEM.mmuShift;
  const all = () => {
    const before = misses();
    load(0x3000);
    load(0x3000, u32 | user);
    load(0x5000);
    return misses() - before;
  };
  assertEquals([all(), all()], [3, 0]);
  mmu.flushPage(0x3abc, 4096);
  assertEquals([all(), all()], [2, 0]);
  mmu.flush();
  assertEquals(all(), 3);
  mmu.flushPage(0, 1 << 30); // more than there are entries: everything
  assertEquals(all(), 3);
  toy.setWord(TABLE + 12, 0x8000 | RW | PTE.user);
  mmu.flushPage(0x2000, 0x2000);
  assertEquals(all(), 2);
});

Deno.test("softmmu raises what the page table refuses, by kind and mode", () => {
  const { load, store, raised } = rig({ 3: 0x7000 | PTE.read, 5: 0x8000 | PTE.write });
  assertEquals([load(0x3000), raised()], [0, "nothing"]);
  store(0x3004, 1);
  assertEquals(raised(), [CAUSE.write, 0x3004]);
  assertEquals([load(0x5008), raised()], [0, [CAUSE.read, 0x5008]]);
  load(0x3000, u32 | USER << MEM.mmuShift);
  assertEquals(raised(), [CAUSE.read, 0x3000]);
  load(0x9000);
  assertEquals(raised(), [CAUSE.read, 0x9000]);
});

Deno.test("softmmu raises a bus error where nothing answers", () => {
  const { load, store, mmu, raised } = rig();
  assertEquals([load(0x50_0000), raised()], [0, [CAUSE.bus, 0x50_0000]]);
  store(0x50_0004, 1);
  assertEquals(raised(), [CAUSE.bus, 0x50_0004]);
  assertEquals([mmu.execute(0x50_0008, 0), raised()], [-1, [CAUSE.bus, 0x50_0008]]);
  // Nothing can be run from a device's registers either.
  assertEquals([mmu.execute(PLACE.device.at, 0), raised()], [-1, [CAUSE.bus, PLACE.device.at]]);
});

Deno.test("softmmu extends by sign and swaps bytes as the access descriptor says", () => {
  const { load, store, toy } = rig();
  toy.setWord(0x100, 0x8090_a0b0 | 0);
  assertEquals(load(0x100, u8 | signed), 0xffff_ffb0);
  assertEquals(load(0x100, u16 | signed), 0xffff_a0b0);
  assertEquals([load(0x100, u16 | bigEndian), load(0x100, u32 | bigEndian)], [0xb0a0, 0xb0a0_9080]);
  assertEquals(load(0x102, u16 | signed | bigEndian), 0xffff_9080);
  store(0x104, 0x1122_3344, u32 | bigEndian);
  store(0x108, 0x3344, u16 | bigEndian);
  assertEquals([toy.word(0x104), toy.word(0x108)], [0x4433_2211, 0x4433]);
});

Deno.test("softmmu carries out unaligned accesses byte by byte, across pages that lie apart", () => {
  const { load, store, toy } = rig({ 3: 0x9000 | RW, 4: 0x6000 | RW });
  store(0x3ffe, 0xdead_beef | 0);
  assertEquals([toy.word(0x9ffc) >>> 16, toy.word(0x6000)], [0xbeef, 0xdead]);
  assertEquals([load(0x3ffe), load(0x3fff, u16)], [0xdead_beef, 0xadbe]);
  assertEquals([load(0x3ffe, u32 | bigEndian), load(0x3ffd, u16 | signed)], [0xefbe_adde, 0xffff_ef00]);
});

Deno.test("softmmu stores nothing of an access whose second page faults", () => {
  const { store, mmu, toy, raised } = rig({ 3: 0x9000 | RW });
  store(0x3ffe, -1);
  assertEquals([toy.word(0x9ffc), raised()], [0, [CAUSE.write, 0x4001]]);
  mmu.store64(0x3ffc, -1n, u64, 0x40, 0);
  assertEquals([toy.word(0x9ffc), raised()], [0, [CAUSE.write, 0x4000]]);
});

Deno.test("softmmu stores nothing of an access whose first page faults", () => {
  const { store, mmu, toy, raised } = rig({ 4: 0x9000 | RW });
  store(0x3ffe, -1);
  assertEquals([toy.word(0x9000), raised()], [0, [CAUSE.write, 0x3ffe]]);
  mmu.store64(0x3ffc, -1n, u64, 0x40, 0);
  assertEquals([toy.word(0x9000), raised()], [0, [CAUSE.write, 0x3ffc]]);
});

Deno.test("softmmu asks the ISA about unaligned accesses that it wants to know of", () => {
  const { load, store, i32, toy, raised } = rig();
  toy.setWord(0x100, 0x4433_2211).setWord(0x104, 0x8877_6655 | 0);
  const how = (what: number, address = 0x101) => {
    i32[TOY.unaligned.index] = what;
    return load(address, u32 | aligned);
  };
  assertEquals(how(UNALIGNED.split), 0x5544_3322);
  assertEquals([how(UNALIGNED.rotate), how(UNALIGNED.rotate, 0x103)], [0x1144_3322, 0x3322_1144]);
  assertEquals(how(UNALIGNED.force), 0x4433_2211);
  assertEquals(raised(), "nothing");
  assertEquals([how(UNALIGNED.fault), raised()], [0, [CAUSE.unaligned, 0x101]]);
  store(0x102, 0, u32 | aligned);
  assertEquals([toy.word(0x100), raised()], [0x4433_2211, [CAUSE.unaligned, 0x102]]);
  i32[TOY.unaligned.index] = UNALIGNED.force;
  store(0x102, 7, u32 | aligned);
  assertEquals([toy.word(0x100), raised()], [7, "nothing"]);
});

Deno.test("softmmu gives back what was charged for the instructions behind one that faults", () => {
  const { mmu, i32, toy, raised } = rig();
  const accesses: Readonly<Record<string, () => unknown>> = {
    "a load": () => mmu.load(0x50_0000, u32, 0x40, 7),
    "a load in pieces": () => mmu.load(0x50_0001, u32, 0x40, 7),
    "a load that would be rotated": () => {
      i32[TOY.unaligned.index] = UNALIGNED.rotate;
      mmu.load(0x50_0001, u32 | aligned, 0x40, 7);
    },
    "a store": () => mmu.store(0x50_0000, 0, u32, 0x40, 7),
    "a store in pieces": () => mmu.store(0x50_0001, 0, u32, 0x40, 7),
    "a load of 64 bits": () => mmu.load64(0x50_0000, u64, 0x40, 7),
    "a store of 64 bits": () => mmu.store64(0x50_0000, 0n, u64, 0x40, 7),
  };
  for (const [name, access] of Object.entries(accesses)) {
    i32[CPU.budget.index] = 100;
    access();
    assertEquals([i32[CPU.budget.index], toy.cpu.left, i32[CPU.pc.index]], [107, 0, 0x40], name);
    raised();
  }
});

Deno.test("softmmu charges all of a block whose accesses do not fault, in whatever way they are carried out", () => {
  const { mmu, i32, toy } = rig();
  for (const how of [UNALIGNED.split, UNALIGNED.rotate, UNALIGNED.force]) {
    i32[CPU.budget.index] = 100;
    i32[TOY.unaligned.index] = how;
    mmu.load(0x101, u32 | aligned, 0x40, 7);
    mmu.load(0x101, u32, 0x40, 7);
    mmu.store(0x101, 0, u32 | aligned, 0x40, 7);
    assertEquals([i32[CPU.budget.index], toy.cpu.left], [100, 0]);
  }
});

Deno.test("softmmu keeps nothing of an answer that holds for less than a page", () => {
  const { load, store, misses, toy } = rig({ 3: 0x7000 | RW | PTE.small });
  const before = misses();
  store(0x3000, 5);
  assertEquals([load(0x3000), load(0x3000), misses() - before], [5, 5, 3]);
  toy.setWord(TABLE + 12, 0x8000 | RW | PTE.small);
  assertEquals(load(0x3000), 0);
});

Deno.test("softmmu ignores stores to ROM and goes on reading it", () => {
  const { load, store, toy, raised } = rig();
  toy.load(".word 77", PLACE.rom.at);
  store(PLACE.rom.at, 5);
  store(PLACE.rom.at + 1, 5, u8);
  assertEquals([load(PLACE.rom.at), raised()], [77, "nothing"]);
});

Deno.test("softmmu passes the width of an access on to the device, and values unsigned", () => {
  const { load, store, toy } = rig();
  const at = PLACE.device.at + 0x40;
  assertEquals([load(at), load(at + 2, u16), load(at + 1, u8 | signed)], [0x40, 0x42, 0x41]);
  store(at, -1);
  store(at + 2, -1, u16);
  store(at + 3, -1, u8);
  store(at + 1, 0x0403_0201);
  assertEquals(toy.accesses, [
    "read 4 @040",
    "read 2 @042",
    "read 1 @041",
    "write 4 @040 = ffffffff",
    "write 2 @042 = ffff",
    "write 1 @043 = ff",
    // Last byte first, as for memory.
    "write 1 @044 = 4",
    "write 1 @043 = 3",
    "write 1 @042 = 2",
    "write 1 @041 = 1",
  ]);
});

Deno.test("softmmu reads and writes what a debugger asks for without side effects", () => {
  const { toy, mmu, i32 } = rig({ 3: 0x7000 | RW });
  toy.setWord(0x7004, 0x0403_0201);
  const bytes = new Uint8Array(4);
  assertEquals([toy.cpu.readVirtual(0x3004, bytes), [...bytes]], [true, [1, 2, 3, 4]]);
  assertEquals([toy.cpu.readVirtual(0x5000, bytes), i32[CPU.exception.index]], [false, 0]);
  assertEquals([toy.cpu.writeVirtual(0x3006, Uint8Array.of(9)), toy.word(0x7004)], [true, 0x0409_0201]);
  assertEquals([mmu.physical(0x3010, 0), mmu.physical(0x5000, 0)], [0x7010, undefined]);
  i32[TOY.table.index] = 0;
  assertEquals([mmu.peek(PLACE.device.at, 0), toy.accesses], [undefined, []]);
});

Deno.test("softmmu never lets a store slip past a device that covers a part of a page of RAM", () => {
  const { toy, load, store } = rig();
  const host = toy.memory.allocate(0x1000);
  // RAM from the middle of the page on; before it nothing.
  toy.space.place({ name: "half", start: 0x60_0800, size: 0x800, host, writable: true });
  for (let i = 0; i < 3; i++) {
    store(0x60_0800, 5 + i);
    assertEquals(load(0x60_0800), 5 + i);
  }
  // Compiled code probes the entry itself: it must still find the page slow.
  for (const accel of TIERS) {
    const machine = new ToyMachine({ accel });
    const own = machine.memory.allocate(0x1000);
    machine.space.place({ name: "half", start: 0x60_0800, size: 0x800, host: own, writable: true });
    machine.load(`
      mov r1, 5
      again:
      store r1, r2, ${u32}
      addi r1, r1, -1
      bnz r1, again
      wait
    `).setReg(2, 0x60_0800).run(1000);
    assertEquals(machine.memory.i32[own >> 2], 1, accel);
  }
});

for (const accel of TIERS) {
  Deno.test(`softmmu accesses mean the same with the TLB warm and cold, in all forms (${accel})`, () => {
    const toy = new ToyMachine({ accel });
    const forms = [u8, u8 | signed, u16, u16 | signed, u32, u16 | bigEndian, u32 | bigEndian, u32 | aligned];
    const loads = forms.map((mem, i) => `load r${3 + i}, r2, ${mem}`).join("\n");
    toy.load(`
      again:
      ${loads}
      store r7, r12, ${u32}
      store r7, r13, ${u16}
      store r7, r14, ${u8}
      addi r1, r1, -1
      bnz r1, again
      wait
    `);
    const bytes = Uint8Array.of(0x81, 0x92, 0xa3, 0xb4, 0xc5);
    toy.memory.u8.set(bytes, toy.ram + 0x3ffe);
    const expected = (at: number) => {
      const view = new DataView(toy.memory.memory.buffer, toy.ram + at, 4);
      return [
        view.getUint8(0),
        view.getInt8(0),
        view.getUint16(0, true),
        view.getInt16(0, true),
        view.getInt32(0, true),
        view.getUint16(0),
        view.getInt32(0),
        view.getInt32(0, true),
      ];
    };
    // In a page, unaligned in a page, over the edge of two; the toy splits what is unaligned.
    for (const at of [0x2000, 0x2001, 0x2003, 0x3ffd, 0x3ffe, 0x3fff]) {
      for (const count of [1, 2, 5]) {
        toy.cpu.reset();
        toy.setReg(1, count).setReg(2, at).setReg(12, 0x5ffe).setReg(13, 0x6fff).setReg(14, 0x7fff);
        toy.run(10_000);
        const registers = forms.map((_, i) => toy.reg(3 + i));
        assertEquals(registers, expected(at), `at 0x${at.toString(16)}, ${count} times`);
        const stored = toy.memory.u8.slice(toy.ram + 0x5ffe, toy.ram + 0x6002);
        assertEquals(new DataView(stored.buffer).getInt32(0, true), toy.reg(7));
        assertEquals(toy.memory.u8[toy.ram + 0x7fff], toy.reg(7) & 0xff);
      }
    }
  });

  Deno.test(`softmmu sends stores to pages that hold code through the slow path, until they hold none (${accel})`, () => {
    const toy = new ToyMachine({ accel }).load("addi r3, r3, 1\njumpr r9", 0x1000).load(`
      again:
      store r1, r2, ${u32}
      jumpr r8
      addi r1, r1, -1
      bnz r1, again
      wait
    `);
    toy.setReg(1, 20).setReg(2, 0x1800).setReg(8, 0x1000).setReg(9, 8);
    toy.run(1000);
    assertEquals([toy.reg(3), toy.word(0x1800), toy.cpu.tbs.stats.invalidated], [20, 1, 0]);
    // A store to the code itself ends that; the routine becomes one that adds 100.
    toy.load(
      `
      store r4, r8, ${u32}
      wait
    `,
      0x2000,
    );
    const other = new ToyMachine().load("addi r3, r3, 100");
    toy.cpu.i32[CPU.pc.index] = 0x2000;
    toy.cpu.i32[CPU.halted.index] = 0;
    toy.setReg(4, other.word(0)).run(10);
    toy.cpu.i32[CPU.pc.index] = 0;
    toy.cpu.i32[CPU.halted.index] = 0;
    toy.setReg(1, 20).setReg(3, 0).run(1000);
    assertEquals(toy.reg(3), 2000);
  });
}
