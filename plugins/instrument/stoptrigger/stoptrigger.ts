import { type Cpu, defineInstrument } from "@emu/core";
import { addressOf } from "../address.ts";
import { hex } from "../hex.ts";
import manifest from "./manifest.json" with { type: "json" };

interface Trigger {
  readonly at: number;
  readonly status: number;
}

export default defineInstrument(manifest, (emu, properties) => {
  const [limit] = triggersOf(properties.icount, numberOf);
  const addresses = new Map(
    triggersOf(properties.addr, (text) => addressOf(emu, text)).map(({ at, status }) => [at, status]),
  );
  if (limit === undefined && addresses.size === 0) {
    throw new Error("Cannot tell where to stop: it takes icount=N or addr=ADDRESS");
  }
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

/** `AT`, `AT:STATUS`, several with a ";" between. */
function triggersOf(text: string, placeOf: (text: string) => number): Trigger[] {
  return text.split(";").filter(Boolean).map((part) => {
    const [at, status = "0"] = part.split(":");
    return { at: placeOf(at), status: numberOf(status) };
  });
}

function numberOf(text: string): number {
  const number = Number(text);
  if (text !== "" && Number.isSafeInteger(number)) return number;
  throw new Error(`Cannot understand "${text}": it is no whole number`);
}
