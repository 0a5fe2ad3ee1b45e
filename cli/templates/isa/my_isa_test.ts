import { createMachine, type LibraryMachine } from "@emu/core";
import { assertEquals, assertThrows } from "@std/assert";
import { assemble } from "./assemble.ts";
import { disassemble } from "./disassemble.ts";
import { INSTRUCTIONS } from "./instructions.ts";
import { CAUSE } from "./state.ts";

/** Runs a program until it waits for an interrupt; gives its registers. */
async function registersAfter(text: string, accel: "jit" | "interp"): Promise<Record<string, number>> {
  return await withMachine(assemble(text), accel, async (emu) => {
    await emu.runUntil(() => emu.registers().r15 === 1);
    return emu.registers();
  });
}

async function withMachine<T>(
  bios: Uint8Array | undefined,
  accel: "jit" | "interp",
  use: (emu: LibraryMachine) => Promise<T>,
): Promise<T> {
  const emu = await createMachine({
    board: import.meta.resolve("./board.json"),
    plugins: [import.meta.resolve("./manifest.json")],
    boot: { bios },
    options: { accel },
  });
  try {
    return await use(emu);
  } finally {
    await emu.dispose();
  }
}

// Each question is asked of the interpreter and of the compiler.
for (const accel of ["interp", "jit"] as const) {
  Deno.test(`my-isa counts, calls and branches (${accel})`, async () => {
    const { r1, r2, r3 } = await registersAfter(
      `
        li   r1, 1000
      loop:
        call r14, triple
        addi r1, r1, -1
        bne  r1, r0, loop
        li   r15, 1
        wait
      triple:
        addi r2, r2, 3
        mul  r3, r2, r2
        jr   r14
      `,
      accel,
    );
    assertEquals([r1, r2, r3], [0, 3000, 9_000_000]);
  });

  Deno.test(`my-isa loads what it stored (${accel})`, async () => {
    const { r3, r4, r5 } = await registersAfter(
      `
        lui  r1, 1
        li   r2, -2
        stw  r2, r1, 8
        stb  r0, r1, 9
        ldw  r3, r1, 8
        ldb  r4, r1, 8
        ldw  r5, r1, 6      ; not aligned
        li   r15, 1
        wait
      `,
      accel,
    );
    assertEquals([r3, r4, r5], [0xffff_00fe, 0xfe, 0x00fe_0000]);
  });

  Deno.test(`my-isa goes to its vector on a trap, an unknown instruction and a bus error (${accel})`, async () => {
    const { r5, r6, r7 } = await registersAfter(
      `
        li   r1, handler
        put  vector, r1
        trap 77
        .word 0xffffffff
        lui  r2, 0x7000
        ldw  r3, r2, 0
        li   r15, 1
        wait
      handler:
        addi r5, r6, 0      ; the last three causes
        addi r6, r7, 0
        get  r7, cause
        get  r8, epc        ; goes on behind it
        addi r8, r8, 4
        put  epc, r8
        rti
      `,
      accel,
    );
    assertEquals([r5, r6, r7], [77, CAUSE.undefined, CAUSE.bus]);
  });

  Deno.test(`my-isa shows what is typed, woken by an interrupt (${accel})`, () =>
    withMachine(undefined, accel, async ({ serial, runUntil }) => {
      await runUntil("Hello! Type something.\r\n");
      serial.type("abc");
      await runUntil("abc");
    }));
}

Deno.test("my-isa assembles to what it disassembles", () => {
  for (const { name, pattern } of INSTRUCTIONS.rows) {
    const word = pattern.value | 0x0012_0004 & ~pattern.mask & ~pattern.ignored;
    const bytes = new Uint8Array(Uint32Array.of(word).buffer), { text } = disassemble(bytes, 0);
    assertEquals(text.split(" ")[0], name);
    assertEquals(assemble(text), bytes, text);
  }
  assertThrows(() => assemble("addi r1, r2"), SyntaxError, 'Cannot assemble "addi r1, r2"');
  assertThrows(() => assemble("jump away"), SyntaxError, 'there is no "away"');
});

Deno.test("my-isa has its firmware assembled", async () => {
  const [text, bytes] = await Promise.all([
    Deno.readTextFile(new URL("./hello.s", import.meta.url)),
    Deno.readFile(new URL("./hello.bin", import.meta.url)),
  ]);
  assertEquals(assemble(text), bytes);
});
