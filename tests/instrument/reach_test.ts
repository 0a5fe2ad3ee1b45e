/**
 * What plugins can do to the guest: registers, memory, time, and what they share with one another.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Cpu, exportKey } from "@emu/core";
import { ACCESSES, CALLS, CALLS_SYMBOLS, LOOP, LOOP_COUNTS, START } from "./programs.ts";
import { type OwnPlugin, runWith } from "./run.ts";

type RegisterAccess = "none" | "read" | "write";

/** Calls back before the instruction at an address. */
function at(address: number, run: (cpu: Cpu) => void, registers: RegisterAccess = "none"): OwnPlugin {
  return (emu) =>
    emu.onTranslate((block) => {
      for (const instruction of block.instructions) {
        if (instruction.address === address) instruction.onExecute(run, { registers });
      }
    });
}

/** Runs a program with plugins that make no mistakes; gives the registers at the end. */
async function registersAfter(
  program: readonly number[],
  plugins: readonly OwnPlugin[],
  accel: "interp" | "jit",
) {
  const { status, warnings, registers } = await runWith(program, plugins, { accel });
  assertEquals([status, ...warnings], [0]);
  return Object.fromEntries(registers.map(({ name, value }) => [name, value]));
}

for (const accel of ["interp", "jit"] as const) {
  Deno.test(`the PC and registers that a callback reads are those of its instruction (${accel})`, async () => {
    const pcs: boolean[] = [], counts: (number | undefined)[] = [];
    const plugin: OwnPlugin = (emu) =>
      emu.onTranslate((block) => {
        for (const instruction of block.instructions) {
          instruction.onExecute((cpu, address) => {
            pcs.push(cpu.pc === address && cpu.readRegister("pc") === address);
            if (address === START + 12) counts.push(cpu.readRegister("r1"));
          }, { registers: "read", data: instruction.address });
        }
      });
    await registersAfter(LOOP, [plugin], accel);
    assertEquals(pcs, Array(LOOP_COUNTS.instructions).fill(true));
    assertEquals(counts, Array.from({ length: 1000 }, (_, i) => 1000 - i));
  });

  Deno.test(`a register that is written has its value from that instruction on (${accel})`, async () => {
    let rounds = 0;
    const plugin = at(START + 12, (cpu) => {
      if (++rounds === 10) cpu.writeRegister("r1", 1);
    }, "write");
    await registersAfter(LOOP, [plugin], accel);
    assertEquals(rounds, 10);
  });

  Deno.test(`flags that are written decide the branch that follows (${accel})`, async () => {
    let rounds = 0;
    const Z = 1 << 30;
    const plugin = at(START + 28, (cpu) => {
      if (++rounds === 5) cpu.writeRegister("cpsr", cpu.readRegister("cpsr")! | Z);
    }, "write");
    await registersAfter(LOOP, [plugin], accel);
    assertEquals(rounds, 5);
  });

  Deno.test(`a state that is written is the state of the very next instruction (${accel})`, async () => {
    // Into user mode, where the MRS that follows the block's middle sees it.
    const program = [
      0xe3a0_0001, // mov r0, #1
      0xe3a0_1002, // mov r1, #2
      0xe10f_2000, // mrs r2, cpsr
      0xe321_f0d3, // msr cpsr_c, #0xd3 (ignored in user mode)
      0xe10f_3000, // mrs r3, cpsr
      0xe3a0_0018, // mov r0, #0x18
      0xe59f_1000, // ldr r1, [pc]
      0xef12_3456, // svc 0x123456
      0x0002_0026,
    ];
    const plugin = at(START + 4, (cpu) => cpu.writeRegister("cpsr", 0xd0), "write");
    const { r2, r3 } = await registersAfter(program, [plugin], accel);
    assertEquals([r2 & 0x1f, r3 & 0x1f], [0x10, 0x10]);
  });

  Deno.test(`setPc goes on elsewhere, and what it leaves out is not run (${accel})`, async () => {
    const plugin = at(START + 16, (cpu) => cpu.setPc(START + 20), "write"); // never adds
    const { registers } = await runWith(LOOP, [plugin, at(START + 32, () => {})], { accel });
    assertEquals(registers.find(({ name }) => name === "r3")?.value, 0);
    const skipped: number[] = [];
    await registersAfter(LOOP, [
      at(START + 12, (cpu) => cpu.setPc(START + 32), "write"),
      at(START + 16, () => skipped.push(16)),
    ], accel);
    assertEquals(skipped, []);
  });

  Deno.test(`memory is read and written by virtual and by physical address (${accel})`, async () => {
    const seen: unknown[] = [];
    const end = START + 4 * 22; // after the accesses, the MMU being on
    const plugin: OwnPlugin = (emu) =>
      at(end, (cpu) => {
        seen.push(cpu.translate(0x1000_0004), cpu.translate(0x3000_0000));
        seen.push(cpu.readMemory(0x1000_0004, 4), emu.readPhysical(0x0010_0004, 4));
        seen.push(cpu.readMemory(0x3000_0000, 4), emu.readPhysical(0xf000_0000, 4));
        seen.push(cpu.writeMemory(0x1000_0008, new Uint8Array([1, 2])), emu.readPhysical(0x0010_0008, 2));
        seen.push(emu.writePhysical(0x0010_000a, new Uint8Array([3, 4])), cpu.readMemory(0x1000_0008, 4));
        seen.push(
          cpu.writeMemory(0x3000_0000, new Uint8Array(1)),
          emu.writePhysical(0xf000_0000, new Uint8Array(1)),
        );
      })(emu);
    await registersAfter(ACCESSES, [plugin], accel);
    const word = new Uint8Array([0x80, 0, 0x80, 0xff]);
    assertEquals(seen, [
      ...[0x0010_0004, undefined],
      ...[word, word],
      ...[undefined, undefined],
      ...[true, new Uint8Array([1, 2])],
      ...[true, new Uint8Array([1, 2, 3, 4])],
      ...[false, false],
    ]);
  });

  Deno.test(`code that a plugin writes is what runs from then on (${accel})`, async () => {
    let rounds = 0;
    const MOV_R0_1 = new Uint8Array([1, 0, 0xa0, 0xe3]);
    const plugin = at(START + 12, (cpu) => {
      if (++rounds === 500) cpu.writeMemory(START + 16, MOV_R0_1);
    });
    const stored: number[] = [];
    const watch: OwnPlugin = (emu) =>
      emu.onTranslate((b) =>
        b.instructions.forEach((i) => i.onAccess("write", (_, { value }) => stored.push(value)))
      );
    await registersAfter(LOOP, [plugin, watch], accel);
    assertEquals(stored.slice(0, 499), Array(499).fill(0));
    assertEquals(stored.slice(-500), Array(500).fill(1));
  });
}

Deno.test("reading devices' registers by address is refused: it could have side effects", async () => {
  const seen: unknown[] = [];
  await registersAfter(ACCESSES, [(emu) =>
    at(START + 4 * 22, (cpu) => {
      seen.push(cpu.readMemory(0x2000_0018, 4), emu.readPhysical(0x1600_0018, 4), cpu.translate(0x2000_0018));
    })(emu)], "jit");
  assertEquals(seen, [undefined, undefined, 0x1600_0018]);
});

Deno.test("instructions and blocks tell bytes, text, symbol, and where they lie", async () => {
  const seen: unknown[] = [], blocks: unknown[] = [];
  await runWith(CALLS, [(emu) => {
    emu.onTranslate((block) => {
      if (block.address !== CALLS_SYMBOLS.inner) return;
      const { address, size, symbol, physical, cpu } = block;
      blocks.push({ address, size, symbol, physical, cpu });
      for (const { index, address, size, bytes, text, symbol, physical } of block.instructions) {
        seen.push({ index, address, size, bytes: bytes.toHex(), text, symbol, physical });
      }
    });
    blocks.push(emu.findSymbol("outer"), emu.findSymbol("nobody"), emu.symbol(CALLS_SYMBOLS.outer + 8));
  }], { symbols: CALLS_SYMBOLS });
  const address = CALLS_SYMBOLS.inner, symbol = "inner";
  assertEquals(seen, [
    { index: 0, address, size: 4, bytes: "010080e2", text: "add r0, r0, #1", symbol, physical: address },
    {
      index: 1,
      address: address + 4,
      size: 4,
      bytes: "1eff2fe1",
      text: "bx lr",
      symbol,
      physical: address + 4,
    },
  ]);
  assertEquals(blocks, [
    CALLS_SYMBOLS.outer,
    undefined,
    { name: "outer", offset: 8 },
    { address, size: 8, symbol, physical: address, cpu: 0 },
  ]);
});

Deno.test("time is what the plugin says that controls it, and does not go back", async () => {
  const times: number[] = [], refused: unknown[] = [];
  const { warnings } = await runWith(LOOP, [(emu) => {
    const time = emu.takeTime()!;
    let rounds = 0;
    emu.onTranslate((block) =>
      block.onExecute(() => {
        rounds++;
        if (rounds === 10) time.update(5e9);
        if (rounds === 20) time.update(1e9);
        if (rounds % 10 === 5) times.push(emu.now());
        if (rounds === 100) time.update(NaN);
      })
    );
  }, (emu) => void refused.push(emu.takeTime())]);
  assert(times[0] < 5e9);
  assertEquals(times.slice(1), Array(9).fill(5e9));
  assertEquals(refused, [undefined]);
  assertMatch(warnings[0], /Cannot set virtual time to NaN; it is detached/);
});

Deno.test("a plugin offers something to those that are loaded after it, with its type", async () => {
  interface Hot {
    hottest(): number;
  }
  const HOT = exportKey<Hot>("hot"), seen: unknown[] = [];
  const { warnings } = await runWith(LOOP, [
    (emu) => void seen.push(emu.use(HOT)),
    (emu) => emu.provide(HOT, { hottest: () => 0x100 }),
    (emu) => void seen.push(emu.use(HOT)?.hottest()),
  ]);
  assertEquals([seen, warnings], [[undefined, 0x100], []]);
  const twice: OwnPlugin = (emu) => emu.provide(HOT, { hottest: () => 1 });
  const error = await runWith(LOOP, [twice, twice]).then(() => "", String);
  assertMatch(error, /instrument "own2": Cannot offer "hot": another plugin offers it already/);
});

Deno.test("a plugin that is removed is told when it is done, and sees nothing more", async () => {
  const seen: string[] = [];
  const { status, warnings } = await runWith(LOOP, [(emu) => {
    emu.onTranslate((block) =>
      block.onExecute(() => {
        seen.push("block");
        if (seen.length !== 3) return;
        emu.uninstall(() => {
          seen.push("gone");
          throw new Error("too late");
        });
      })
    );
    emu.onExit(() => void seen.push("exit"));
  }]);
  assertEquals([status, seen], [0, ["block", "block", "block", "gone"]]);
  assertEquals(warnings, ['Cannot complete instrument "own1": too late']);
});

Deno.test("a plugin that is cleared sees nothing more until it registers anew", async () => {
  let first = 0, second = 0, ends = 0;
  await runWith(LOOP, [(emu) => {
    emu.onTranslate((block) =>
      block.onExecute(() => {
        if (++first !== 10) return;
        emu.clear(() => emu.onTranslate((block) => block.onExecute(() => void second++)));
      })
    );
    emu.onExit(() => void ends++);
    emu.onCpuExit(() => void ends++);
  }]);
  assertEquals([first, ends], [10, 0]);
  assert(second > 900, `${second}`);
});
