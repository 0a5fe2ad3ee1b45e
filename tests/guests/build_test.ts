import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { parseOptions } from "./build.ts";
import { StepError } from "./step.ts";

Deno.test("the build takes all cores and the project's own folder where nothing is said", () => {
  const options = parseOptions([]);
  assertEquals(options?.jobs, navigator.hardwareConcurrency);
  assertMatch(options?.out ?? "", /\/\.guests$/);
  assertEquals([options?.force, options?.keep], [false, false]);
});

Deno.test("the build takes its options in both forms", () => {
  assertEquals(parseOptions(["--force", "--keep", "--jobs", "3", "--out=x/y"]), {
    jobs: 3,
    out: "x/y",
    force: true,
    keep: true,
  });
  assertEquals(parseOptions(["--help"]), undefined);
});

Deno.test("the build refuses what it does not understand", () => {
  assertThrows(() => parseOptions(["--fast"]), StepError, 'unknown argument "--fast"');
  assertThrows(() => parseOptions(["arm"]), StepError, 'unknown argument "arm"');
  assertThrows(() => parseOptions(["--jobs", "0"]), StepError, '--jobs wants a number, not "0"');
  assertThrows(() => parseOptions(["--out", ""]), StepError, "--out wants a folder");
});

/** Runs the build as a user does. */
async function runBuild(args: readonly string[], env: Record<string, string> = {}) {
  const script = `${import.meta.dirname}/build.ts`;
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--quiet", script, ...args], env });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("a build that cannot begin ends with one line and status 1", async () => {
  const { code, stderr } = await runBuild(["--nonsense"]);
  assertEquals(code, 1);
  assertEquals(stderr, 'Cannot build the guests: unknown argument "--nonsense" (see --help)\n');
});

Deno.test("a build refuses to begin while another is at work in the same folder", async () => {
  const out = await Deno.makeTempDir();
  using lock = await Deno.open(`${out}/lock`, { write: true, create: true });
  assert(await lock.tryLock(true));
  const { code, stderr } = await runBuild(["--out", out]);
  assertEquals([code, stderr], [1, `Cannot build the guests: another build is at work in ${out}\n`]);
  await Deno.remove(out, { recursive: true });
});

Deno.test("a build on a machine without dpkg says where it works", async () => {
  const out = await Deno.makeTempDir();
  const empty = await Deno.makeTempDir();
  const { code, stderr } = await runBuild(["--out", out], { PATH: empty });
  assertEquals([code, stderr], [
    1,
    "Cannot find dpkg-query: this works on Debian and what is made from it\n",
  ]);
  for (const folder of [out, empty]) await Deno.remove(folder, { recursive: true });
});
