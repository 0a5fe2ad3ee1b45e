import { printBlock } from "../core/ir/block.ts";
import type { Machine } from "../core/machine/machine.ts";
import type { TraceRule } from "../core/machine/tracer.ts";
import type { Tb } from "../core/translator/tb.ts";
import type { TakenException } from "../core/vcpu/vcpu.ts";
import { UserError } from "./error.ts";
import { fileProblem } from "./files.ts";
import type { LogItem, TraceOption } from "./options.ts";

/** Where `-d` writes to. */
export interface Log {
  readonly items: ReadonlySet<LogItem>;
  line(text: string): void;
  close(): void;
}

/** Opens the log: a file, or standard error. */
export function openLog(items: ReadonlySet<LogItem>, path: string | undefined, option = "log-file"): Log {
  let file: Deno.FsFile | undefined;
  try {
    file = path === undefined
      ? undefined
      : Deno.openSync(path, { write: true, create: true, truncate: true });
  } catch (error) {
    throw new UserError(`Cannot write --${option} ${path}: ${fileProblem(error)}`);
  }
  const encoder = new TextEncoder();
  const write = (bytes: Uint8Array) => (file ?? Deno.stderr).writeSync(bytes);
  let broken = false;
  return {
    items,
    line(text) {
      if (broken) return;
      const bytes = encoder.encode(`${text}\n`);
      try {
        for (let done = 0; done < bytes.length;) done += write(bytes.subarray(done));
      } catch {
        broken = true; // full or closed: the machine goes on without a log
      }
    },
    close() {
      file?.close();
      file = undefined;
      broken = true;
    },
  };
}

/** Where `--trace` writes to: a file for each that is named, or standard error. */
export function openTraces(
  traces: readonly TraceOption[],
): { readonly rules: readonly TraceRule[]; close(): void } {
  const logs = new Map<string | undefined, Log>();
  for (const { file } of traces) {
    if (!logs.has(file)) logs.set(file, openLog(new Set(), file, "trace file"));
  }
  return {
    rules: traces.map(({ pattern, file }) => ({ pattern, write: logs.get(file)!.line })),
    close: () => logs.forEach((log) => log.close()),
  };
}

/** A line of `-d int`. */
export function exceptionText({ what, from, to }: TakenException): string {
  return `int: ${what} at 0x${hex(from)} -> 0x${hex(to)}`;
}

/** Logs a block as it is translated. */
export function logBlock(log: Log, machine: Machine, tb: Tb): void {
  if (log.items.has("in_asm")) {
    const code = machine.memory.u8.slice(tb.host, tb.host + tb.size);
    const lines = [`IN: 0x${hex(tb.pc)}, flags 0x${tb.flags.toString(16)}`];
    for (let at = 0; at < code.length;) {
      const { text, length } = machine.isa.disassemble(code.subarray(at), tb.pc + at, tb.flags);
      const bytes = [...code.subarray(at, at + length)].reverse().map((byte) =>
        byte.toString(16).padStart(2, "0")
      );
      lines.push(`0x${hex(tb.pc + at)}:  ${bytes.join("").padEnd(8)}  ${text}`);
      at += Math.max(1, length);
    }
    log.line(`${lines.join("\n")}\n`);
  }
  if (log.items.has("op")) log.line(`OP: 0x${hex(tb.pc)}\n${printBlock(tb.block)}\n`);
}

function hex(address: number): string {
  return address.toString(16).padStart(8, "0");
}
