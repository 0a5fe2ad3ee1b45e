/**
 * Assembles `programs/*.s` into `programs/words.json`: `deno run -A tests/tiers/assemble.ts`. Wants Debian's
 * binutils-arm-none-eabi; who only runs the tests does not.
 *
 * @module
 */

/** Program → address of a run of words, in hex → the words, in hex. */
export type ProgramWords = Readonly<Record<string, Readonly<Record<string, string>>>>;

const FOLDER = new URL("programs/", import.meta.url).pathname;
export const WORDS = `${FOLDER}words.json`;
const TOOLS = "arm-none-eabi-";
/** So many zeros and more are left out: they only keep code on another page. */
const GAP = 8;

/** A program's words by address, as numbers. */
export function imageOf(runs: ProgramWords[string]): Map<number, number[]> {
  return new Map(
    Object.entries(runs).map(([at, text]) => [
      parseInt(at, 16),
      text.split(" ").map((word) => parseInt(word, 16)),
    ]),
  );
}

/** Whether the assembler is installed. */
export function canAssemble(): boolean {
  try {
    return new Deno.Command(`${TOOLS}as`, { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** Assembles all programs. */
export async function assemblePrograms(): Promise<ProgramWords> {
  const work = await Deno.makeTempDir();
  try {
    const programs: Record<string, Record<string, string>> = {};
    const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) => name.endsWith(".s"));
    for (const file of files.sort()) {
      const at = `${work}/${file}`;
      await tool("as", [
        "-mcpu=arm926ej-s",
        "--fatal-warnings",
        "-I",
        FOLDER,
        "-o",
        `${at}.o`,
        FOLDER + file,
      ]);
      await tool("ld", ["-Ttext=0", "--entry=0", "-o", `${at}.elf`, `${at}.o`]);
      await tool("objcopy", ["-O", "binary", `${at}.elf`, `${at}.bin`]);
      programs[file.slice(0, -2)] = runsOf(await Deno.readFile(`${at}.bin`));
    }
    return programs;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Cuts a program into runs of words. */
function runsOf(bytes: Uint8Array): Record<string, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset), runs: Record<string, string> = {};
  const words = Array.from({ length: bytes.length >> 2 }, (_, i) => view.getUint32(4 * i, true));
  for (let i = 0; i < words.length;) {
    const start = i, run: string[] = [];
    for (let zeros = 0; i < words.length && zeros < GAP; i++) {
      zeros = words[i] === 0 ? zeros + 1 : 0;
      run.push(words[i].toString(16).padStart(8, "0"));
    }
    while (run.at(-1) === "00000000") run.pop();
    if (run.length > 0) runs[(4 * start).toString(16)] = run.join(" ");
    while (i < words.length && words[i] === 0) i++;
  }
  return runs;
}

async function tool(name: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(TOOLS + name, { args }).output();
  if (!success) throw new Error(`Cannot assemble: ${new TextDecoder().decode(stderr)}`);
}

/** The text of `words.json`. */
export function wordsText(programs: ProgramWords): string {
  return JSON.stringify(programs, undefined, 2) + "\n";
}

if (import.meta.main) await Deno.writeTextFile(WORDS, wordsText(await assemblePrograms()));
