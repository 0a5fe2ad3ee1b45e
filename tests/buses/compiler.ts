const COMPILER = "arm-none-eabi-gcc";

function runs(tool: string): boolean {
  try {
    return new Deno.Command(tool, { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** A test that needs the compiler, and perhaps other tools; ignored, with the reason, where one is missing. */
export function compiledTest(
  name: string,
  fn: (folder: string) => Promise<void>,
  tools: readonly string[] = [],
): Deno.TestDefinition {
  const missing = [COMPILER, ...tools].filter((tool) => !runs(tool));
  return {
    name: missing.length ? `${name} (ignored: no ${missing.join(", no ")})` : name,
    ignore: missing.length > 0,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        await fn(folder);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  };
}

/** Compiles a program of this folder that runs without anything below it. */
export async function compile(source: string, program: string, flags: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(COMPILER, {
    args: [
      ...["-O2", "-ffreestanding", "-nostdlib", ...flags],
      ...["-o", program, new URL(source, import.meta.url).pathname],
    ],
  }).output();
  const said = new TextDecoder().decode(stderr);
  if (!success || said !== "") throw new Error(`Cannot compile ${source}: ${said}`);
}
