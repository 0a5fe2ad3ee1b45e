/** Runs boots that are described as data: through the command line, as a user does. */

const EMU = new URL("../../emu.ts", import.meta.url).pathname;

/** What is waited for, and typed then. */
export interface Step {
  readonly expect: string;
  readonly type?: string;
}

/** A boot. */
export interface Boot {
  /** A sentence: what comes of it. */
  readonly name: string;
  /** Arguments, without those that name the guest. */
  readonly args: readonly string[];
  /** Kernel command line. */
  readonly append?: string;
  readonly steps: readonly Step[];
  readonly status: number;
}

/** Host time that a boot may take, in seconds, on a busy machine. */
const TIMEOUT = 240;

/** Runs a boot and gives everything it printed. Throws with the end of that if it is not what was expected. */
export async function runBoot(
  { args, append, steps, status }: Boot,
  guest: readonly string[] = [],
): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", EMU, ...args, ...guest, "--timeout", `${TIMEOUT}`],
      ...append === undefined ? [] : ["--append", append],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const errors = new Response(child.stderr).text();
  const decoder = new TextDecoder();
  let output = "", from = 0, next = 0;
  for await (const bytes of child.stdout) {
    output += decoder.decode(bytes, { stream: true });
    for (; next < steps.length; next++) {
      const { expect, type } = steps[next], at = output.indexOf(expect, from);
      if (at < 0) break;
      from = at + expect.length;
      // Once it has ended nobody reads.
      if (type !== undefined) await writer.write(new TextEncoder().encode(type)).catch(() => {});
    }
  }
  await writer.close().catch(() => {});
  const { code } = await child.status, stderr = await errors;
  if (next === steps.length && code === status && stderr === "") return output;
  const what = next < steps.length
    ? `"${steps[next].expect}" did not come`
    : `it ended with ${code}, not ${status}`;
  throw new Error(`${what}; the end of the output:\n${output.slice(-2000)}\n${stderr}`);
}
