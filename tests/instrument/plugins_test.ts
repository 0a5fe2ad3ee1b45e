import { assert, assertEquals, assertMatch } from "@std/assert";
import { LOOP, LOOP_COUNTS } from "./programs.ts";
import { runWith } from "./run.ts";

for (const accel of ["interp", "jit"] as const) {
  Deno.test(`insn, bb and mem count a known program exactly (${accel})`, async () => {
    for (const how of ["on", "off"]) {
      const { lines, warnings, problems } = await runWith(
        LOOP,
        [`insn,inline=${how}`, `mem,inline=${how}`, `bb,inline=${how},format=json`],
        { accel },
      );
      assertEquals([...warnings, ...problems], []);
      assertEquals(lines.slice(0, 2), [
        `insns: ${LOOP_COUNTS.instructions}`,
        `mem accesses: ${LOOP_COUNTS.reads + LOOP_COUNTS.writes}`,
      ]);
      assert(JSON.parse(lines[2]).bb >= 1000);
    }
  });
}

const EVERY = [
  "empty",
  "insn,sizes=on,match=ldr",
  "bb",
  "mem,regions=on",
  "hotblocks",
  "hotpages",
  "howvec",
  "traps",
  "hwprofile",
  "cache,l2=on",
  "cflow",
  "syscall",
];
for (const spec of EVERY) {
  for (const format of ["text", "json"]) {
    Deno.test(`instrument ${spec} leaves the guest as it is and reports as ${format}`, async () => {
      const alone = await runWith(LOOP, []);
      const { lines, warnings, problems, registers, executed } = await runWith(LOOP, [
        `${spec},format=${format}`,
      ]);
      assertEquals([...warnings, ...problems], []);
      assertEquals({ registers, executed }, { registers: alone.registers, executed: alone.executed });
      if (format === "json") { for (const line of lines) JSON.parse(line); }
    });
  }
}

Deno.test("execlog logs each instruction with its accesses and changes of registers", async () => {
  const { lines } = await runWith(LOOP, ["execlog,reg=*"]);
  assertEquals(lines.length, LOOP_COUNTS.instructions);
  assertMatch(lines[3], /^0, 0x0*[0-9a-f]+, 0xe5923000, "ldr r3, \[r2\]", load, 0x00100000/);
  assertMatch(lines[0], /r1 -> 0x000003e8/);
});

Deno.test("stoptrigger stops after exactly so many instructions", async () => {
  const { lines, warnings } = await runWith(LOOP, ["insn", "stoptrigger,icount=1003"]);
  assertEquals(warnings, ['Stopped by instrument "stoptrigger": 1003 instructions have run']);
  // The one before which it stopped has begun for the plugin that was loaded first.
  assertEquals(lines, ["insns: 1004"]);
});
