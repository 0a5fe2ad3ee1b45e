import { CPU, OP_NAMES } from "@emu/core";
import { assertEquals } from "@std/assert";
import { CONTROL } from "./cp15_bits.ts";
import { MODELS } from "./cpus.ts";
import { Evaluator } from "./evaluator.ts";
import { ARM, MODE, PSR, TB } from "./state.ts";

const START = 0x1000;

/** "c1 0 c0 0" as the operands of MRC and MCR. */
function operands(at: string): number {
  const [n, o, m, p] = at.split(" ").map((part) => Number(part.replace("c", "")));
  return n << 16 | o << 21 | m | p << 5;
}
const mrc = (at: string, d = 0) => 0xee10_0f10 | operands(at) | d << 12;
const mcr = (at: string, d = 0) => 0xee00_0f10 | operands(at) | d << 12;

function machine(name: keyof typeof MODELS = "arm926") {
  const e = new Evaluator(MODELS[name]);
  /** Runs one instruction, with a value in r0; returns r0. */
  const run = (instruction: number, r0 = 0) => {
    e.i32[CPU.pc.index] = START;
    e.i32[ARM.r0.index] = r0;
    e.memory.setInt32(START, instruction, true);
    e.step();
    return e.i32[ARM.r0.index] >>> 0;
  };
  /** Names of the operations an instruction becomes. */
  const operations = (instruction: number) => {
    e.memory.setInt32(START, instruction, true);
    const { block } = e.translate(START).ir;
    return Array.from({ length: block.length }, (_, i) => OP_NAMES[block.op(i)]);
  };
  return { run, operations, i32: e.i32, cpu: e.cpu };
}

/** Values that DDI 0198, DDI 0201, DDI 0151, DDI 0244 and QEMU give. */
const IDENTITIES = {
  arm926: { midr: 0x4106_9265, cacheType: 0x01dd_20d2, control: 0x0009_0078 },
  arm946: { midr: 0x4105_9461, cacheType: 0x0f00_4006, control: 0x0000_0078 },
  arm1026: { midr: 0x4106_a262, cacheType: 0x01dd_20d2, control: 0x0009_0078 },
  ti925t: { midr: 0x5402_9252, cacheType: 0x0510_9149, control: 0x0000_0070 },
  arm920t: { midr: 0x4112_9200, cacheType: 0x0d17_2172, control: 0x0000_0078 },
} as const;

for (const name of Object.keys(IDENTITIES) as (keyof typeof IDENTITIES)[]) {
  Deno.test(`cp15 of ${name} reads main ID, cache type and control after reset`, () => {
    const { run } = machine(name);
    const { midr, cacheType, control } = IDENTITIES[name];
    assertEquals([run(mrc("c0 0 c0 0")), run(mrc("c0 0 c0 1")), run(mrc("c1 0 c0 0"))], [
      midr,
      cacheType,
      control,
    ]);
  });
}

for (
  const at of [
    "c2 0 c0 0",
    "c3 0 c0 0",
    "c5 0 c0 0",
    "c5 0 c0 1",
    "c6 0 c0 0",
    "c9 0 c0 0",
    "c9 0 c1 1",
    "c13 0 c0 1",
  ]
) {
  Deno.test(`cp15 register ${at} of arm926 reads back what was written`, () => {
    const { run } = machine();
    run(mcr(at), 0xa5a5_a5a5);
    assertEquals(run(mrc(at)), 0xa5a5_a5a5);
  });
}

Deno.test("cp15 process ID keeps its seven bits", () => {
  const { run } = machine();
  run(mcr("c13 0 c0 0"), 0xffff_ffff);
  assertEquals(run(mrc("c13 0 c0 0")), 0xfe00_0000);
});

Deno.test("cp15 cache maintenance of arm926 becomes no operation at all", () => {
  const { operations } = machine();
  for (
    const at of [
      "c7 0 c7 0",
      "c7 0 c5 0",
      "c7 0 c5 1",
      "c7 0 c10 1",
      "c7 0 c10 2",
      "c7 0 c10 4",
      "c7 0 c14 1",
    ]
  ) {
    assertEquals(operations(mcr(at)).filter((name) => name !== "get"), []);
  }
});

Deno.test("cp15 page table base is written without a call, a flush or the end of the block", () => {
  const { operations } = machine();
  assertEquals(operations(mcr("c2 0 c0 0")), ["get", "set"]);
});

Deno.test("cp15 wait for interrupt halts behind itself", () => {
  const { run, i32, operations } = machine();
  assertEquals(operations(mcr("c7 0 c0 4")).at(-1), "exit");
  run(mcr("c7 0 c0 4"));
  assertEquals([i32[CPU.halted.index], i32[CPU.pc.index]], [1, START + 4]);
});

Deno.test("cp15 test and clean of the data cache ends its loop at once", () => {
  const { run, cpu } = machine();
  cpu.writeCpsr(PSR.N | PSR.C | PSR.V, -1 << 27);
  run(mrc("c7 0 c10 3", 15));
  assertEquals(cpu.readCpsr() & -1 << 27, PSR.Z);
  assertEquals(machine().run(mrc("c7 0 c14 3")), 0x4000_0000);
});

Deno.test("cp15 MRC to the PC sets the flags from the top bits", () => {
  const { run, cpu } = machine();
  run(mcr("c2 0 c0 0"), 0xb000_0000);
  run(mrc("c2 0 c0 0", 15));
  assertEquals(cpu.readCpsr() & -1 << 27, PSR.N | PSR.C | PSR.V);
});

Deno.test("cp15 in user mode is undefined", () => {
  for (const instruction of [mrc("c0 0 c0 0"), mcr("c7 0 c10 4")]) {
    const { run, cpu, i32 } = machine();
    cpu.writeCpsr(MODE.USR, 0xff);
    run(instruction);
    assertEquals([cpu.readCpsr() & PSR.MODE, i32[ARM.r14.index], i32[CPU.pc.index]], [
      MODE.UND,
      START + 4,
      4,
    ]);
  }
});

Deno.test("cp15 register that does not exist is undefined", () => {
  for (const instruction of [mrc("c1 0 c0 2"), mcr("c1 0 c0 2"), mcr("c0 0 c0 0"), mrc("c7 0 c5 0")]) {
    const { run, cpu, i32 } = machine();
    run(instruction);
    assertEquals([cpu.readCpsr() & PSR.MODE, i32[ARM.r14.index]], [MODE.UND, START + 4]);
  }
});

Deno.test("cp15 does not exist in an ARM7TDMI", () => {
  const { run, cpu } = machine("arm7tdmi");
  run(mrc("c0 0 c0 0"));
  assertEquals(cpu.readCpsr() & PSR.MODE, MODE.UND);
});

Deno.test("cp15 control register moves the vectors", () => {
  const { run, i32, cpu } = machine();
  run(mcr("c1 0 c0 0"), 0x0009_0078 | CONTROL.V);
  assertEquals(i32[CPU.pc.index], START + 4);
  run(0xef00_0000); // svc #0
  assertEquals(i32[CPU.pc.index] >>> 0, 0xffff_0008);
  cpu.reset();
  assertEquals(i32[CPU.pc.index], 0);
});

Deno.test("cp15 domain register changes between four values with no flush but the first", () => {
  const { run, cpu, i32 } = machine();
  let flushes = 0;
  const { flushTlb } = cpu;
  cpu.flushTlb = () => {
    flushes++;
    flushTlb.call(cpu);
  };
  const slotOf = (value: number) => {
    run(mcr("c3 0 c0 0"), value);
    assertEquals(run(mrc("c3 0 c0 0")), value);
    return i32[CPU.tbflags.index] & TB.DACR;
  };
  const values = [0x51, 0x55, 0x53, 0x59], slots = values.map(slotOf), before = flushes;
  assertEquals(new Set(slots).size, values.length);
  for (let times = 0; times < 2; times++) assertEquals(values.map(slotOf), slots);
  assertEquals(flushes, before);
  slotOf(0x5d);
  assertEquals(flushes, before + 1);
});

Deno.test("cp15 regions of the ARM946E-S give rights, the highest number first", () => {
  const { run, cpu, i32 } = machine("arm946");
  run(mcr("c6 0 c0 0"), 0x0000_0000 | 31 << 1 | 1); // 4 GiB
  run(mcr("c6 0 c1 0"), 0x0000_4000 | 11 << 1 | 1); // 4 KiB
  run(mcr("c5 0 c0 0"), 1 | 3 << 2);
  run(mcr("c5 0 c0 3"), 1 | 6 << 4);
  assertEquals([run(mrc("c5 0 c0 2")), run(mrc("c6 0 c1 0"))], [0x31, 0x4017]);
  i32[ARM.c1_control.index] |= CONTROL.M;
  const page = { physical: 0, size: 0, readable: false, writable: false, executable: false };
  const rights = (address: number, index: number) => {
    const fault = cpu.walk(address, 0, index, page);
    return [fault, page.readable, page.writable, page.executable];
  };
  assertEquals(rights(0x4abc, 1), [0, true, true, true]);
  assertEquals(rights(0x5000, 1), [0xd, false, false, false]);
  assertEquals(rights(0x5000, 0), [0, true, true, true]);
});

Deno.test("cp15 configuration of the TI925T changes what it says it is", () => {
  const { run } = machine("ti925t");
  run(mcr("c15 0 c1 0"), 0xff);
  assertEquals([run(mrc("c15 0 c1 0")), run(mrc("c0 0 c0 0"))], [0xe7, 0x5402_9152]);
});

Deno.test("cp14 debug ID says there is no debug unit", () => {
  assertEquals(machine().run(0xee10_0e10, 5), 0);
});
