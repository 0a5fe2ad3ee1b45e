/**
 * Builds the boot monitor: `deno run -A boards/integratorcp/firmware/build.ts [--out DIR]`.
 *
 * `monitor.bin` goes beside this file, `monitor.elf` (for a debugger or `-kernel`) to DIR, or nowhere.
 * The same compiler gives the same bytes: no dates, no paths, a fixed order of files.
 */

const HERE = new URL("./", import.meta.url);
const PREFIX = "arm-none-eabi-";

/** Compiler that made the checked-in image: another version may give other, equally good, bytes. */
export const COMPILER_VERSION = "12.2.1";

const FLAGS = [
  "-mcpu=arm926ej-s",
  "-marm",
  "-mfloat-abi=soft",
  "-std=gnu11",
  "-Os",
  "-ffreestanding",
  "-fno-common",
  "-fno-builtin",
  "-fno-ident",
  "-fno-unwind-tables",
  "-fno-asynchronous-unwind-tables",
  "-ffunction-sections",
  "-fdata-sections",
  "-Wall",
  "-Wextra",
  "-Wno-unused-parameter",
  "-Werror",
];
const LINK_FLAGS = [
  "-nostdlib",
  "-Wl,--gc-sections",
  "-Wl,--build-id=none",
  "-Wl,-z,noexecstack",
  "-Wl,--no-warn-rwx-segments",
  "-T",
  "monitor.ld",
];

async function run(command: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(PREFIX + command, {
    args,
    cwd: new URL("src/", HERE),
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new Error(`Cannot build the firmware: ${command} failed\n${new TextDecoder().decode(stderr)}`);
  }
  return new TextDecoder().decode(stdout);
}

/** Version of the installed cross compiler, such as "12.2.1", or undefined where there is none. */
export async function compilerVersion(): Promise<string | undefined> {
  try {
    return (await run("gcc", ["-dumpfullversion"])).trim();
  } catch {
    return undefined;
  }
}

/** Compiles and links everything under `src/` into `monitor.elf` and `monitor.bin` in `directory`. */
export async function build(directory: string): Promise<void> {
  const sources = [...Deno.readDirSync(new URL("src/", HERE))]
    .map((entry) => entry.name)
    .filter((name) => /\.[cS]$/.test(name))
    .sort();
  const objects: string[] = [];
  for (const source of sources) {
    const object = `${directory}/${source}.o`;
    objects.push(object);
    await run("gcc", [...FLAGS, "-c", source, "-o", object]);
  }
  const elf = `${directory}/monitor.elf`;
  await run("gcc", [...FLAGS, ...LINK_FLAGS, ...objects, "-lgcc", "-o", elf]);
  await run("objcopy", ["-O", "binary", elf, `${directory}/monitor.bin`]);
  for (const object of objects) Deno.removeSync(object);
}

async function main(): Promise<void> {
  if (await compilerVersion() === undefined) {
    console.error(`Cannot build the firmware: ${PREFIX}gcc is not installed (Debian: gcc-arm-none-eabi)`);
    Deno.exit(1);
  }
  const at = Deno.args.indexOf("--out");
  const kept = at >= 0 ? Deno.args[at + 1] : undefined;
  const directory = kept ?? Deno.makeTempDirSync();
  Deno.mkdirSync(directory, { recursive: true });
  try {
    await build(Deno.realPathSync(directory));
    Deno.copyFileSync(`${directory}/monitor.bin`, new URL("monitor.bin", HERE));
    console.log(`monitor.bin: ${Deno.statSync(new URL("monitor.bin", HERE)).size} bytes`);
  } finally {
    if (kept === undefined) Deno.removeSync(directory, { recursive: true });
  }
}

if (import.meta.main) await main();
