import { ACCESS, CPU } from "@emu/core";
import { assertEquals } from "@std/assert";
import { CONTROL } from "./cp15_bits.ts";
import { fakeCpu } from "./fake_host.ts";
import { ARM, EXCEPTION, MODE, PSR, TB } from "./state.ts";

/** What DDI 0100, A2.6 demands, by exception: vector, mode, and what the link register is ahead by. */
const ENTRIES = [
  { name: "UNDEFINED", vector: 0x04, mode: MODE.UND, arm: 4, thumb: 2 },
  { name: "SUPERVISOR_CALL", vector: 0x08, mode: MODE.SVC, arm: 4, thumb: 2 },
  { name: "PREFETCH_ABORT", vector: 0x0c, mode: MODE.ABT, arm: 4, thumb: 4 },
  { name: "DATA_ABORT", vector: 0x10, mode: MODE.ABT, arm: 8, thumb: 8 },
  { name: "BREAKPOINT", vector: 0x0c, mode: MODE.ABT, arm: 4, thumb: 4 },
] as const;

for (const { name, vector, mode, arm, thumb } of ENTRIES) {
  for (const t of [0, PSR.T]) {
    Deno.test(`exception ${name} from ${t ? "Thumb" : "Arm"} state saves status and return address`, () => {
      const { cpu, i32 } = fakeCpu();
      const before = PSR.N | PSR.C | t | MODE.USR;
      cpu.setRegister("cpsr", before);
      cpu.setRegister("pc", 0x8000);
      cpu.raise(EXCEPTION[name]);
      cpu.deliver();
      assertEquals(cpu.readCpsr(), PSR.N | PSR.C | PSR.I | mode);
      assertEquals(cpu.readSpsr(), before);
      assertEquals(i32[ARM.r14.index], 0x8000 + (t ? thumb : arm));
      assertEquals(i32[CPU.pc.index], vector);
      assertEquals(i32[CPU.tbflags.index], 0);
      assertEquals(i32[CPU.exception.index], 0);
    });
  }
}

Deno.test("exception vectors stand at the top of memory with control bit V", () => {
  const { cpu, i32 } = fakeCpu();
  i32[ARM.c1_control.index] |= CONTROL.V;
  cpu.raise(EXCEPTION.SUPERVISOR_CALL);
  cpu.deliver();
  assertEquals(i32[CPU.pc.index] >>> 0, 0xffff_0008);
});

Deno.test("exception entry returns to where it came from through SUBS PC, LR", () => {
  const { cpu, i32 } = fakeCpu();
  cpu.setRegister("cpsr", PSR.Z | PSR.T | MODE.USR);
  cpu.setRegister("sp", 0x1234);
  cpu.setRegister("pc", 0x8002);
  cpu.inputs.irq(true);
  assertEquals(cpu.interrupt(), true);
  i32[ARM.r13.index] = 0x777;
  cpu.exceptionReturn(i32[ARM.r14.index] - 4);
  assertEquals(cpu.readCpsr(), PSR.Z | PSR.T | MODE.USR);
  assertEquals([i32[CPU.pc.index], i32[ARM.r13.index]], [0x8002, 0x1234]);
});

Deno.test("exception IRQ is taken only while its line is up and I is clear", () => {
  const { cpu, host, i32 } = fakeCpu();
  assertEquals([cpu.interrupt(), cpu.wakes(), host.pending], [false, false, false]);
  cpu.inputs.irq(true);
  assertEquals([cpu.interrupt(), cpu.wakes(), host.pending], [false, true, true]);
  cpu.writeCpsr(0, PSR.I);
  assertEquals(cpu.interrupt(), true);
  assertEquals([cpu.readCpsr(), i32[CPU.pc.index]], [PSR.I | PSR.F | MODE.IRQ, 0x18]);
  assertEquals(cpu.interrupt(), false);
  cpu.inputs.irq(false);
  assertEquals([cpu.wakes(), host.pending], [false, false]);
});

Deno.test("exception FIQ goes before IRQ, and masks both", () => {
  const { cpu, i32 } = fakeCpu();
  cpu.setRegister("cpsr", MODE.SVC);
  cpu.inputs.irq(true);
  cpu.inputs.fiq(true);
  assertEquals(cpu.interrupt(), true);
  assertEquals([cpu.readCpsr(), i32[CPU.pc.index]], [PSR.I | PSR.F | MODE.FIQ, 0x1c]);
  assertEquals(cpu.interrupt(), false);
});

Deno.test("exception IRQ leaves FIQ unmasked", () => {
  const { cpu } = fakeCpu();
  cpu.setRegister("cpsr", MODE.SVC);
  cpu.inputs.irq(true);
  cpu.interrupt();
  assertEquals(cpu.readCpsr(), PSR.I | MODE.IRQ);
});

Deno.test("exception entry ends the wait for an interrupt", () => {
  const { cpu, i32 } = fakeCpu();
  i32[CPU.halted.index] = 1;
  cpu.setRegister("cpsr", MODE.SVC);
  cpu.inputs.irq(true);
  cpu.interrupt();
  assertEquals(i32[CPU.halted.index], 0);
});

Deno.test("exception state keeps its slot of the domain register", () => {
  const { cpu, i32 } = fakeCpu();
  i32[CPU.tbflags.index] = TB.USER | TB.T | TB.DACR | TB.VFP;
  i32[ARM.mode.index] = MODE.USR;
  cpu.raise(EXCEPTION.SUPERVISOR_CALL);
  cpu.deliver();
  assertEquals(i32[CPU.tbflags.index], TB.DACR | TB.VFP);
});

Deno.test("exception data abort fills in data fault status and address", () => {
  const { cpu, i32 } = fakeCpu();
  cpu.fault(0x2f, 0x1000, ACCESS.write, 0);
  assertEquals(i32[CPU.exception.index], EXCEPTION.DATA_ABORT);
  cpu.deliver();
  assertEquals([i32[ARM.c5_dfsr.index], i32[ARM.c6_far.index], i32[ARM.c5_ifsr.index]], [0x2f, 0x1000, 0]);
});

Deno.test("exception prefetch abort fills in instruction fault status alone", () => {
  const { cpu, i32 } = fakeCpu();
  cpu.fault(0x27, 0x1000, ACCESS.execute, 0);
  assertEquals(i32[CPU.exception.index], EXCEPTION.PREFETCH_ABORT);
  cpu.deliver();
  assertEquals([i32[ARM.c5_dfsr.index], i32[ARM.c6_far.index], i32[ARM.c5_ifsr.index]], [0, 0, 0x27]);
});

Deno.test("exception reset keeps the levels of the interrupt lines and masks them", () => {
  const { cpu } = fakeCpu();
  cpu.setRegister("cpsr", MODE.USR);
  cpu.inputs.irq(true);
  cpu.reset();
  assertEquals([cpu.readCpsr(), cpu.wakes(), cpu.interrupt()], [PSR.I | PSR.F | MODE.SVC, true, false]);
});
