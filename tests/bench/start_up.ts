import type { Emulator } from "./emulators.ts";
import { watch } from "./process.ts";
import { median } from "./statistics.ts";

/** Medians in ms: how long a user waits before anything of a machine begins. */
export interface StartUp {
  /** `emu.ts --version`. */
  readonly version: number;
  /** Deno with nothing to run. */
  readonly bare: number;
}

/** Measures the start of the emulator beside that of Deno, in turn. */
export async function measureStartUp({ command }: Emulator, runs: number): Promise<StartUp> {
  const empty = await Deno.makeTempFile({ suffix: ".ts" });
  const commands = { version: [...command, "--version"], bare: [Deno.execPath(), "run", "-A", empty] };
  const times = { version: [] as number[], bare: [] as number[] };
  try {
    // The first runs fill caches of Deno's and of the system's.
    for (let run = -1; run < runs; run++) {
      for (const name of ["version", "bare"] as const) {
        await using process = watch(commands[name]);
        const { milliseconds, status } = await process.ended();
        if (status !== 0) throw new Error(`Cannot start ${commands[name].join(" ")}: status ${status}`);
        if (run >= 0) times[name].push(milliseconds);
      }
    }
  } finally {
    await Deno.remove(empty);
  }
  return { version: median(times.version), bare: median(times.bare) };
}
