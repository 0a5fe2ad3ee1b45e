import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { elapsed, perform, type Reporter, type Step, StepError } from "./step.ts";

/** A folder for logs and a reporter that keeps what it is told. */
async function rig(columns = 0) {
  const logs = await Deno.makeTempDir();
  const written: string[] = [];
  const reporter: Reporter = { write: (text) => void written.push(text), columns };
  return {
    perform: (steps: readonly Step[]) => perform(steps, { logs, reporter }),
    text: () => written.join(""),
    log: (name: string) => Deno.readTextFile(`${logs}/${name}`),
    end: () => Deno.remove(logs, { recursive: true }),
  };
}

/** A step that runs a shell command. */
function shellStep(title: string, script: string): Step {
  return { title, work: (run) => run(["sh", "-c", script]) };
}

Deno.test("a step is one line with number, title, time and what its work returned", async () => {
  const { perform, text, end } = await rig();
  await perform([
    { title: "Unpack", work: () => Promise.resolve("already there") },
    shellStep("Go on", "true"),
  ]);
  assertMatch(text(), /^\[1\/2\] Unpack … \d\.\d s, already there\n\[2\/2\] Go on … \d\.\d s\n$/);
  await end();
});

Deno.test("a step's command leaves itself and both its streams in the log in the order of writing", async () => {
  const { perform, log, end } = await rig();
  await perform([shellStep("Compile the kernel", "echo one; echo two >&2; echo three")]);
  assertEquals(
    await log("compile-the-kernel.log"),
    "$ sh -c echo one; echo two >&2; echo three\none\ntwo\nthree\n",
  );
  await end();
});

Deno.test("a command that fails ends the job with one line naming step, reason and log", async () => {
  const { perform, log, end } = await rig();
  let reached = false;
  const after: Step = { title: "Never", work: () => Promise.resolve(void (reached = true)) };
  const error = await assertRejects(
    () => perform([shellStep("Pack the initrd", "echo no room; exit 3"), after]),
    StepError,
  );
  assertMatch(
    error.message,
    /^Cannot pack the initrd: sh exited with 3, last saying "no room" \(log: .*\/pack-the-initrd\.log\)$/,
  );
  assertEquals(reached, false);
  assertStringIncludes(await log("pack-the-initrd.log"), "no room");
  await end();
});

Deno.test("a command that does not exist fails its step by name", async () => {
  const { perform, end } = await rig();
  const step: Step = { title: "Try", work: (run) => run(["no-such-command-anywhere"]) };
  await assertRejects(() => perform([step]), StepError, "no-such-command-anywhere exited with 127");
  await end();
});

Deno.test("a command ended by a signal says which", async () => {
  const { perform, end } = await rig();
  await assertRejects(() => perform([shellStep("Try", "kill -9 $$")]), StepError, "was ended by SIGKILL");
  await end();
});

Deno.test("a step that throws fails with its reason", async () => {
  const { perform, end } = await rig();
  const step: Step = { title: "Configure", work: () => Promise.reject(new Error("CONFIG_X is lost")) };
  await assertRejects(() => perform([step]), StepError, "Cannot configure: CONFIG_X is lost (log: ");
  await end();
});

Deno.test("a command started with an empty environment gets only what it is given", async () => {
  const { perform, log, end } = await rig();
  const env = { PATH: "/usr/bin:/bin", GIVEN: "yes" };
  await perform([{ title: "Look", work: (run) => run(["env"], { env, clearEnv: true }) }]);
  const names = (await log("look.log")).trim().split("\n").slice(1).map((line) => line.split("=")[0]);
  const shells = ["PWD", "OLDPWD", "SHLVL", "_"];
  assertEquals(names.filter((name) => !shells.includes(name)).sort(), ["GIVEN", "LC_ALL", "PATH"]);
  await end();
});

Deno.test("on a terminal the latest line of output is shown, cut to its width", async () => {
  const { perform, text, end } = await rig(40);
  await perform([
    shellStep("Compile", "echo CC old.c; printf 'CC drivers/net/a-very-long-name-indeed.c\\n'; sleep 0.6"),
  ]);
  const shown = text().split("\r\x1b[K").filter((line) => line.includes("CC drivers"));
  assert(shown.length > 0);
  assertEquals(Math.max(...shown.map((line) => line.length)), 39);
  assertMatch(text().split("\r\x1b[K").at(-1) ?? "", /^\[1\/1\] Compile … \d\.\d s\n$/);
  await end();
});

Deno.test("elapsed time is told in the unit that fits", () => {
  assertEquals(elapsed(420), "0.4 s");
  assertEquals(elapsed(12_400), "12 s");
  assertEquals(elapsed(59_600), "1 min 0 s");
  assertEquals(elapsed(185_000), "3 min 5 s");
});
