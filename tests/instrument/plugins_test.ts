import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { ACCESSES, CALLS, CALLS_SYMBOLS, LOOP, LOOP_COUNTS, TRAPS } from "./programs.ts";
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
  "profile,period=10",
  "stoptrigger,addr=4096",
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

Deno.test("execlog logs what its filters let through, and changes of registers by pattern", async () => {
  const { lines } = await runWith(LOOP, ["execlog,ifilter=subs;ldr,afilter=0x10000,reg=r?"]);
  assertMatch(lines[0], /^0, 0x00010000, .*, r1 -> 0x000003e8$/);
  assertMatch(lines[1], /"ldr r2, .*", load, 0x00010038, RAM, r2 -> 0x00100000$/);
  assert(lines.slice(1).every((line) => /"(subs|ldr) /.test(line)));
  assertEquals(lines.length, 1 + 1 + 1000 * 2 + 1);
});

Deno.test("instruments refuse registers, addresses and classes that are not there", async () => {
  const { warnings } = await runWith(LOOP, ["execlog,reg=x*"]);
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0], 'Cannot log register "x*": there are r0, r1, ');
  for (
    const [spec, says] of [
      ["execlog,afilter=main", 'Cannot find address "main"'],
      ["stoptrigger,addr=12x", 'Cannot find address "12x"'],
      ["stoptrigger,icount=x", 'Cannot understand "x"'],
      ["stoptrigger", "it takes icount=N or addr=ADDRESS"],
      ["howvec,count=loads", 'Cannot count class "loads": there are '],
    ]
  ) await assertRejects(() => runWith(LOOP, [spec]), Error, says);
});

Deno.test("stoptrigger stops at a symbol, with the status that is asked for", async () => {
  const { status } = await runWith(CALLS, ["stoptrigger,addr=0x4;inner:42"], { symbols: CALLS_SYMBOLS });
  assertEquals(status, 42);
});

Deno.test("howvec counts the texts of one class", async () => {
  const report = await reportOf(LOOP, "howvec,count=Load");
  assert(
    report.join("\n").includes("Individual Instructions:\nldr r3, [r2]: (1000 hits)"),
    report.join("\n"),
  );
});

Deno.test("hwprofile tells which instructions made the accesses", async () => {
  const report = (await reportOf(ACCESSES, "hwprofile,source=on,device=uart0")).join("\n").split("\n");
  assertEquals(report, [
    "Device, Register, Offset, Reads, Writes",
    "uart0, UARTFR, 0x18, 1, 0",
    "  pc:0x00010050, 1, 0",
    "uart0, UARTDR, 0x0, 0, 1",
    "  pc:0x00010054, 0, 1",
  ]);
});

Deno.test("stoptrigger stops after exactly so many instructions", async () => {
  const { lines, warnings } = await runWith(LOOP, ["insn", "stoptrigger,icount=1003"]);
  assertEquals(warnings, ['Stopped by instrument "stoptrigger": 1003 instructions have run']);
  // The one before which it stopped has begun for the plugin that was loaded first.
  assertEquals(lines, ["insns: 1004"]);
});

/** What a plugin reports of a program, as text. */
async function reportOf(program: readonly number[], spec: string): Promise<string[]> {
  const { lines, status, warnings, problems } = await runWith(program, [spec]);
  assertEquals({ status, warnings, problems }, { status: 0, warnings: [], problems: [] });
  return lines.flatMap((line) => line.split("\n"));
}

Deno.test("traps tells interrupts, exceptions and host calls apart", async () => {
  assertEquals((await reportOf(TRAPS, "traps"))[1], "0, 0, 8, 1");
});

Deno.test("traps logs where from and where to", async () => {
  assertEquals((await reportOf(TRAPS, "traps,log=on")).slice(0, 2), [
    "exception: 0x00010014 -> 0x00000008",
    "exception: 0x00010018 -> 0x00000004",
  ]);
});

Deno.test("hwprofile counts accesses by device and register", async () => {
  assertEquals((await reportOf(ACCESSES, "hwprofile")).slice(1), [
    "uart0, UARTFR, 0x18, 1, 0",
    "uart0, UARTDR, 0x0, 0, 1",
  ]);
  assertEquals((await reportOf(ACCESSES, "hwprofile,track=write")).slice(1), ["uart0, UARTDR, 0x0, 0, 1"]);
});

Deno.test("mem tells devices from memory, by their names on the board", async () => {
  assertEquals(await reportOf(ACCESSES, "mem,io=on,regions=on"), [
    "mem accesses: 12",
    "io accesses: 2",
    "ram: 5 reads, 5 writes",
    "uart0: 1 reads, 1 writes",
  ]);
});

Deno.test("hotpages counts reads and writes of virtual pages, or of devices", async () => {
  assertEquals((await reportOf(ACCESSES, "hotpages")).slice(1), [
    "0x10000000, 3, 2",
    "0x00004000, 0, 3",
    "0x00010000, 2, 0",
    "0x20000000, 1, 1",
  ]);
  assertEquals((await reportOf(ACCESSES, "hotpages,io=on")).slice(1), ["0x16000000, 1, 1"]);
});

Deno.test("howvec sorts instructions into classes", async () => {
  assertEquals((await reportOf(CALLS, "howvec")).slice(1), [
    "Branch with link: (9 hits)",
    "Arithmetic: (9 hits)",
    "Branch and exchange: (6 hits)",
    "Move: (3 hits)",
    "Store multiple: (3 hits)",
    "Load multiple: (3 hits)",
    "Branch: (3 hits)",
    "Load: (1 hits)",
    "Supervisor call, breakpoint: (1 hits)",
  ]);
});

Deno.test("hotblocks shows the block that is run most often, its translations, length and runs", async () => {
  assertEquals((await reportOf(CALLS, "hotblocks,limit=1"))[2], "0x00010030, 1, 2, 6");
});

Deno.test("cflow shows where branches lead, and which end in exceptions", async () => {
  const calls = await reportOf(CALLS, "cflow,limit=2");
  assertEquals(calls.slice(2), [
    "0x00010034, 2, 6, 0, 0, bx lr",
    "0x00010010, 2, 3, 0, 0, bne 0x10008",
  ]);
  const traps = await reportOf(TRAPS, "cflow,limit=1,sort=exceptional");
  assertEquals(traps[2], "0x00010014, 0, 4, 0, 4, svc 0x00000005");
});

Deno.test("ips makes virtual time follow instructions, and holds the guest back to real time", async () => {
  const started = performance.now();
  // 5006 instructions, at 20 000 a second.
  assertEquals(await reportOf(LOOP, "ips,ips=20000,ipq=100"), []);
  const took = performance.now() - started;
  assert(took > 200, `${took} ms`);
});
