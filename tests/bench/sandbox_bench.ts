/**
 * What an access to a device in a sandbox costs, beside one on the machine's own thread:
 * `deno run -A tests/bench/sandbox_bench.ts`.
 *
 * @module
 */
import { createMachine } from "../../core/machine/library.ts";

const AT = 0x1f00_0000, ROUNDS = 100_000, REPEATS = 5;
const PLUGIN = new URL("../../cli/templates/device/manifest.json", import.meta.url).href;

/** Nanoseconds that a read of a register takes, by median; `pause` milliseconds between accesses. */
async function cost(sandbox: boolean, pause = 0): Promise<number> {
  const emu = await createMachine({
    board: "integratorcp",
    plugins: [PLUGIN],
    devices: [{ use: "my-device", properties: { at: AT } }],
    sandbox,
  });
  const rounds = pause > 0 ? 200 : ROUNDS, took: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    let time = 0;
    for (let done = 0; done < rounds; done++) {
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      const started = performance.now();
      emu.read(AT + 8);
      time += performance.now() - started;
    }
    took.push(time * 1e6 / rounds);
  }
  await emu.dispose();
  return took.sort((a, b) => a - b)[REPEATS >> 1];
}

const shown = (nanoseconds: number) => `${(nanoseconds / 1000).toFixed(2)} µs`;
console.log(`on the machine's thread            ${shown(await cost(false))}`);
console.log(`in a sandbox, one after the other  ${shown(await cost(true))}`);
console.log(`in a sandbox, one in 2 ms          ${shown(await cost(true, 2))}`);
