import { assert, assertEquals } from "@std/assert";
import { A32, A32_UNCONDITIONAL, T16 } from "./decoders.ts";
import { disassembleArm, rowText } from "./disassemble.ts";
import { randomBits, randomInstruction } from "./random.ts";
import type { ArmRow } from "./rows.ts";
import { TB } from "./state.ts";

const OBJDUMP = "arm-none-eabi-objdump";
const present = (await Promise.allSettled([new Deno.Command(OBJDUMP, { args: ["--version"] }).output()]))
  .every(({ status }) => status === "fulfilled");
const reason = present ? "" : ` (ignored: no ${OBJDUMP})`;

/** One text for what is written in more than one way: no comments, single spaces, one name for each register. */
function plain(text: string): string {
  return text.replace(/[@;].*/, "").replaceAll(/\s+/g, " ").trim()
    .replaceAll(/\bcr(?=\d)/g, "c").replace(/\{(\d+)\}$/, "$1").replace(/^(mrc.*), APSR_nzcv,/, "$1, pc,")
    .replace(/^(m[rc]+[a-z0-9]*) (?=\d)/, "$1 p")
    .replaceAll(/\br1[345]\b/g, (name) => ["sp", "lr", "pc"][Number(name.slice(1)) - 13]);
}

/** What objdump says of instruction words at address 0; its own name for it and, if it gives one, the plain one. */
async function objdump(words: readonly number[], thumb: boolean): Promise<string[][]> {
  const size = thumb ? 2 : 4;
  const bytes = new DataView(new ArrayBuffer(size * words.length));
  for (const [i, word] of words.entries()) {
    if (thumb) bytes.setUint16(2 * i, word, true);
    else bytes.setUint32(4 * i, word, true);
  }
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, new Uint8Array(bytes.buffer));
    const args = ["-D", "-z", "-b", "binary", "-m", "armv5tej", "-M", "reg-names-std"];
    if (thumb) args.push("-M", "force-thumb");
    const { stdout } = await new Deno.Command(OBJDUMP, { args: [...args, file] }).output();
    const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => /^ *[0-9a-f]+:/.test(line));
    return lines.map((line) => {
      const text = line.replace(/^ *[0-9a-f]+:\t[0-9a-f ]+\t/, "");
      const alias = /@ \((.*)\)/.exec(text)?.[1];
      return alias === undefined ? [plain(text)] : [plain(text), plain(alias)];
    });
  } finally {
    await Deno.remove(file);
  }
}

const PER_ROW = 60;

/** Words of every row, and the rows they were drawn from. */
function drawn(rows: readonly ArmRow[]): { readonly row: ArmRow; readonly word: number }[] {
  const random32 = randomBits(1);
  return rows.flatMap((row) =>
    Array.from({ length: PER_ROW }, () => ({ row, word: randomInstruction(row, random32) }))
  ).filter((pair): pair is { row: ArmRow; word: number } => pair.word !== undefined);
}

async function compare(rows: readonly ArmRow[], thumb: boolean): Promise<void> {
  const samples = drawn(rows);
  const theirs = await objdump(samples.map(({ word }) => word), thumb);
  assertEquals(theirs.length, samples.length);
  const differences = samples.flatMap(({ row, word }, i) => {
    const ours = plain(rowText(row, word, i * (thumb ? 2 : 4)));
    return theirs[i].includes(ours) ? [] : [`${row.name} ${word.toString(16)}: ${ours} | ${theirs[i]}`];
  });
  assertEquals(differences.slice(0, 40), []);
}

Deno.test({
  name: `arm disassembly of A32 instructions is that of objdump${reason}`,
  ignore: !present,
  fn: () => compare([...A32, ...A32_UNCONDITIONAL], false),
});

Deno.test({
  name: `arm disassembly of Thumb instructions is that of objdump${reason}`,
  ignore: !present,
  // Halves of BL are only instructions for us.
  fn: () => compare(T16.filter(({ name }) => !/fix$/.test(name)), true),
});

function bytesOf(...halves: number[]): Uint8Array {
  return new Uint8Array(new Uint16Array(halves).buffer);
}

Deno.test("arm disassembly joins the halves of a Thumb BL", () => {
  assertEquals(disassembleArm(bytesOf(0xf000, 0xf802), 0x8000, TB.T), { text: "bl 0x8008", length: 4 });
  assertEquals(disassembleArm(bytesOf(0xf7ff, 0xeffe), 0x8000, TB.T), { text: "blx 0x8000", length: 4 });
});

Deno.test("arm disassembly shows what has no meaning as data", () => {
  assertEquals(disassembleArm(bytesOf(0x0000, 0xff00), 0, 0), { text: ".word 0xff000000", length: 4 });
  assert(disassembleArm(bytesOf(0xe800 | 1), 0, TB.T).text.startsWith(".short"));
});
