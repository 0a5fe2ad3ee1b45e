import { defineInstrument } from "@emu/core";
import { hex } from "../hex.ts";
import manifest from "./manifest.json" with { type: "json" };

export default defineInstrument(manifest, (emu, { log }) => {
  const counts = { interrupt: 0, exception: 0, hostcall: 0 };
  emu.onDiscontinuity(["interrupt", "exception", "hostcall"], (_, event) => {
    counts[event.kind]++;
    if (log) emu.print(`${event.kind}: ${hex(event.from)} -> ${hex(event.to)}`, event);
  });
  emu.report({
    text: () =>
      `VCPU, interrupts, exceptions, hostcalls\n0, ${counts.interrupt}, ${counts.exception}, ${counts.hostcall}`,
    json: () => ({ cpus: [{ cpu: 0, ...counts }] }),
  });
});
