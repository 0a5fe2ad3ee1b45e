/**
 * What plugins are told of: the machine, its vCPU, devices and lines.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ACCESSES, CALLS, CALLS_SYMBOLS, LOOP, START, TRAPS, WAIT } from "./programs.ts";
import { type OwnPlugin, runWith } from "./run.ts";

/** What plugins noted in a run; nothing else may have gone wrong. */
async function notesOf(
  program: readonly number[],
  watch: (note: (...what: unknown[]) => void) => OwnPlugin,
  accel: "interp" | "jit" = "jit",
): Promise<unknown[][]> {
  const notes: unknown[][] = [];
  const { status, warnings, problems } = await runWith(program, [watch((...what) => notes.push(what))], {
    accel,
  });
  assertEquals({ status, warnings, problems }, { status: 0, warnings: [], problems: [] });
  return notes;
}

Deno.test("a vCPU begins, idles, goes on and ends, in this order", async () => {
  const notes = await notesOf(WAIT, (note) => (emu) => {
    emu.onCpuInit((cpu) => note("init", cpu.index, cpu.pc));
    emu.onCpuIdle((cpu) => note("idle", cpu.index, cpu.pc));
    emu.onCpuResume((cpu) => note("resume", cpu.index));
    emu.onCpuExit((cpu) => note("exit", cpu.index));
    emu.onExit(() => note("end"));
  });
  assertEquals(notes, [
    ["init", 0, START],
    ["idle", 0, START + 4 * 14],
    ["resume", 0],
    ["exit", 0],
    ["end"],
  ]);
});

Deno.test("an interrupt is told with the instruction that would have come next, and its vector", async () => {
  const notes = await notesOf(WAIT, (note) => (emu) => {
    emu.onDiscontinuity(["interrupt"], (cpu, { kind, from, to }) => note(kind, from, to, cpu.pc));
  });
  assertEquals(notes, [["interrupt", START + 4 * 17, 0x18, 0x18]]);
});

for (const accel of ["interp", "jit"] as const) {
  Deno.test(`exceptions and host calls are told with the instruction that made them (${accel})`, async () => {
    const notes = await notesOf(TRAPS, (note) => (emu) => {
      emu.onDiscontinuity(["exception", "hostcall"], (_, { kind, from, to }) => note(kind, from, to));
    }, accel);
    const round = [["exception", START + 0x14, 8], ["exception", START + 0x18, 4]];
    assertEquals(notes, [...round, ...round, ...round, ...round, ["hostcall", START + 0x2c, START + 0x30]]);
  });

  Deno.test(`a data abort in the middle of a block is told with its instruction (${accel})`, async () => {
    const program = [
      0xe3a0_0000, // mov r0, #0
      0xe59f_1014, // ldr r1, [pc, #20]
      0xe580_1010, // str r1, [r0, #0x10]
      0xe3e0_0003, // mvn r0, #3
      0xe590_2000, // ldr r2, [r0]
      0xe3a0_0018, // mov r0, #0x18
      0xe59f_1004, // ldr r1, [pc, #4]
      0xef12_3456, // svc 0x123456
      0xe25e_f004, // subs pc, lr, #4
      0x0002_0026,
    ];
    const notes = await notesOf(program, (note) => (emu) => {
      const begun = emu.counter();
      emu.onDiscontinuity(["exception"], (_, { from, to }) => note(from, to, begun.get()));
      emu.onTranslate((block) => block.instructions.forEach((instruction) => instruction.add(begun)));
    }, accel);
    assertEquals(notes, [[START + 0x10, 0x10, 5]]);
  });

  Deno.test(`accesses are told with address, size, sign, value, memory or device (${accel})`, async () => {
    const notes = await notesOf(ACCESSES, (note) => (emu) => {
      emu.onTranslate((block) => {
        for (const instruction of block.instructions) {
          if (instruction.address < START + 4 * 13) continue;
          instruction.onAccess("both", (cpu, a, text) => {
            const { address, physical, size, write, signed, bigEndian, value, value64, io, device } = a;
            note(
              text,
              cpu.index,
              address,
              physical,
              size,
              write,
              signed,
              bigEndian,
              value,
              value64,
              io,
              device,
            );
          }, { data: instruction.text.split(" ")[0] });
        }
      });
    }, accel);
    const ram = [false, undefined], uart = [true, "uart0"], big = false;
    assertEquals(notes.slice(0, -1), [
      ["strb", 0, 0x1000_0004, 0x0010_0004, 1, true, false, big, 0x80, 0x80n, ...ram],
      ["ldrsb", 0, 0x1000_0004, 0x0010_0004, 1, false, true, big, 0x80, 0x80n, ...ram],
      ["strh", 0, 0x1000_0006, 0x0010_0006, 2, true, false, big, 0xff80, 0xff80n, ...ram],
      ["ldrd", 0, 0x1000_0000, 0x0010_0000, 4, false, false, big, 0, 0n, ...ram],
      ["ldrd", 0, 0x1000_0004, 0x0010_0004, 4, false, false, big, 0xff80_0080, 0xff80_0080n, ...ram],
      ["ldr", 0, 0x2000_0018, 0x1600_0018, 4, false, false, big, 0x90, 0x90n, ...uart],
      ["str", 0, 0x2000_0000, 0x1600_0000, 4, true, false, big, 0xffff_ff80, 0xffff_ff80n, ...uart],
    ]);
  });
}

Deno.test("an edge is told for every block that follows another, direct unless an exception lies between", async () => {
  const calls = await notesOf(
    CALLS,
    (note) => (emu) => emu.onEdge((_, from, to, direct) => note(from, to, direct)),
  );
  const { outer, inner } = CALLS_SYMBOLS;
  assertEquals(calls.slice(0, 4), [
    [START, outer, true],
    [outer, inner, true],
    [inner, outer + 8, true],
    [outer + 8, inner, true],
  ]);
  const traps = await notesOf(
    TRAPS,
    (note) => (emu) => emu.onEdge((_, from, to, direct) => note(from, to, direct)),
  );
  assertEquals(traps.slice(0, 2), [[START, 8, false], [8, START + 0x18, true]]);
});

Deno.test("accesses of devices, and their lines, are told by name", async () => {
  const notes = await notesOf(WAIT, (note) => (emu) => {
    emu.onDevice(({ device, register, offset, size, write, value }) => {
      note(device, register, offset, size, write, value);
    }, { device: "timers" });
    emu.onLine(({ line, level }) => line.startsWith("timers.") && note(line, level));
  });
  assertEquals(notes, [
    ["timers", "Timer0Load", 0, 4, true, 1000],
    ["timers", "Timer0Control", 8, 4, true, 0xa3],
    ["timers.irq0", true],
    ["timers.irq0", false],
    ["timers", "Timer0IntClr", 12, 4, true, 0],
  ]);
});

Deno.test("flushes are told: a plugin that wants to see blocks has them translated anew", async () => {
  const notes = await notesOf(LOOP, (note) => (emu) => {
    let blocks = 0;
    emu.onFlush(() => note("flush"));
    emu.onTranslate((block) =>
      block.onExecute(() => {
        if (++blocks === 10) emu.onTranslate(({ address }) => note(address));
      })
    );
  });
  assertEquals(notes, [["flush"], [START + 12], [START + 0x20]]);
});

Deno.test("a reset is told, and the machine goes on", async () => {
  // Writes to the core module's control register: bit 3 resets the board.
  const program = [0xe3a0_2201, 0xe3a0_1008, 0xe582_100c, 0xeaff_fffe];
  const seen: string[] = [];
  const { status } = await runWith(program, [(emu) => {
    let resets = 0;
    emu.onReset(() => {
      seen.push("reset");
      if (++resets === 3) emu.exit(5);
    });
    emu.onCpuInit(() => seen.push("init"));
  }]);
  assertEquals({ status, seen }, { status: 5, seen: ["init", "reset", "reset", "reset"] });
});

Deno.test("a plugin ends the machine with a reason or a status", async () => {
  const stopped = await runWith(LOOP, [
    (emu) => emu.onTranslate((b) => b.onExecute(() => emu.stop("enough"))),
  ]);
  assertEquals([stopped.status, stopped.warnings], [0, ['Stopped by instrument "own1": enough']]);
  const left = await runWith(LOOP, [(emu) => emu.onTranslate((b) => b.onExecute(() => emu.exit(42)))]);
  assertEquals([left.status, left.warnings], [42, []]);
  assert(left.executed < 100_000);
});

Deno.test("a snapshot is refused by name where there are none", async () => {
  const notes = await notesOf(LOOP, (note) => (emu) => {
    emu.onCpuInit(() => {
      try {
        emu.requestSnapshot("before");
      } catch (error) {
        note((error as Error).message);
      }
    });
  });
  assertMatch(String(notes[0][0]), /Cannot make snapshot "before": this machine makes none/);
});

Deno.test("transfers by devices are told by name", async () => {
  const program = [
    0xe3a0_0103, // mov r0, #0xc0000000
    0xe3a0_1601, // mov r1, #0x100000
    0xe580_1010, // str r1, [r0, #0x10]
    0xe59f_1010, // ldr r1, [pc, #16]
    0xe580_101c, // str r1, [r0, #0x1c]
    0xe3a0_0018, // mov r0, #0x18
    0xe59f_1008, // ldr r1, [pc, #8]
    0xef12_3456, // svc 0x123456
    0xeaff_fffe, // b .
    0x0000_0827, // the LCD is on, with 8 bits a pixel
    0x0002_0026,
  ];
  const notes: unknown[] = [];
  const { status } = await runWith(program, [(emu) => emu.onDma((transfer) => notes.push({ ...transfer }))], {
    after: ({ displays: [lcd] }) => void lcd.render(),
  });
  assertEquals(status, 0);
  // One line of 16 pixels.
  assertEquals(notes, [{ device: "lcd", address: 0x10_0000, length: 16, write: false }]);
});
