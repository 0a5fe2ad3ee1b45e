import { UserError } from "./error.ts";

/** Does what the arguments say and gives the exit status. Mistakes of the user's are one line on standard error. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    if (args.some((arg) => /^--?version$/.test(arg))) return await version();
    if (args.length === 0 || args.some((arg) => /^(--?help|-h)$/.test(arg))) {
      const { helpText } = await import("./help.ts");
      print(helpText());
      return 0;
    }
    if (args[0] === "new") {
      const { newPlugin } = await import("./new.ts");
      return await newPlugin(args.slice(1), print);
    }
    if (args[0] === "plugins" || args[0] === "describe") {
      const { describePlugin, listPlugins } = await import("./describe.ts");
      return await (args[0] === "plugins" ? listPlugins : describePlugin)(args.slice(1), print);
    }
    const { parseOptions } = await import("./options.ts");
    const options = parseOptions(args);
    const { showLists } = await import("./lists.ts");
    if (await showLists(options, print)) return 0;
    const { runMachine } = await import("./run.ts");
    return await runMachine(options);
  } catch (error) {
    return fail(error);
  }
}

/** Says what went wrong; gives the exit status. */
export function fail(error: unknown): number {
  const known = error instanceof Error &&
    (error instanceof UserError || error.name === "PluginError" || error.message.startsWith("Cannot "));
  say(
    known ? `emu: ${error.message}` : `emu: Cannot go on, through a mistake of Emu's own: ${inside(error)}`,
  );
  return error instanceof UserError ? error.status : known ? 1 : 70;
}

/** Writes a line to standard error; it is no error if nobody reads it. */
export function say(line: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
  } catch { /* nobody reads it */ }
}

function inside(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

async function version(): Promise<number> {
  const { default: config } = await import("../deno.json", { with: { type: "json" } });
  print(`Emu ${config.version} (Deno ${Deno.version.deno}, V8 ${Deno.version.v8}, ${Deno.build.target})\n`);
  return 0;
}
