import { assertEquals, assertThrows } from "@std/assert";
import { CPU } from "@emu/core";
import { assemble } from "./assemble.ts";
import { TIERS, ToyMachine } from "./machine.ts";
import { CAUSE, SYSTEM, TOY } from "./state.ts";

for (const accel of TIERS) {
  Deno.test(`toy programs count down in a loop (${accel})`, () => {
    const toy = new ToyMachine({ accel }).load(`
      mov r1, 100
      loop:
      addi r2, r2, 3
      addi r1, r1, -1
      bnz r1, loop
      wait
    `);
    assertEquals(toy.run(10_000), 302);
    assertEquals([toy.reg(1), toy.reg(2), toy.pc], [0, 300, 20]);
    assertEquals(toy.cpu.i32[CPU.halted.index], 1);
  });

  Deno.test(`toy programs load what they stored, in all widths (${accel})`, () => {
    const toy = new ToyMachine({ accel }).load(`
      mov r1, 4096
      mov r2, -2
      store r2, r1, 2
      load r3, r1, 0     ; u8
      load r4, r1, 4     ; s8
      load r5, r1, 1     ; u16
      load r6, r1, 2     ; u32
      store r5, r1, 3    ; r5 and r6
      load r8, r1, 3
      wait
    `);
    toy.run(100);
    assertEquals([3, 4, 5, 6, 8, 9].map((n) => toy.reg(n)), [0xfe, -2, 0xfffe, -2, 0xfffe, -2]);
  });

  Deno.test(`toy exceptions note where they came from and lead to the vector (${accel})`, () => {
    const toy = new ToyMachine({ accel }).load(`
      mov r1, 64
      put r1, ${SYSTEM.vector}
      trap 33
    `).load("wait", 64);
    assertEquals(toy.run(100), 4);
    const { i32 } = toy.cpu;
    assertEquals([i32[TOY.epc.index], i32[TOY.cause.index], toy.pc], [8, 33, 68]);
  });

  Deno.test(`toy user mode may not touch system registers (${accel})`, () => {
    const toy = new ToyMachine({ accel }).load(`
      mov r1, 64
      put r1, ${SYSTEM.vector}
      mov r1, 1
      put r1, ${SYSTEM.eflags}
      mov r1, 32
      put r1, ${SYSTEM.epc}
      return
      wait
      mov r2, 5
      put r2, ${SYSTEM.table}
    `).load("wait", 64);
    toy.run(100);
    const { i32 } = toy.cpu;
    assertEquals([i32[TOY.epc.index], i32[TOY.eflags.index], i32[TOY.cause.index]], [36, 1, CAUSE.privilege]);
    assertEquals([toy.reg(2), i32[TOY.table.index]], [5, 0]);
  });
}

Deno.test("toy assembler refuses what is no instruction and labels that are nowhere", () => {
  assertThrows(() => assemble("nonsense r1"), SyntaxError, 'Cannot assemble "nonsense r1"');
  assertThrows(() => assemble("jump nowhere"), SyntaxError, 'no label "nowhere"');
});
