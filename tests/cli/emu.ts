/** Runs the emulator as a user does: a process of its own. */

const ENTRY = new URL("../../emu.ts", import.meta.url).pathname;

/** The command of an emulator with these arguments. */
export function emuCommand(args: readonly string[], options: Deno.CommandOptions = {}): Deno.Command {
  return new Deno.Command(Deno.execPath(), { ...options, args: ["run", "-A", ENTRY, ...args] });
}

/** What a run of the emulator left behind. */
export interface Run {
  readonly status: number;
  readonly stdout: Uint8Array;
  readonly out: string;
  readonly err: string;
}

/** Runs the emulator to its end; `input` comes through a pipe, and ends. */
export async function emu(args: readonly string[], input: Uint8Array = new Uint8Array(0)): Promise<Run> {
  const child = emuCommand(args, { stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const writing = (async () => {
    const writer = child.stdin.getWriter();
    try {
      await writer.write(input);
      await writer.close();
    } catch { /* it did not read to the end */ }
  })();
  const { code, stdout, stderr } = await child.output();
  await writing;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { status: code, stdout, out: text(stdout), err: text(stderr) };
}

/** A temporary folder with these files; gone after `use`. */
export async function withFiles<T>(
  files: Readonly<Record<string, Uint8Array | string>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [path, content] of Object.entries(files)) {
      await Deno.mkdir(`${folder}/${path.split("/").slice(0, -1).join("/")}`, { recursive: true });
      await Deno.writeFile(
        `${folder}/${path}`,
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
    }
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
