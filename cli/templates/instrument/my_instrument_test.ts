import { createMachine } from "@emu/core";
import { assertEquals } from "@std/assert";

/** Counts from 5 down to 0, stores that, and resets the board; no interrupts. Arm, as instruction words. */
const PROGRAM = Uint32Array.of(
  0xe3a0_3005, // mov r3, #5
  0xe253_3001, // 1: subs r3, r3, #1
  0x1aff_fffd, // bne 1b
  0xe3a0_4a01, // mov r4, #0x1000
  0xe584_3000, // str r3, [r4]
  0xe3a0_2201, // mov r2, #0x10000000
  0xe3a0_1008, // mov r1, #8
  0xe582_100c, // str r1, [r2, #0xc]: the core module's reset
  0xeaff_fffe, // b .
);

/** What is printed when the program has run. */
async function linesWith(properties: Record<string, unknown>): Promise<string[]> {
  const lines: string[] = [];
  const emu = await createMachine({
    board: "integratorcp",
    plugins: [import.meta.resolve("./manifest.json")],
    boot: { kernel: new Uint8Array(PROGRAM.buffer) },
    instruments: [{ type: "my-instrument", properties }],
    print: (line) => void lines.push(line),
    options: { noReboot: true },
  });
  assertEquals(await emu.run(), 0);
  assertEquals(await emu.dispose(), []);
  return lines;
}

Deno.test("my-instrument counts instructions by their names, the most frequent first", async () => {
  assertEquals(await linesWith({ top: 3 }), ["5 bne\n5 subs\n4 mov"]);
});

Deno.test("my-instrument shows who writes to an address", async () => {
  const [first] = await linesWith({ watch: "0x1000" });
  assertEquals(first, "0x10010: 0x0 to 0x1000 by str r3, [r4]");
});

Deno.test("my-instrument reports as JSON", async () => {
  const [report] = await linesWith({ top: 1, format: "json" });
  assertEquals(JSON.parse(report), [{ name: "bne", count: 5 }]);
});
