import { assertEquals } from "@std/assert";
import { CPU } from "@emu/core";
import { MODELS } from "./cpus.ts";
import { rowText } from "./disassemble.ts";
import { Evaluator } from "./evaluator.ts";
import { randomBits, type RandomInstruction, randomInstructions } from "./random.ts";
import { ARM, PSR, R, TB } from "./state.ts";

/**
 * Random instructions on random registers, against `qemu-arm`. All go into one program: for each, registers and
 * flags are loaded, the instruction is run, registers and flags are stored. The program then writes itself out, with
 * all it has stored.
 */
const QEMU = "qemu-arm";
const present = (await Promise.allSettled([new Deno.Command(QEMU, { args: ["--version"] }).output()]))
  .every(({ status }) => status === "fulfilled");
const reason = present ? "" : ` (ignored: no ${QEMU})`;

/** Where the program is loaded. Its ELF header, 0x1000 bytes with padding, comes before. */
const BASE = 0x2_0000;
const FIRST = 0x1000;
const TESTS = 4000;

/** Layout of one test, bytes from its start. */
const AT = { instruction: 0x18, input: 0x80, output: 0xc0, window: 0x100, size: 0x200 } as const;
/** A register that points into memory points here: into the middle of the window. */
const MIDDLE = AT.window + 0x80;

const ADD = 0xe28f_0000, LDR = 0xe59f_0000, STR = 0xe58f_0000;

/** Rows that leave the test, trap, or mean something else to an operating system. */
const LEAVING =
  /^(b|bl|blx|bx|bxj|svc|bkpt|udf|mcr|mrc|swp|msr|mrs|ldm_special|stm_user)(_|b?$)|fix$|_p1[45]$|^f|^v/;

interface Test extends RandomInstruction {
  readonly at: number;
  readonly before: Int32Array;
  readonly after: Int32Array;
}

/** Registers r0–r14 and the flags, as the CPSR has them. */
type State = Int32Array;

function randomState(random32: () => number, at: number): State {
  const state = new Int32Array(16);
  for (let n = 0; n < 15; n++) state[n] = randomOperand(random32, at);
  state[15] = random32() & (PSR.N | PSR.Z | PSR.C | PSR.V | PSR.Q) | 0x10;
  return state;
}

/** Addresses, small numbers, limits, and anything. */
function randomOperand(random32: () => number, at: number): number {
  switch (random32() & 3) {
    case 0:
      return BASE + at + MIDDLE + (random32() % 16 << 2);
    case 1:
      return random32() % 40;
    case 2:
      return [0, -1, 0x7fff_ffff, -0x8000_0000, 0x8000, 0xffff, 0x1_0000, 32, 33, 0x100, 0x7fff_8000][
        (random32() >>> 0) % 11
      ];
    default:
      return random32();
  }
}

/** Writes the words of a test, without the instruction: it is the same for all. */
function writeFrame(image: DataView, at: number, { thumb, word }: { thumb: boolean; word: number }): void {
  let to = at;
  const put = (value: number) => {
    image.setUint32(to, value, true);
    to += 4;
  };
  const offset = (target: number) => at + target - (to + 8);
  put(LDR | 0 << 12 | offset(AT.input + 60)); // ldr r0, flags
  put(0xe128_f000); // msr CPSR_f, r0
  put(ADD | 14 << 12 | offset(AT.input)); // add lr, pc, #input
  put(0xe89e_7fff); // ldm lr, {r0-lr}
  if (thumb) {
    put(0xe51f_f004); // ldr pc, [pc, #-4]
    put(BASE + at + AT.instruction | 1);
    image.setUint16(to, word, true);
    image.setUint16(to + 2, 0x46c0, true); // nop
    image.setUint16(to + 4, 0x4778, true); // bx pc
    image.setUint16(to + 6, 0x46c0, true);
    to += 8;
  } else {
    put(0xe1a0_0000);
    put(0xe1a0_0000);
    put(word);
  }
  for (let n = 0; n < 15; n++) put(STR | n << 12 | offset(AT.output + 4 * n));
  put(0xe10f_0000); // mrs r0, CPSR
  put(STR | offset(AT.output + 60));
  // b, over the data
  put(0xea00_0000 | (at + AT.size - (to + 8)) >> 2 & 0xff_ffff);
}

/** What one instruction does to a state, by our translation; undefined if it cannot be tested in its frame. */
function ours(
  evaluator: Evaluator,
  { at, thumb, before }: { at: number; thumb: boolean; before: State },
): State | undefined {
  const { i32 } = evaluator;
  const pc = BASE + at + AT.instruction;
  evaluator.cpu.reset();
  evaluator.cpu.setRegister("cpsr", before[15] & ~PSR.MODE | 0x10);
  for (let n = 0; n < 15; n++) i32[R[n].index] = before[n];
  i32[CPU.pc.index] = pc;
  i32[CPU.tbflags.index] = TB.USER | (thumb ? TB.T : 0);
  evaluator.step();
  const inside = evaluator.accesses.every(({ address, size }) =>
    address >= BASE + at + AT.window && address + size <= BASE + at + AT.size && address % size === 0
  );
  const next = i32[CPU.pc.index] === pc + (thumb ? 2 : 4) && (i32[ARM.mode.index] & PSR.MODE) === 0x10;
  if (!inside || !next) {
    evaluator.undoStores();
    return undefined;
  }
  const after = new Int32Array(16);
  for (let n = 0; n < 15; n++) after[n] = i32[R[n].index];
  after[15] = evaluator.cpu.readCpsr() & ~(PSR.T | PSR.MODE);
  return after;
}

/** An ELF executable of one segment that may be read, written and run. */
function writeElfHeader(image: DataView, size: number): void {
  const words = [
    0x464c_457f,
    0x0001_0101,
    0,
    0,
    0x0028_0002,
    1,
    BASE + FIRST,
    0x34,
    0,
    0x0500_0000,
    0x0020_0034,
    1,
    0,
    1,
    0,
    BASE,
    BASE,
    size,
    size,
    7,
    0x1000,
  ];
  for (const [i, word] of words.entries()) image.setUint32(4 * i, word, true);
}

/** write(1, BASE, size); exit(0), by the EABI's system calls. */
function writeEnd(image: DataView, at: number, size: number): void {
  const words = [
    0xe3a0_7004,
    0xe3a0_0001,
    0xe59f_1010,
    0xe59f_2010,
    0xef00_0000, // mov r7, #4; mov r0, #1; ldr r1, r2; svc
    0xe3a0_7001,
    0xe3a0_0000,
    0xef00_0000,
    BASE,
    size, // mov r7, #1; mov r0, #0; svc
  ];
  for (const [i, word] of words.entries()) image.setUint32(at + 4 * i, word, true);
}

async function runQemu(image: Uint8Array): Promise<Uint8Array> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, image, { mode: 0o755 });
    const { stdout, stderr, code } = await new Deno.Command(QEMU, { args: ["-cpu", "arm926", file] })
      .output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    return stdout;
  } finally {
    await Deno.remove(file);
  }
}

async function compare(thumb: boolean, seed: number): Promise<void> {
  const random32 = randomBits(seed);
  const size = FIRST + TESTS * AT.size + 0x1000;
  const evaluator = new Evaluator(MODELS.arm926, BASE + size);
  const image = new DataView(evaluator.memory.buffer, BASE);
  for (let at = FIRST; at < size; at += 4) image.setInt32(at, random32(), true);
  writeElfHeader(image, size);
  const draw = randomInstructions(
    { features: MODELS.arm926.features, thumb, without: ({ name }) => LEAVING.test(name) },
    random32,
  );
  const tests: Test[] = [];
  const before = new Uint8Array(size);
  for (let i = 0; i < TESTS; i++) {
    const at = FIRST + i * AT.size;
    for (;;) {
      const drawn = draw(), state = randomState(random32, at);
      writeFrame(image, at, { thumb, word: drawn.word });
      for (const [n, value] of state.entries()) image.setInt32(at + AT.input + 4 * n, value, true);
      before.set(new Uint8Array(evaluator.memory.buffer, BASE + at, AT.size), at);
      const after = ours(evaluator, { at, thumb, before: state });
      if (!after) continue;
      tests.push({ ...drawn, at, before: state, after });
      break;
    }
  }
  writeEnd(image, FIRST + TESTS * AT.size, size);
  before.set(new Uint8Array(evaluator.memory.buffer, BASE, FIRST), 0);
  before.set(
    new Uint8Array(evaluator.memory.buffer, BASE + FIRST + TESTS * AT.size),
    FIRST + TESTS * AT.size,
  );

  const after = await runQemu(before);
  const theirs = new DataView(after.buffer);
  const differences = tests.flatMap((test) => difference(test, { image, theirs }));
  assertEquals(differences.slice(0, 20), []);
}

function difference(test: Test, { image, theirs }: { image: DataView; theirs: DataView }): string[] {
  const wrong = [];
  for (let n = 0; n < 16; n++) {
    const value = theirs.getInt32(test.at + AT.output + 4 * n, true) & (n === 15 ? ~(PSR.T | PSR.MODE) : -1);
    const our = test.after[n];
    if (value !== our) wrong.push(`${n === 15 ? "cpsr" : `r${n}`}=${hex(our)} not ${hex(value)}`);
  }
  for (let at = test.at + AT.window; at < test.at + AT.size; at += 4) {
    const value = theirs.getInt32(at, true), our = image.getInt32(at, true);
    if (value !== our) wrong.push(`[${hex(BASE + at)}]=${hex(our)} not ${hex(value)}`);
  }
  if (wrong.length === 0) return [];
  const state = Array.from(test.before, (value, n) => `${n === 15 ? "cpsr" : `r${n}`}=${hex(value)}`).join(
    " ",
  );
  return [`${hex(test.word)} ${rowText(test.row, test.word, 0)} from ${state}: ${wrong.join(", ")}`];
}

function hex(value: number): string {
  return (value >>> 0).toString(16);
}

for (const seed of [1, 2]) {
  Deno.test({
    name: `arm A32 instructions do what qemu-arm does, seed ${seed}${reason}`,
    ignore: !present,
    fn: () => compare(false, seed),
  });
  Deno.test({
    name: `arm Thumb instructions do what qemu-arm does, seed ${seed}${reason}`,
    ignore: !present,
    fn: () => compare(true, seed),
  });
}
