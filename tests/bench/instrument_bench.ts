/**
 * What instrumentation costs: the guest's kernels under each weight of attachment, as a multiple of the time without.
 * `deno task bench --instrument [--runs N]`.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { findGuests } from "../guests/guests.ts";
import { emuEmulator, type Emulator } from "./emulators.ts";
import { allItems, type Item } from "./items.ts";

/** Options → the slowdown that is aimed at. */
const WEIGHTS: Readonly<Record<string, { readonly option?: string; readonly aim?: number }>> = {
  "none": {},
  "blocks seen, nothing attached": { option: "empty", aim: 1.1 },
  "inline count of blocks": { option: "bb", aim: 1.1 },
  "inline count of instructions": { option: "insn", aim: 1.3 },
  "inline count of accesses": { option: "mem" },
  "callback per block": { option: "bb,inline=off", aim: 4 },
  "callback per block, later": { option: "bb,inline=off,later=on", aim: 4 },
  "callback per instruction": { option: "insn,inline=off", aim: 25 },
  "callback per access": { option: "mem,callback=on", aim: 25 },
};
const KERNELS = ["sha1", "interp"];

/** Measures and prints; gives the exit status. */
export async function instrumentBench(args: readonly string[]): Promise<number> {
  const { runs = "2" } = parseArgs([...args], { string: ["runs"] });
  const guest = findGuests("arm");
  if ("missing" in guest) throw new Error(`Cannot measure: ${guest.missing}`);
  const items = allItems(guest).filter(({ name }) => KERNELS.includes(name));
  const emu = emuEmulator(), best = new Map<string, number>();
  for (let run = 0; run < Number(runs); run++) {
    for (const item of items) {
      for (const [name, { option }] of Object.entries(WEIGHTS)) {
        const key = `${item.name} ${name}`, time = await timeOf(item, withOption(emu, option));
        best.set(key, Math.min(time, best.get(key) ?? Infinity));
      }
    }
  }
  console.log(`${emu.version}\nload ${Deno.loadavg()[0].toFixed(1)}; best of ${runs} runs\n`);
  for (const item of items) {
    const none = best.get(`${item.name} none`)!;
    console.log(`${item.name}: ${none.toFixed(0)} ms without`);
    for (const [name, { aim }] of Object.entries(WEIGHTS)) {
      if (name === "none") continue;
      const slowdown = best.get(`${item.name} ${name}`)! / none;
      const verdict = aim === undefined ? "" : `  aim ${aim.toFixed(1)}${slowdown > aim ? ", missed" : ""}`;
      console.log(`  ${name.padEnd(32)} ${slowdown.toFixed(2).padStart(6)} ×${verdict}`);
    }
  }
  return 0;
}

function withOption(emulator: Emulator, option: string | undefined): Emulator {
  return option === undefined
    ? emulator
    : { ...emulator, command: [...emulator.command, "--instrument", option] };
}

async function timeOf(item: Item, emulator: Emulator): Promise<number> {
  const { figures } = await item.run(emulator);
  return figures[0].value;
}

if (import.meta.main) Deno.exit(await instrumentBench(Deno.args));
