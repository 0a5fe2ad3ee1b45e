/**
 * Measures the emulator and, where it is installed, QEMU on the same guests, in turn: `deno task bench`.
 * README.md beside this file tells how to read what it prints.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { findGuests } from "../guests/guests.ts";
import { emuEmulator, type Emulator, qemuEmulator } from "./emulators.ts";
import { allItems, type Item, KERNELS } from "./items.ts";
import { table } from "./report.ts";
import { Results, summary } from "./results.ts";
import { measureStartUp, type StartUp } from "./start_up.ts";

const USAGE = `deno task bench [--runs N] [--only NAME,…] [--no-qemu] [--json FILE]
deno task bench --instrument [--runs N]   what instrumentation costs
deno task bench --net [--runs N]          the network "user"

  --runs N      times each emulator runs each item, in turn; default 3
  --only NAME,… items: boot, mmio, start-up, ${Object.keys(KERNELS).join(", ")}
  --no-qemu     ours alone
  --json FILE   write all figures to a file`;

/** Share of the processors that may be busy with other things. */
const QUIET = 0.25;
const START_UP = "start-up";

interface Wanted {
  readonly runs: number;
  readonly only: readonly string[];
  readonly qemu: boolean;
  readonly json: string | undefined;
}

function wantedOf(args: readonly string[]): Wanted {
  const { runs, only, json, "no-qemu": alone, help, _: rest } = parseArgs(args, {
    string: ["runs", "only", "json"],
    boolean: ["no-qemu", "help"],
    unknown: (arg) => {
      throw new Error(`Cannot understand "${arg}"\n\n${USAGE}`);
    },
  });
  if (help) {
    console.log(USAGE);
    Deno.exit(0);
  }
  const count = Number(runs ?? 3);
  if (!Number.isInteger(count) || count < 1 || rest.length > 0) {
    throw new Error(`Cannot run "${runs}" times\n\n${USAGE}`);
  }
  const names = only === undefined ? [] : String(only).split(",");
  const known = ["boot", "mmio", START_UP, ...Object.keys(KERNELS)];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`Cannot measure "${unknown}"\n\n${USAGE}`);
  return { runs: count, only: names, qemu: !alone, json: json as string | undefined };
}

/** Runs an item on all emulators in turn, so that whatever else the machine does meets all of them. */
async function measure(item: Item, emulators: readonly Emulator[], runs: number, results: Results) {
  for (let run = 1; run <= runs; run++) {
    for (const emulator of emulators) {
      progress(`${item.name} ${run}/${runs} ${emulator.name}`);
      results.add(item, emulator.name, await item.run(emulator));
    }
  }
}

function progress(text: string): void {
  const line = Deno.stderr.isTerminal() ? `\r\x1b[K${text}` : `${text}\n`;
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

function warnIfBusy(): void {
  const [load] = Deno.loadavg(), processors = navigator.hardwareConcurrency;
  if (load <= QUIET * processors) return;
  console.error(
    `The machine is busy (load ${
      load.toFixed(1)
    } on ${processors} processors): take ratios, not times, from this.`,
  );
}

function head(emulators: readonly Emulator[], { runs }: Wanted): string {
  const { os, arch } = Deno.build, load = Deno.loadavg()[0].toFixed(1);
  return [
    ...emulators.map(({ version }) => version),
    `${navigator.hardwareConcurrency} processors, ${os} ${arch}, load ${load}; medians of ${runs} runs each`,
  ].join("\n");
}

function jsonOf(results: Results, head: string, startUp: StartUp | undefined): string {
  const means = Object.fromEntries(
    (["compute", "float", "system", "device access"] as const).map((group) => [group, results.mean(group)]),
  );
  return JSON.stringify(
    {
      date: new Date().toISOString(),
      head: head.split("\n"),
      rows: results.rows.map((row) => ({
        ...row,
        ...Object.hasOwn(KERNELS, row.name) && { scale: KERNELS[row.name].scale },
        median: summary(row),
      })),
      means,
      peaks: results.peaks,
      startUp,
      problems: results.problems,
    },
    undefined,
    2,
  ) + "\n";
}

async function main(args: readonly string[]): Promise<number> {
  const wanted = wantedOf(args);
  const guest = findGuests("arm");
  if ("missing" in guest) throw new Error(`Cannot measure: ${guest.missing}`);
  warnIfBusy();
  const emu = emuEmulator(), qemu = wanted.qemu ? qemuEmulator() : undefined;
  const emulators = qemu === undefined ? [emu] : [emu, qemu];
  if (wanted.qemu && qemu === undefined) console.error("qemu-system-arm is not installed: ours alone.");
  const heading = head(emulators, wanted);
  const chosen = (name: string) => wanted.only.length === 0 || wanted.only.includes(name);
  const results = new Results();
  for (const item of allItems(guest).filter(({ name }) => chosen(name))) {
    await measure(item, emulators, wanted.runs, results);
  }
  let startUp: StartUp | undefined;
  if (chosen(START_UP)) {
    progress(START_UP);
    startUp = await measureStartUp(emu, Math.max(5, wanted.runs));
  }
  if (Deno.stderr.isTerminal()) progress("");
  results.judge(Object.keys(KERNELS));
  console.log(`${heading}\n\n${table(results, startUp)}`);
  if (wanted.json !== undefined) await Deno.writeTextFile(wanted.json, jsonOf(results, heading, startUp));
  return results.right ? 0 : 1;
}

if (import.meta.main) {
  try {
    if (Deno.args[0] === "--instrument") {
      const { instrumentBench } = await import("./instrument_bench.ts");
      Deno.exit(await instrumentBench(Deno.args.slice(1)));
    }
    if (Deno.args[0] === "--net") {
      const { netBench } = await import("./net_bench.ts");
      Deno.exit(await netBench(Deno.args.slice(1)));
    }
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error(error instanceof Error && error.message.startsWith("Cannot ") ? error.message : error);
    Deno.exit(1);
  }
}
