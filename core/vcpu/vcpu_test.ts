import { assert, assertEquals } from "@std/assert";
import { UNALIGNED } from "../isa/isa.ts";
import { MEM } from "../ir/ops.ts";
import { CPU } from "../isa/state.ts";
import { DEVICE, PLACE, TIERS, ToyMachine, type ToyOptions } from "../../tests/toy_isa/machine.ts";
import { CAUSE, PTE, SYSTEM, TOY } from "../../tests/toy_isa/state.ts";

const WORD = MEM.u32, ALIGNED = MEM.u32 | MEM.aligned;
const HANDLER = 0x100;

/** Counts causes in r15 and goes on behind the instruction that trapped. */
const SKIP = `
  get r14, ${SYSTEM.cause}
  add r15, r15, r14
  get r14, ${SYSTEM.epc}
  addi r14, r14, 4
  put r14, ${SYSTEM.epc}
  return
`;
const USE_HANDLER = `
  mov r1, ${HANDLER}
  put r1, ${SYSTEM.vector}
`;

/** What a program needs beside itself. */
interface Program {
  readonly text: string;
  readonly more?: (toy: ToyMachine) => void;
}

/** Programs whose every instruction must be where it is, however they are run. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  "loops in loops": {
    text: `
      mov r1, 4
      outer:
      mov r2, 5
      inner:
      add r3, r3, r2
      addi r2, r2, -1
      bnz r2, inner
      addi r1, r1, -1
      bnz r1, outer
      wait
    `,
  },
  "calls and returns through registers, to another page": {
    text: `
      mov r1, 6
      mov r8, 0x2000
      mov r9, 16
      jump first
      first:
      jumpr r8
      wait
    `,
    more: (toy) =>
      void toy.load(
        `
        add r3, r3, r1
        addi r1, r1, -1
        bnz r1, back
        mov r9, 20
        back:
        jumpr r9
      `,
        0x2000,
      ),
  },
  "loads and stores of all widths": {
    text: `
      mov r1, 8
      mov r2, 0x3000
      again:
      store r1, r2, ${MEM.u32}
      load r4, r2, ${MEM.u8}
      load r5, r2, ${MEM.u16 | MEM.signed}
      addi r3, r2, 1
      store r4, r3, ${MEM.u16}
      load r6, r2, ${MEM.u64}
      add r6, r6, r5
      store r6, r3, ${MEM.u64}
      load r8, r3, ${MEM.u32 | MEM.bigEndian}
      store r8, r2, ${MEM.u32 | MEM.bigEndian}
      addi r1, r1, -1
      bnz r1, again
      wait
    `,
  },
  "traps in the middle of blocks": {
    text: `
      ${USE_HANDLER}
      mov r2, 5
      again:
      addi r3, r3, 1
      trap 40
      addi r3, r3, 10
      div r4, r3, r5
      addi r3, r3, 100
      addi r2, r2, -1
      bnz r2, again
      wait
    `,
  },
  "divisions that trap the last time only": {
    text: `
      ${USE_HANDLER}
      mov r2, 5
      mov r3, 840
      again:
      addi r2, r2, -1
      div r4, r3, r2
      add r5, r5, r4
      addi r6, r6, 1
      bnz r2, again
      wait
    `,
  },
  "accesses that fault in the middle of blocks": {
    text: `
      ${USE_HANDLER}
      mov r2, 6
      mov r7, ${UNALIGNED.fault}
      put r7, ${SYSTEM.unaligned}
      mov r3, 0x3000
      again:
      load r4, r3, ${ALIGNED}
      add r5, r5, r4
      store r3, r3, ${ALIGNED}
      addi r3, r3, 2
      addi r2, r2, -1
      bnz r2, again
      wait
    `,
  },
  "unaligned accesses that run into unmapped memory": {
    text: `
      ${USE_HANDLER}
      mov r2, 5
      mov r3, 0x7ffb
      add r3, r3, r3
      add r3, r3, r3
      add r3, r3, r3
      add r3, r3, r3
      add r3, r3, r3
      addi r3, r3, 0x9d
      again:
      load r4, r3, ${WORD}
      addi r5, r5, 1
      store r5, r3, ${WORD}
      addi r5, r5, 1
      load r10, r3, ${MEM.u64}
      addi r5, r5, 1
      store r10, r3, ${MEM.u64}
      addi r3, r3, 1
      addi r2, r2, -1
      bnz r2, again
      wait
    `,
  },
  // Both write to data first, so that they are compiled when they come to overwrite their own code.
  "code that changes the next instruction": {
    text: `
      mov r1, 6
      mov r2, 0x1424
      mov r10, -1024
      mov r9, 0x24
      load r3, r9, ${WORD}
      addi r3, r3, 7
      again:
      store r3, r2, ${WORD}
      add r2, r2, r10
      addi r4, r4, 1
      mov r5, 1
      add r6, r6, r5
      addi r1, r1, -1
      bnz r1, again
      add r2, r2, r10
      wait
    `,
  },
  "code that changes itself while it runs": {
    text: `
      mov r1, 6
      mov r2, 0x1820
      mov r10, -1024
      mov r9, 0x20
      load r3, r9, ${WORD}
      again:
      add r2, r2, r10
      addi r3, r3, 1
      store r3, r2, ${WORD}
      mov r5, 0
      store r3, r2, ${WORD}
      add r6, r6, r5
      addi r1, r1, -1
      bnz r1, again
      wait
    `,
  },
  "a jump to nowhere": {
    text: `
      ${USE_HANDLER}
      mov r8, 0x4000
      mov r1, 8
      again:
      add r8, r8, r8
      addi r1, r1, -1
      bnz r1, again
      mov r1, 4
      hop:
      jumpr r8
    `,
    more: (toy) =>
      void toy.load(
        `
        mov r9, 0x20
        addi r1, r1, -1
        bnz r1, back
        wait
        back:
        jumpr r9
      `,
        HANDLER,
      ),
  },
};

for (const [name, program] of Object.entries(PROGRAMS)) {
  for (const accel of TIERS) {
    Deno.test(`vcpu stops ${name} after exactly the budget, whatever it is (${accel})`, () => {
      const states = stepped(program), toy = make(program, { accel });
      const all = states.length - 1;
      // Run as a whole first, so that what is hot has been compiled.
      for (let warm = 0; warm < 3; warm++) {
        assertEquals(toy.rewind().run(1_000_000), all);
        assertEquals(toy.state(), states[all]);
      }
      for (let n = 0; n <= all; n++) {
        assertEquals(toy.rewind().run(n), n, `run(${n})`);
        assertEquals(toy.state(), states[n], `state after ${n}`);
        assertEquals(toy.run(all - n), all - n, `the rest after ${n}`);
        assertEquals(toy.state(), states[all], `state at the end, with a stop after ${n}`);
      }
      if (accel === "jit") assert(toy.cpu.stats.entries > 0, "nothing was compiled");
    });
  }
}

/** The state before the first instruction and after each, run one by one on the reference. */
function stepped(program: Program): object[] {
  const toy = make(program, { accel: "interp" });
  const states = [toy.state()];
  while (toy.run(1) === 1 && states.length < 1000) states.push(toy.state());
  assert(toy.cpu.i32[CPU.halted.index] !== 0 && states.length > 10 && states.length < 1000);
  return states;
}

function make({ text, more }: Program, options: ToyOptions): ToyMachine {
  const toy = new ToyMachine(options).load(SKIP, HANDLER).load(text);
  more?.(toy);
  return toy.mark();
}

/** Raises its own interrupt in the middle of a block, through the device; the handler lowers it. */
const INTERRUPTED = `
  mov r1, ${HANDLER}
  put r1, ${SYSTEM.vector}
  mov r12, 0x3000
  add r12, r12, r12
  add r12, r12, r12
  add r12, r12, r12
  add r12, r12, r12
  add r12, r12, r12
  add r12, r12, r12
  add r12, r12, r12
  add r12, r12, r12
  addi r12, r12, ${DEVICE.irq}
  mov r2, 8
  put r2, ${SYSTEM.enabled}
  again:
  addi r3, r3, 1
  store r2, r12, ${WORD}
  addi r3, r3, 1
  addi r3, r3, 1
  addi r2, r2, -1
  bnz r2, again
  wait
`;
const INTERRUPT_HANDLER = `
  add r4, r4, r3
  get r5, ${SYSTEM.epc}
  add r6, r6, r5
  mov r7, 0
  store r7, r12, ${WORD}
  return
`;

Deno.test("vcpu takes an interrupt at the same instruction in every tier, wherever the slice ends", () => {
  const [interp, jit] = TIERS.map((accel) =>
    new ToyMachine({ accel }).load(INTERRUPTED).load(INTERRUPT_HANDLER, HANDLER).mark()
  );
  for (let warm = 0; warm < 3; warm++) {
    for (const toy of [interp, jit]) toy.rewind().run(1000);
    assertEquals(jit.state(), interp.state());
  }
  assert(interp.cpu.stats.interrupts >= 3 * 8);
  assert(jit.cpu.stats.entries > 0);
  for (let n = 1; n < 140; n++) {
    const [a, b] = [interp, jit].map((toy) => [toy.rewind().run(n), toy.state(), toy.run(1000), toy.state()]);
    assertEquals(b, a, `slice of ${n}`);
  }
});

for (const accel of TIERS) {
  Deno.test(`vcpu takes a pending interrupt as soon as it is allowed, and none while it is not (${accel})`, () => {
    const toy = new ToyMachine({ accel }).load(`
      mov r1, ${HANDLER}
      put r1, ${SYSTEM.vector}
      mov r2, 9
      put r2, ${SYSTEM.enabled}
      mov r3, 1
      wait
    `).load("wait", HANDLER);
    toy.cpu.frontend.inputs.irq(true);
    toy.run(100);
    const { i32 } = toy.cpu;
    assertEquals([toy.reg(2), toy.reg(3), i32[TOY.epc.index]], [9, 0, 16]);
    assertEquals(i32[TOY.cause.index], CAUSE.interrupt);
  });

  Deno.test(`vcpu runs the new code after a device wrote over it (${accel})`, () => {
    const toy = new ToyMachine({ accel }).load("mov r3, 2", 0x1000);
    const changed = toy.word(0x1000);
    toy.load(
      `
      mov r3, 1
      jumpr r9
    `,
      0x1000,
    ).load(`
      mov r1, 6
      mov r8, 0x1000
      mov r9, 16
      jump call
      back:
      add r4, r4, r3
      addi r1, r1, -1
      bnz r1, call
      wait
      call:
      jumpr r8
    `).mark();
    toy.run(10_000);
    assertEquals(toy.reg(4), 6);
    toy.rewind().space.write(0x1000, 4, changed);
    toy.run(10_000);
    assertEquals(toy.reg(4), 12);
    assert(toy.cpu.tbs.stats.invalidated > 0);
  });

  Deno.test(`vcpu leaves blocks alone when data beside them is written (${accel})`, () => {
    const toy = new ToyMachine({ accel }).load(`
      mov r1, 50
      mov r2, 0x800
      again:
      store r1, r2, ${WORD}
      addi r1, r1, -1
      bnz r1, again
      wait
    `);
    toy.run(10_000);
    assertEquals([toy.word(0x800), toy.cpu.tbs.stats.invalidated], [1, 0]);
  });

  Deno.test(`vcpu drops all blocks when there are too many, and goes on (${accel})`, () => {
    const hops = Array.from({ length: 40 }, (_, i) => `l${i}:\n addi r2, r2, ${i}\n jump l${i + 1}`).join(
      "\n",
    );
    const toy = new ToyMachine({ accel, tbLimit: 8 }).load(`
      mov r1, 10
      again:
      jump l0
      ${hops}
      l40:
      addi r1, r1, -1
      bnz r1, again
      wait
    `);
    assertEquals(toy.run(100_000), 1 + 10 * (1 + 80 + 2) + 1);
    assertEquals(toy.reg(2), 10 * 780);
    assert(toy.cpu.tbs.stats.purges > 10);
    assert(toy.cpu.tbs.size <= 8, `${toy.cpu.tbs.size} blocks`);
  });

  Deno.test(`vcpu survives a purge between any two slices (${accel})`, () => {
    const program = PROGRAMS["loops in loops"], states = stepped(program), toy = make(program, { accel });
    for (let n = 1; n < states.length; n++) {
      assertEquals(toy.run(1), 1);
      toy.cpu.purge();
      assertEquals(toy.state(), states[n]);
    }
  });

  Deno.test(`vcpu keeps apart what one place means in different modes (${accel})`, () => {
    // The same load: of the kernel's page for the kernel, a fault for the user.
    const toy = new ToyMachine({ accel }).load(`
      mov r1, ${HANDLER}
      put r1, ${SYSTEM.vector}
      mov r1, 0x4000
      put r1, ${SYSTEM.table}
      mov r2, 0x3000
      mov r9, 5
      again:
      load r3, r2, ${WORD}
      addi r9, r9, -1
      bnz r9, again
      mov r3, 0
      mov r4, 1
      put r4, ${SYSTEM.eflags}
      mov r4, 24
      put r4, ${SYSTEM.epc}
      return
    `).load("wait", HANDLER);
    map(toy, { 0: [0, PTE.read | PTE.execute | PTE.user], 3: [0x3000, PTE.read], 4: [0x4000, PTE.read] });
    toy.setWord(0x3000, 77);
    toy.mark();
    for (let round = 0; round < 3; round++) {
      toy.rewind().run(1000);
      const { i32 } = toy.cpu;
      assertEquals([toy.reg(3), i32[TOY.cause.index], i32[TOY.bad.index]], [0, CAUSE.read, 0x3000]);
      assertEquals([i32[TOY.epc.index], i32[TOY.eflags.index]], [24, 1]);
    }
  });

  Deno.test(`vcpu runs what a page means now after the page table changed (${accel})`, () => {
    const toy = new ToyMachine({ accel })
      .load("addi r3, r3, 1\njumpr r9", 0x2000)
      .load("addi r3, r3, 100\njumpr r9", 0x3000)
      .load(`
        mov r8, 0x1000
        mov r9, again
        mov r5, 0x4000
        mov r6, 0x5000
        mov r1, 12
        again:
        put r5, ${SYSTEM.table}
        add r7, r5, r2
        addi r5, r6, 0
        addi r6, r7, 0
        addi r1, r1, -1
        bnz r1, go
        wait
        go:
        jumpr r8
      `.replace("mov r9, again", "mov r9, 20"));
    const all = PTE.read | PTE.write | PTE.execute;
    map(toy, { 0: [0, all], 1: [0x2000, all] }, 0x4000);
    map(toy, { 0: [0, all], 1: [0x3000, all] }, 0x5000);
    toy.run(1000);
    assertEquals(toy.reg(3), 6 * 1 + 5 * 100);
  });

  Deno.test(`vcpu reports where it was to a device in the middle of a block (${accel})`, () => {
    const toy = new ToyMachine({ accel }).load(`
      mov r1, 6
      again:
      addi r3, r3, 1
      load r4, r12, ${WORD}
      addi r3, r3, 1
      store r4, r13, ${WORD}
      addi r13, r13, 4
      addi r1, r1, -1
      bnz r1, again
      wait
    `).mark();
    for (let round = 0; round < 3; round++) {
      toy.rewind().setReg(12, PLACE.device.at + DEVICE.executed).setReg(13, 0x3000).run(1000);
      assertEquals(Array.from({ length: 6 }, (_, i) => toy.word(0x3000 + 4 * i)), [3, 10, 17, 24, 31, 38]);
    }
  });

  Deno.test(`vcpu reports where it was to a device after an unaligned access, too (${accel})`, () => {
    const toy = new ToyMachine({ accel }).load(`
      mov r1, 4
      again:
      load r5, r2, ${WORD}
      addi r3, r3, 1
      jump on
      on:
      load r4, r12, ${WORD}
      store r4, r13, ${WORD}
      addi r13, r13, 4
      addi r1, r1, -1
      bnz r1, again
      wait
    `).mark();
    for (let round = 0; round < 3; round++) {
      toy.rewind().setReg(2, 0x3ffe).setReg(12, PLACE.device.at + DEVICE.executed).setReg(13, 0x3000).run(
        1000,
      );
      assertEquals(Array.from({ length: 4 }, (_, i) => toy.word(0x3000 + 4 * i)), [5, 13, 21, 29]);
    }
  });
}

Deno.test("vcpu goes from block to block in compiled code: chained, and through the jump cache", () => {
  const toy = new ToyMachine({ accel: "jit" }).load(`
    mov r1, 20000
    mov r8, 0x1000
    mov r9, 16
    jump call
    addi r1, r1, -1
    bnz r1, call
    wait
    call:
    jumpr r8
  `).load("addi r3, r3, 1\njumpr r9", 0x1000);
  toy.run(1_000_000);
  const { entries, lookups, interpreted } = toy.cpu.stats;
  assertEquals(toy.reg(3), 20_000);
  assert(entries < 30 && lookups < 30 && interpreted < 30, `${entries} entries, ${lookups} lookups`);
});

Deno.test("vcpu comes back at the end of the block when it is stopped, and gives back what it did not run", () => {
  for (const accel of TIERS) {
    const toy = new ToyMachine({ accel }).load(`
      mov r1, 6
      again:
      addi r3, r3, 1
      store r1, r12, ${WORD}
      addi r3, r3, 1
      addi r1, r1, -1
      bnz r1, again
      wait
    `).mark();
    for (let round = 0; round < 3; round++) {
      const { inputs } = toy.rewind().cpu.frontend;
      toy.setReg(12, PLACE.device.at + DEVICE.irq);
      const irq = inputs.irq;
      Object.assign(inputs, { irq: () => toy.cpu.stop() });
      const ran = [toy.run(1000), toy.run(1000), toy.run(1000)];
      Object.assign(inputs, { irq });
      assertEquals(ran, [6, 5, 5]);
    }
  }
});

Deno.test("vcpu stops when its time is over, however slow the instructions were", () => {
  const program = { interp: "addi r3, r3, 1", jit: `store r3, r12, ${WORD}` };
  for (const accel of ["interp", "jit"] as const) {
    const toy = new ToyMachine({ accel }).load(`again:\n${program[accel]}\njump again`);
    toy.setReg(12, PLACE.device.at);
    const budget = 2_000_000_000, started = performance.now();
    const left = toy.cpu.run(budget, started + 20);
    const took = performance.now() - started;
    assert(left > budget / 2 && took >= 20 && took < 2000, `${budget - left} instructions in ${took} ms`);
    assertEquals(toy.cpu.run(1000), 0, "the time was that of one run");
  }
});

/** Writes a page table: page number → physical address and bits. */
function map(toy: ToyMachine, pages: Readonly<Record<number, readonly [number, number]>>, at = 0x4000): void {
  for (const [page, [physical, bits]] of Object.entries(pages)) {
    toy.setWord(at + 4 * Number(page), physical | bits);
  }
}
