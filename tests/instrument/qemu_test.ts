/**
 * Against QEMU's own log of execution. No Debian package has its plugins; but QEMU, made to translate instruction by
 * instruction, logs each that it runs.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { codeOf } from "../cli/programs.ts";
import { withFiles } from "../cli/emu.ts";
import { WITHOUT_QEMU } from "../random/qemu.ts";
import { ACCESSES, CALLS, LOOP, START, TRAPS, WAIT } from "./programs.ts";
import { runWith } from "./run.ts";

/** The addresses of all instructions that QEMU runs, from the program's first on. */
function traceOf(program: readonly number[]): Promise<number[]> {
  return withFiles({ program: codeOf(program) }, async (folder) => {
    const { success, stderr } = await new Deno.Command("qemu-system-arm", {
      args: [
        ...["-M", "integratorcp", "-kernel", `${folder}/program`, "-semihosting"],
        ...["-display", "none", "-serial", "null", "-monitor", "none"],
        ...["-singlestep", "-d", "exec,nochain", "-D", `${folder}/log`],
      ],
      env: { QEMU_AUDIO_DRV: "none" },
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const log = await Deno.readTextFile(`${folder}/log`);
    // "Trace 0: HOST [CS_BASE/PC/FLAGS/CFLAGS] SYMBOL"
    const all = [...log.matchAll(/^Trace 0: \S+ \[[0-9a-f]+\/([0-9a-f]+)\//gm)].map(([, pc]) =>
      parseInt(pc, 16)
    );
    return all.slice(all.indexOf(START));
  });
}

for (const [name, program] of Object.entries({ LOOP, CALLS, TRAPS, ACCESSES, WAIT })) {
  Deno.test({
    name: `insn and execlog see the instructions that QEMU runs in ${name}${WITHOUT_QEMU}`,
    ignore: WITHOUT_QEMU !== "",
    async fn() {
      const theirs = await traceOf(program);
      for (const accel of ["interp", "jit"] as const) {
        const { lines } = await runWith(program, ["execlog", "insn"], { accel });
        assertEquals(lines.at(-1), `insns: ${theirs.length}`);
        assertEquals(lines.slice(0, -1).map((line) => Number(line.split(", ")[1])), theirs);
      }
    },
  });
}
