import { CPU } from "@emu/core";
import { assertEquals } from "@std/assert";
import arm from "./arm.ts";
import { fakeHost } from "./fake_host.ts";
import { ARM, mmuIndexOf } from "./state.ts";

Deno.test("arm plugin has the model that it names as its default", () => {
  assertEquals(Object.hasOwn(arm.models, arm.defaultModel), true);
});

Deno.test("arm plugin numbers its MMU indices below the count it states", () => {
  assertEquals(
    Math.max(...Array.from({ length: 1024 }, (_, flags) => mmuIndexOf(flags))),
    arm.mmuIndices - 1,
  );
});

for (const [name, model] of Object.entries(arm.models)) {
  Deno.test(`arm model ${name} resets to the same state whatever was before`, () => {
    const host = fakeHost();
    const cpu = arm.create(host, model);
    cpu.reset();
    const fresh = host.i32.slice(), saved = cpu.snapshot();
    host.i32.fill(0x5a5a_5a5a, ARM.r0.index, ARM.fpinst2.index + 1);
    host.i32[ARM.irqLine.index] = host.i32[ARM.fiqLine.index] = 0; // these belong to the outside
    host.i32[CPU.tbflags.index] = host.i32[CPU.halted.index] = host.i32[CPU.exception.index] = -1;
    cpu.setRegister("fpscr", -1);
    cpu.reset();
    assertEquals(host.i32, fresh);
    assertEquals(cpu.snapshot(), saved);
  });
}
