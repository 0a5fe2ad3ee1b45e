import { type Cpu, defineInstrument } from "@emu/core";
import { hex } from "../hex.ts";
import manifest from "./manifest.json" with { type: "json" };

interface Trigger {
  readonly at: number;
  readonly status: number;
}

export default defineInstrument(manifest, (emu, properties) => {
  const [limit] = triggersOf(properties.icount);
  const addresses = new Map(triggersOf(properties.addr).map(({ at, status }) => [at, status]));
  const begun = emu.counter();

  /** Stops before the instruction, whatever follows in its block. */
  const stop = (cpu: Cpu, { status, reason }: { status: number; reason: string }) => {
    cpu.setPc(cpu.pc);
    if (status === 0) emu.stop(reason);
    else emu.exit(status);
  };

  emu.onTranslate((block) => {
    for (const instruction of block.instructions) {
      const { address } = instruction, status = addresses.get(address);
      if (status !== undefined) {
        instruction.onExecute(stop, {
          registers: "write",
          data: { status, reason: `${hex(address)} is reached` },
        });
      }
      if (limit === undefined) continue;
      const reason = `${limit.at} instructions have run`;
      instruction.onExecuteIf([begun, ">=", limit.at], stop, {
        registers: "write",
        data: { status: limit.status, reason },
      });
      instruction.add(begun);
    }
  });
});

/** `N`, `N:STATUS`, several with a + between. */
function triggersOf(text: string): Trigger[] {
  return text.split("+").filter(Boolean).map((part) => {
    const [at, status = 0] = part.split(":").map(Number);
    if (!Number.isSafeInteger(at) || !Number.isSafeInteger(status)) {
      throw new Error(`Cannot understand "${part}": it is a number, or a number, a colon and an exit status`);
    }
    return { at, status };
  });
}
