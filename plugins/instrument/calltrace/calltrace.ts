import { defineInstrument } from "@emu/core";
import { followCalls } from "../calls.ts";
import { hex } from "../hex.ts";
import manifest from "./manifest.json" with { type: "json" };

/** Begin and end of calls in virtual microseconds: Chrome's Trace Event Format, which Perfetto reads. */
export default defineInstrument(manifest, (emu, { file, limit }) => {
  const events: string[] = [];
  let calls = 0, depth = 0;
  const note = (ph: "B" | "E", target: number) => {
    const name = emu.symbol(target)?.name ?? hex(target);
    events.push(JSON.stringify({ name, ph, ts: emu.now() / 1000, pid: 0, tid: 0 }));
  };
  followCalls(emu, {
    called({ target }) {
      calls++;
      if (calls > limit) return;
      depth++;
      note("B", target);
    },
    returned({ target }) {
      // Those that were open when recording ended stay open.
      if (calls > limit || depth === 0) return;
      depth--;
      note("E", target);
    },
  });
  emu.onExit(() => emu.writeFile(file, `{"traceEvents":[\n${events.join(",\n")}\n]}\n`));
  emu.report({
    text: () => `${file}: ${Math.min(calls, limit)} of ${calls} calls`,
    json: () => ({ file, calls, recorded: Math.min(calls, limit) }),
  });
});
