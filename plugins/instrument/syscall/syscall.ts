import { defineInstrument } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

interface Calls {
  calls: number;
  errors: number;
}

export default defineInstrument(manifest, (emu, { print }) => {
  const counts = new Map<number, Calls>();
  const countsOf = (number: number): Calls => {
    let found = counts.get(number);
    if (found === undefined) counts.set(number, found = { calls: 0, errors: 0 });
    return found;
  };
  emu.onSyscall((_, call) => {
    countsOf(call.number).calls++;
    if (print) {
      const values = call.arguments.map((value) => `0x${value.toString(16)}`).join(", ");
      emu.print(`syscall ${call.number}(${values})`, call);
    }
  });
  emu.onSyscallReturn((_, { number }, result) => {
    if (result < 0) countsOf(number).errors++;
    if (print) emu.print(`syscall ${number} = ${result}`, { number, result });
  });
  const rows = () =>
    [...counts].map(([number, row]) => ({ number, ...row })).sort((a, b) => b.calls - a.calls);
  emu.report({
    text: () =>
      ["syscall no., calls, errors", ...rows().map((r) => `${r.number}, ${r.calls}, ${r.errors}`)].join("\n"),
    json: () => ({ syscalls: rows() }),
  });
});
