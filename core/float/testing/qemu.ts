/** Runs VFP instructions on qemu-arm. */

/** How to build for and run on a CPU. */
export const CPU = {
  /** VFPv2. */
  ARM926: { name: "arm926", flags: ["-march=armv5te", "-mfpu=vfp"] },
  /** VFPv4 and the additions of ARMv8. */
  MAX: { name: "max", flags: ["-march=armv8-a", "-mfpu=fp-armv8"] },
} as const;
export type Cpu = typeof CPU[keyof typeof CPU];

export const COMPILER = "arm-linux-gnueabi-gcc";
export const EMULATOR = "qemu-arm";

export interface Answer {
  readonly result: bigint;
  readonly fpscr: number;
}

/** The first of the tools that cannot be run here. */
export function missingTool(): string | undefined {
  return [COMPILER, EMULATOR].find((tool) => {
    try {
      return !new Deno.Command(tool, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
        .success;
    } catch {
      return true;
    }
  });
}

/** A vector: operands N, M, D and the FPSCR to start with. */
export type Vector = readonly [n: bigint, m: bigint, d: bigint, fpscr: number];

/** Executes `instruction` on each of `vectors`. */
export async function runOnQemu(
  cpu: Cpu,
  instruction: string,
  vectors: readonly Vector[],
): Promise<Answer[]> {
  const folder = await Deno.makeTempDir({ prefix: "vfp_oracle" });
  try {
    const program = `${folder}/oracle`;
    await build(cpu, instruction, program);
    const input = new BigUint64Array(vectors.length * 4);
    vectors.forEach(([n, m, d, fpscr], i) => input.set([n, m, d, BigInt(fpscr)], i * 4));
    await Deno.writeFile(`${folder}/input`, new Uint8Array(input.buffer));
    // A shell only to redirect: the answers would fill a pipe that nobody empties while we write.
    const script = 'exec "$0" -cpu "$1" "$2/oracle" < "$2/input" > "$2/output"';
    await succeed("sh", ["-c", script, EMULATOR, cpu.name, folder]);
    const { buffer } = await Deno.readFile(`${folder}/output`);
    const output = new BigUint64Array(buffer);
    return vectors.map((_, i) => ({
      result: output[2 * i],
      fpscr: Number(output[2 * i + 1] & 0xffff_ffffn),
    }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function build(cpu: Cpu, instruction: string, program: string): Promise<void> {
  const source = new URL("./vfp_oracle.c", import.meta.url).pathname;
  const define = `-DINSTRUCTION="${instruction}"`;
  await succeed(COMPILER, [
    "-O1",
    "-static",
    "-mfloat-abi=softfp",
    ...cpu.flags,
    define,
    source,
    "-o",
    program,
  ]);
}

async function succeed(command: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdout: "null", stderr: "piped" })
    .output();
  if (!success) throw new Error(`Cannot run ${command}: ${new TextDecoder().decode(stderr)}`);
}
