import { CPU, OP_NAMES } from "@emu/core";
import { assertEquals } from "@std/assert";
import { MODELS } from "./cpus.ts";
import { Evaluator } from "./evaluator.ts";
import { ARM, MODE, PSR, S, TB } from "./state.ts";
import { FPEXC_EN, FPSCR } from "./vfp_status.ts";

const START = 0x1000, DATA = 0x2000;
const ONE = 0x3f80_0000, TWO = 0x4000_0000, THREE = 0x4040_0000;

/** A vCPU with VFP on, s0–s31 = 100–131 and r0–r12 = 0–12. */
function machine(name: keyof typeof MODELS = "arm926") {
  const e = new Evaluator(MODELS[name]);
  const { i32, cpu, memory } = e;
  cpu.setRegister("fpexc", FPEXC_EN);
  for (let n = 0; n < 32; n++) i32[S[n].index] = 100 + n;
  for (let n = 0; n < 13; n++) i32[ARM.r0.index + n] = n;
  const run = (instruction: number) => {
    i32[CPU.pc.index] = START;
    memory.setInt32(START, instruction, true);
    e.step();
  };
  const singles = (first: number, count = 1) =>
    Array.from({ length: count }, (_, i) => i32[S[first + i].index] >>> 0);
  const words = (count: number) =>
    Array.from({ length: count }, (_, i) => memory.getInt32(DATA + 4 * i, true));
  const r = (n: number) => i32[ARM.r0.index + n];
  const taken = () => cpu.readCpsr() & PSR.MODE;
  return { e, i32, cpu, memory, run, singles, words, r, taken };
}

Deno.test("vfp registers s0 and d0 are aligned for a double-precision view", () => {
  assertEquals(S[0].offset % 8, 0);
  assertEquals(S[31].offset, S[0].offset + 124);
  assertEquals(ARM.vfpScratchLow.offset, S[31].offset + 4);
});

Deno.test("vfp FSTS and FLDS move one word, at a negative offset too", () => {
  const { run, i32, words, singles } = machine();
  i32[ARM.r0.index] = DATA + 8;
  run(0xed40_1a02); // fsts s3, [r0, #-8]
  assertEquals(words(1), [103]);
  run(0xed10_2a02); // flds s4, [r0, #-8]
  assertEquals(singles(4), [103]);
});

Deno.test("vfp FSTD and FLDD move two words, the low one first", () => {
  const { run, i32, words, singles } = machine();
  i32[ARM.r0.index] = DATA;
  run(0xed80_3b00); // fstd d3, [r0]
  assertEquals(words(2), [106, 107]);
  run(0xed90_fb00); // fldd d15, [r0]
  assertEquals(singles(30, 2), [106, 107]);
});

Deno.test("vfp FLDS relative to the PC counts from two instructions ahead", () => {
  const { run, memory, singles } = machine();
  memory.setInt32(START + 8 + 16, 77, true);
  run(0xed9f_0a04); // flds s0, [pc, #16]
  assertEquals(singles(0), [77]);
});

Deno.test("vfp FSTMIAS without writeback leaves the base", () => {
  const { run, i32, words, r } = machine();
  i32[ARM.r0.index] = DATA;
  run(0xecc0_0a03); // fstmias r0, {s1-s3}
  assertEquals([words(4), r(0)], [[101, 102, 103, 0], DATA]);
});

Deno.test("vfp FSTMDBD and FLDMIAD are push and pop", () => {
  const { run, i32, words, singles } = machine();
  i32[ARM.r13.index] = DATA + 16;
  run(0xed2d_8b04); // fstmdbd sp!, {d8-d9}
  assertEquals([words(4), i32[ARM.r13.index]], [[116, 117, 118, 119], DATA]);
  run(0xecbd_2b04); // fldmiad sp!, {d2-d3}
  assertEquals([singles(4, 4), i32[ARM.r13.index]], [[116, 117, 118, 119], DATA + 16]);
});

Deno.test("vfp FSTMIAX moves the base by one word more than it writes", () => {
  const { run, i32, words, r } = machine();
  i32[ARM.r0.index] = DATA;
  run(0xeca0_1b05); // fstmiax r0!, {d1-d2}
  assertEquals([words(5), r(0)], [[102, 103, 104, 105, 0], DATA + 20]);
});

Deno.test("vfp FLDMX takes back what FSTMX wrote", () => {
  const { run, i32, singles, r } = machine();
  i32[ARM.r0.index] = DATA + 20;
  run(0xed20_1b05); // fstmdbx r0!, {d1-d2}
  assertEquals(r(0), DATA);
  run(0xecb0_5b05); // fldmiax r0!, {d5-d6}
  assertEquals([singles(10, 4), r(0)], [[102, 103, 104, 105], DATA + 20]);
});

Deno.test("vfp load that faults on its way changes no register", () => {
  const { run, i32, memory, singles, r, taken } = machine();
  const last = memory.byteLength - 8;
  i32[ARM.r0.index] = last;
  run(0xecb0_0a04); // fldmias r0!, {s0-s3}
  assertEquals([singles(0, 4), r(0), taken()], [[100, 101, 102, 103], last, MODE.ABT]);
});

Deno.test("vfp multiple transfer of nothing, or past the last register, is undefined", () => {
  for (const instruction of [0xec90_0a00, 0xec90_fa04, 0xec90_fb04, 0xecbf_0a01]) {
    const { run, taken } = machine();
    run(instruction);
    assertEquals(taken(), MODE.UND);
  }
});

Deno.test("vfp double-precision register above d15 is undefined", () => {
  for (const instruction of [0xee71_0b02, 0xee31_0b82, 0xee31_0b22, 0xedd0_0b00, 0xeef0_0b41]) {
    const { run, taken } = machine();
    run(instruction);
    assertEquals(taken(), MODE.UND);
  }
});

Deno.test("vfp FMSR and FMRS move a word between register files", () => {
  const { run, singles, r } = machine();
  run(0xee02_7a90); // fmsr s5, r7
  run(0xee13_6a90); // fmrs r6, s7
  assertEquals([singles(5), r(6)], [[7], 107]);
});

Deno.test("vfp FMDLR, FMDHR, FMRDL and FMRDH move halves of a double-precision register", () => {
  const { run, singles, r } = machine();
  run(0xee03_1b10); // fmdlr d3, r1
  run(0xee23_2b10); // fmdhr d3, r2
  assertEquals(singles(6, 2), [1, 2]);
  run(0xee14_5b10); // fmrdl r5, d4
  run(0xee34_6b10); // fmrdh r6, d4
  assertEquals([r(5), r(6)], [108, 109]);
});

Deno.test("vfp FMDRR, FMRRD, FMSRR and FMRRS move two words", () => {
  const { run, singles, r } = machine();
  run(0xec42_1b13); // fmdrr d3, r1, r2
  assertEquals(singles(6, 2), [1, 2]);
  run(0xec56_5b14); // fmrrd r5, r6, d4
  assertEquals([r(5), r(6)], [108, 109]);
  run(0xec44_3a34); // fmsrr {s9, s10}, r3, r4
  assertEquals(singles(9, 2), [3, 4]);
  run(0xec58_7a35); // fmrrs r7, r8, {s11, s12}
  assertEquals([r(7), r(8)], [111, 112]);
});

Deno.test("vfp FMSTAT moves the flags of a comparison", () => {
  const { run, i32, cpu } = machine();
  const compare = (a: number, b: number) => {
    i32[S[0].index] = a;
    i32[S[1].index] = b;
    run(0xeeb4_0a60); // fcmps s0, s1
    run(0xeef1_fa10); // fmstat
    return cpu.readCpsr() & FPSCR.FLAGS;
  };
  assertEquals(compare(ONE, TWO), PSR.N);
  assertEquals(compare(TWO, TWO), PSR.Z | PSR.C);
  assertEquals(compare(THREE, TWO), PSR.C);
  assertEquals(compare(0x7fc0_0000, TWO), PSR.C | PSR.V);
});

Deno.test("vfp moves and sign changes are translated without a call", () => {
  const { e, memory } = machine();
  for (const word of [0xeeb0_1a62, 0xeeb0_1ae2, 0xeeb1_1a62, 0xeeb0_1b42, 0xeeb1_1b42, 0xed90_0b00]) {
    memory.setInt32(START, word, true);
    const { block } = e.translate(START).ir;
    assertEquals(
      Array.from({ length: block.length }, (_, i) => OP_NAMES[block.op(i)]).includes("callI"),
      false,
    );
  }
});

Deno.test("vfp flags of exceptions accumulate until FPSCR is written", () => {
  const { run, i32, r } = machine();
  i32[S[1].index] = ONE;
  i32[S[2].index] = 0;
  run(0xee80_0a81); // fdivs s0, s1, s2: by zero
  i32[S[1].index] = 0;
  run(0xee80_0a81); // 0 / 0
  run(0xeef1_0a10); // fmrx r0, fpscr
  assertEquals(r(0), 1 << 0 | 1 << 1);
  i32[ARM.r0.index] = 0;
  run(0xeee1_0a10); // fmxr fpscr, r0
  run(0xeef1_0a10);
  assertEquals(r(0), 0);
});

Deno.test("vfp FPSCR keeps what there is, and trap enables are not there", () => {
  const { run, i32, r, cpu } = machine();
  i32[ARM.r0.index] = -1;
  run(0xeee1_0a10);
  assertEquals(i32[CPU.pc.index], START + 4);
  run(0xeef1_1a10); // fmrx r1, fpscr
  assertEquals(r(1) >>> 0, 0xf3f7_009f);
  assertEquals(i32[CPU.tbflags.index], TB.VFP | 7 << TB.VFP_LEN_SHIFT | 3 << TB.VFP_STRIDE_SHIFT);
  assertEquals(cpu.snapshot(), { fpscr: 0xf3f7_009f | 0 });
});

Deno.test("vfp cumulative flags survive a snapshot", () => {
  const { run, i32, cpu } = machine();
  i32[S[1].index] = ONE;
  i32[S[2].index] = THREE;
  run(0xee80_0a81); // 1 / 3: inexact
  const saved = structuredClone(cpu.snapshot());
  cpu.setRegister("fpscr", 0);
  cpu.restore(saved);
  assertEquals(cpu.registers().find(({ name }) => name === "fpscr")?.value, 1 << 4);
});

Deno.test("vfp that is off is undefined, except FPEXC and FPSID to privileged code", () => {
  const undefinedAs = (mode: number, instruction: number, on = false) => {
    const { run, cpu } = machine();
    cpu.setRegister("fpexc", on ? FPEXC_EN : 0);
    cpu.setRegister("cpsr", mode);
    run(instruction);
    return (cpu.readCpsr() & PSR.MODE) === MODE.UND;
  };
  const FMRX = { fpsid: 0xeef0_0a10, fpscr: 0xeef1_0a10, fpexc: 0xeef8_0a10, fpinst: 0xeef9_0a10 };
  const answers = (mode: number, on: boolean) =>
    Object.values(FMRX).map((word) => undefinedAs(mode, word, on));
  assertEquals(answers(MODE.SVC, false), [false, true, false, true]);
  assertEquals(answers(MODE.SVC, true), [false, false, false, false]);
  assertEquals(answers(MODE.USR, false), [true, true, true, true]);
  assertEquals(answers(MODE.USR, true), [false, false, true, true]);
  assertEquals(undefinedAs(MODE.SVC, 0xee31_0a02), true); // fadds s0, s2, s4
  assertEquals(undefinedAs(MODE.SVC, 0xed90_0a00), true); // flds s0, [r0]
});

Deno.test("vfp system registers say which VFP it is, and turn it on", () => {
  const { run, i32, cpu, r } = machine();
  run(0xeef0_0a10); // fmrx r0, fpsid
  assertEquals(r(0), 0x4101_1090);
  cpu.setRegister("fpexc", 0);
  i32[ARM.r0.index] = -1;
  run(0xeee8_0a10); // fmxr fpexc, r0
  run(0xeef8_1a10); // fmrx r1, fpexc
  assertEquals([r(1), i32[CPU.tbflags.index]], [FPEXC_EN, TB.VFP]);
});

Deno.test("vfp does not exist in a CPU without it", () => {
  const { run, taken } = machine("arm946");
  run(0xeef0_0a10);
  assertEquals(taken(), MODE.UND);
});

/** Sets vector length and stride. */
function vectors({ cpu }: ReturnType<typeof machine>, length: number, stride: 1 | 2 = 1): void {
  cpu.setRegister("fpscr", length - 1 << FPSCR.LEN_SHIFT | (stride === 2 ? 3 : 0) << FPSCR.STRIDE_SHIFT);
}

Deno.test("vfp vectors wrap inside their bank", () => {
  const m = machine();
  vectors(m, 3);
  m.run(0xeef0_7a6a); // fcpys s15, s21: s15, s8, s9 = s21, s22, s23
  assertEquals(m.singles(8, 8), [122, 123, 110, 111, 112, 113, 114, 121]);
});

Deno.test("vfp vectors of stride 2 skip every other register", () => {
  const m = machine();
  vectors(m, 2, 2);
  m.run(0xeeb0_4a48); // fcpys s8, s16
  assertEquals(m.singles(8, 4), [116, 109, 118, 111]);
});

Deno.test("vfp vectors of double-precision moves take the next source for each element", () => {
  const m = machine();
  vectors(m, 2);
  m.run(0xeeb0_4b49); // fcpyd d4, d9
  assertEquals(m.singles(8, 6), [118, 119, 120, 121, 112, 113]);
  vectors(m, 2, 2);
  m.run(0xeeb1_8b4e); // fnegd d8, d14: d8, d10 = -d14, -d12
  assertEquals(m.singles(16, 6), [128, 0x8000_0081, 118, 119, 124, 0x8000_007d]);
});

Deno.test("vfp operation whose destination is in the first bank is scalar", () => {
  const m = machine();
  vectors(m, 4);
  m.run(0xeeb0_0a48); // fcpys s0, s16
  assertEquals(m.singles(0, 3), [116, 101, 102]);
});

Deno.test("vfp source in the first bank is the same for all elements", () => {
  const m = machine();
  vectors(m, 3);
  m.run(0xeeb0_4a40); // fcpys s8, s0
  assertEquals(m.singles(8, 4), [100, 100, 100, 111]);
});

Deno.test("vfp multiply-accumulate rounds twice", () => {
  const { run, i32, singles } = machine();
  // (1 + 2^-12)² = 1 + 2^-11 + 2^-24, of which the last bit is lost before 1 is taken away.
  i32[S[1].index] = i32[S[2].index] = 0x3f80_0800;
  i32[S[0].index] = 0xbf80_0000 | 0;
  run(0xee00_0a81); // fmacs s0, s1, s2
  assertEquals(singles(0), [0x3a00_0000]);
});

Deno.test("vfp registers are shown and set by name", () => {
  const { cpu, i32 } = machine();
  cpu.setRegister("s31", 5);
  assertEquals(i32[S[31].index], 5);
  const names = cpu.registers().map(({ name }) => name);
  assertEquals([names.slice(13, 17), names.slice(-3)], [["sp", "lr", "pc", "cpsr"], [
    "s31",
    "fpscr",
    "fpexc",
  ]]);
});
