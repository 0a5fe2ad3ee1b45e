import { CPU } from "@emu/core";
import { assertEquals } from "@std/assert";
import { fakeCpu } from "./fake_host.ts";
import { ARM, MODE, PSR, TB } from "./state.ts";

const MODES = Object.values(MODE);

Deno.test("psr after reset is supervisor mode with interrupts masked and flag Z clear", () => {
  const { cpu } = fakeCpu();
  assertEquals(cpu.readCpsr(), PSR.I | PSR.F | MODE.SVC);
});

for (const flags of Array.from({ length: 32 }, (_, n) => n << 27)) {
  Deno.test(`psr flags 0x${(flags >>> 0).toString(16)} read back as written`, () => {
    const { cpu } = fakeCpu();
    cpu.writeCpsr(flags, 0xf800_0000 | 0);
    assertEquals(cpu.readCpsr(), flags | PSR.I | PSR.F | MODE.SVC);
  });
}

Deno.test("psr flag Q does not exist before ARMv5TE", () => {
  const { cpu } = fakeCpu("arm920t");
  cpu.writeCpsr(-1, PSR.Q | PSR.V);
  assertEquals(cpu.readCpsr(), PSR.V | PSR.I | PSR.F | MODE.SVC);
});

for (const from of MODES) {
  for (const to of MODES) {
    Deno.test(`psr change from mode 0x${from.toString(16)} to 0x${to.toString(16)} and back keeps all registers`, () => {
      const { cpu, i32 } = fakeCpu();
      cpu.setRegister("cpsr", from);
      const fresh = Array.from({ length: 15 }, (_, n) => 100 + n);
      i32.set(fresh, ARM.r0.index);
      cpu.setRegister("cpsr", to);
      const shared = i32.slice(ARM.r0.index, ARM.r0.index + 8);
      i32.set(Array.from({ length: 15 }, (_, n) => n < 8 ? 100 + n : 0), ARM.r0.index);
      cpu.setRegister("cpsr", from);
      assertEquals([...shared], fresh.slice(0, 8));
      const same = bankOf(from) === bankOf(to);
      const highShared = (from === MODE.FIQ) === (to === MODE.FIQ);
      assertEquals([...i32.subarray(ARM.r0.index, ARM.r0.index + 15)], [
        ...fresh.slice(0, 8),
        ...(highShared ? [0, 0, 0, 0, 0] : fresh.slice(8, 13)),
        ...(same ? [0, 0] : fresh.slice(13)),
      ]);
    });
  }
}

function bankOf(mode: number): number {
  return mode === MODE.SYS ? MODE.USR : mode;
}

Deno.test("psr user mode shows in the translation flags", () => {
  const { cpu, i32 } = fakeCpu();
  cpu.writeCpsr(MODE.USR, 0xff);
  assertEquals(i32[CPU.tbflags.index], TB.USER);
  cpu.setRegister("cpsr", MODE.SYS);
  assertEquals(i32[CPU.tbflags.index], 0);
});

Deno.test("psr user mode can write nothing but flags", () => {
  const { cpu } = fakeCpu();
  cpu.writeCpsr(MODE.USR, 0xff);
  cpu.writeCpsr(-1, -1);
  assertEquals(cpu.readCpsr(), 0xf800_0000 | MODE.USR);
});

Deno.test("psr write of a mode that does not exist keeps the mode and is logged", () => {
  const { cpu, host } = fakeCpu();
  cpu.writeCpsr(0x15, 0xff);
  assertEquals(cpu.readCpsr(), MODE.SVC);
  assertEquals(host.messages.length, 1);
});

Deno.test("psr write cannot enter Thumb state", () => {
  const { cpu, i32 } = fakeCpu();
  cpu.writeCpsr(PSR.T | MODE.SVC, 0xff);
  assertEquals(i32[CPU.tbflags.index], 0);
});

Deno.test("psr exception return enters the saved state and aligns the address for it", () => {
  const { cpu, i32 } = fakeCpu();
  cpu.writeSpsr(PSR.N | PSR.T | MODE.USR, -1);
  cpu.exceptionReturn(0x8003);
  assertEquals(cpu.readCpsr(), PSR.N | PSR.T | MODE.USR);
  assertEquals(i32[CPU.tbflags.index], TB.T | TB.USER);
  assertEquals(i32[CPU.pc.index], 0x8002);
});

Deno.test("psr each exception mode has a saved status of its own", () => {
  const { cpu } = fakeCpu();
  cpu.writeSpsr(MODE.USR, -1);
  cpu.writeCpsr(MODE.IRQ, 0xff);
  cpu.writeSpsr(MODE.SYS, -1);
  cpu.writeCpsr(MODE.SVC, 0xff);
  assertEquals(cpu.readSpsr(), MODE.USR);
  cpu.writeCpsr(MODE.IRQ, 0xff);
  assertEquals(cpu.readSpsr(), MODE.SYS);
});

Deno.test("psr user registers are reached from every mode", () => {
  const { cpu, i32 } = fakeCpu();
  cpu.setRegister("cpsr", MODE.SYS);
  for (let n = 0; n < 15; n++) i32[ARM.r0.index + n] = 100 + n;
  for (const mode of MODES) {
    cpu.setRegister("cpsr", mode);
    assertEquals(
      Array.from({ length: 15 }, (_, n) => cpu.readUser(n)),
      Array.from({ length: 15 }, (_, n) => 100 + n),
    );
  }
  cpu.setRegister("cpsr", MODE.FIQ);
  cpu.writeUser(8, 1);
  cpu.writeUser(13, 2);
  cpu.setRegister("cpsr", MODE.USR);
  assertEquals([i32[ARM.r8.index], i32[ARM.r13.index]], [1, 2]);
});
