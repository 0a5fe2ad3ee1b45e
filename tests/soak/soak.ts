/**
 * Keeps Linux busy for a while and watches that nothing goes wrong and memory does not grow: `deno task soak`.
 * Every job must end well, and compute the same each time.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { createMachine } from "../../core/machine/create.ts";
import type { Machine } from "../../core/machine/machine.ts";
import { findGuests } from "../guests/guests.ts";
import { growthOf, TOLERANCE } from "./growth.ts";
import { type Job, JOBS, TROUBLE } from "./jobs.ts";
import { serialShell, type Shell } from "./shell.ts";

const USAGE = `deno task soak [--minutes N] [--interval SECONDS] [--tb-limit N]

  --minutes N         how long; default 20
  --interval SECONDS  between lines; default 30
  --tb-limit N        drop all translated code at so many blocks; default: the machine's`;

const BOOT_TIMEOUT = 120_000;
/** A job takes seconds; this long means that the guest hangs. */
const JOB_TIMEOUT = 180_000;
const MIB = 2 ** 20;

interface Wanted {
  readonly minutes: number;
  readonly interval: number;
  readonly tbLimit: number | undefined;
}

function wantedOf(args: readonly string[]): Wanted {
  const { minutes, interval, "tb-limit": tbLimit } = parseArgs(args, {
    string: ["minutes", "interval", "tb-limit"],
    default: { minutes: "20", interval: "30" },
    unknown: (arg) => {
      throw new Error(`Cannot understand "${arg}"\n\n${USAGE}`);
    },
  });
  const wanted = {
    minutes: Number(minutes),
    interval: Number(interval),
    tbLimit: tbLimit === undefined ? undefined : Number(tbLimit),
  };
  for (const value of Object.values(wanted)) {
    if (value !== undefined && !(value > 0)) throw new Error(`Cannot use these numbers\n\n${USAGE}`);
  }
  return wanted;
}

/** Runs jobs round by round until the time is over; tells what must be the same each time. */
async function work(shell: Shell, until: () => boolean, progress: { jobs: number }): Promise<void> {
  const seen = new Map<Job, string>();
  while (!until()) {
    for (const job of JOBS) {
      if (until()) return;
      const output = await shell.run(job.line, JOB_TIMEOUT);
      // The first line is the echo of what was typed, maybe after a prompt.
      const printed = output.slice(output.indexOf("\n") + 1);
      const trouble = TROUBLE.exec(printed);
      if (trouble) {
        throw new Error(`Cannot go on: "${trouble[0]}" in the output of "${job.name}":\n${printed}`);
      }
      check(job, printed, seen);
      progress.jobs++;
    }
  }
}

function check(job: Job, printed: string, seen: Map<Job, string>): void {
  if (job.same === undefined) return;
  const found = job.same.exec(printed)?.[0];
  if (found === undefined) {
    throw new Error(`Cannot find ${job.same} in the output of "${job.name}":\n${printed}`);
  }
  const before = seen.get(job) ?? found;
  seen.set(job, before);
  if (before !== found) throw new Error(`Cannot trust "${job.name}": it gave ${found}, and ${before} before`);
}

const COLUMNS = [
  "time",
  "RSS MiB",
  "heap MiB",
  "jobs",
  "10⁶ insns",
  "MIPS",
  "blocks",
  "invalid.",
  "purges",
  "compiled",
  "regions",
  "TLB misses",
];

function columns(values: readonly (string | number)[]): string {
  return values.map((value, i) => `${value}`.padStart(Math.max(8, COLUMNS[i].length))).join("  ");
}

/** A line of the series. */
function sampleLine(machine: Machine, seconds: number, { rss, heapUsed }: Deno.MemoryUsage, jobs: number) {
  const { execution, tier1, tier2, code, memory } = machine.stats();
  return columns([
    `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`,
    Math.round(rss / MIB),
    Math.round(heapUsed / MIB),
    jobs,
    Math.round(execution.instructions / 1e6),
    Math.round(execution.mips),
    code.blocks,
    code.invalidated,
    code.purges,
    tier1.compiled,
    tier2.regions,
    memory.tlbMisses,
  ]);
}

async function main(args: readonly string[]): Promise<number> {
  const { minutes, interval, tbLimit } = wantedOf(args);
  const guest = findGuests("arm");
  if ("missing" in guest) throw new Error(`Cannot soak: ${guest.missing}`);
  const [kernel, dtb, initrd] = await Promise.all(
    [guest.zImage, guest.dtb, guest.initrd].map((path) => Deno.readFile(path)),
  );
  const shell = serialShell();
  const { machine, close } = await createMachine({
    board: "integratorcp",
    ram: 128 * MIB,
    boot: { kernel, dtb, initrd, append: "console=ttyAMA0" },
    chardevs: { serial0: shell.channel },
    options: { noReboot: true, tbLimit },
  });
  const started = performance.now(), seconds = () => (performance.now() - started) / 1000;
  const progress = { jobs: 0 }, series: number[] = [];
  console.log(columns(COLUMNS));
  const watching = setInterval(() => {
    const usage = Deno.memoryUsage();
    series.push(usage.rss);
    console.log(sampleLine(machine, seconds(), usage, progress.jobs));
  }, 1000 * interval);
  const running = machine.run();
  try {
    await shell.expect("BOOT-OK", BOOT_TIMEOUT);
    await shell.run("true", BOOT_TIMEOUT);
    await work(shell, () => seconds() > 60 * minutes, progress);
  } finally {
    clearInterval(watching);
    machine.end(0);
    await running;
    await close();
  }
  const growth = growthOf(series);
  if (growth === undefined) {
    console.log("Too short to tell whether memory grows.");
    return 0;
  }
  const { third, last, unbounded } = growth;
  console.log(
    `RSS: ${Math.round(third / MIB)} MiB in the third quarter, ${Math.round(last / MIB)} MiB in the last` +
      (unbounded ? `: it grows by more than ${100 * TOLERANCE} %` : ""),
  );
  return unbounded ? 1 : 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error(error instanceof Error && error.message.startsWith("Cannot ") ? error.message : error);
    Deno.exit(1);
  }
}
