/** What is measured: each item runs an emulator once and gives figures. */
import type { Guest } from "../guests/guests.ts";
import { type Emulator, firmwareCommand, linuxCommand } from "./emulators.ts";
import { type Ended, watch } from "./process.ts";

/** Groups of figures; each of the kernels' has a geometric mean. */
export type Group = "whole process" | "compute" | "float" | "system" | "device access";

/** How a figure reads; `memory` is in bytes, `ns` in nanoseconds, `ms` in milliseconds. */
export type Unit = "ms" | "ns" | "memory";

/** One figure of one run. */
export interface Figure {
  readonly name: string;
  readonly group: Group;
  readonly unit: Unit;
  readonly value: number;
}

/** What one run gave. */
export interface Sample {
  readonly figures: readonly Figure[];
  /** What the guest computed: must be the same everywhere. */
  readonly check?: string;
  /** Most memory the emulator had, in bytes. */
  readonly peak: number;
}

/** Something to be measured. */
export interface Item {
  readonly name: string;
  run(emulator: Emulator): Promise<Sample>;
}

/**
 * Kernel of the guest's `bench` → its group, and how many times its natural size it is run, so that the slower
 * emulator takes between half a second and two seconds for it. The scale is part of the result: change it only where
 * a run says "too short", and do not compare results of different scales.
 */
export const KERNELS: Readonly<Record<string, { readonly group: Group; readonly scale: number }>> = {
  sha1: { group: "compute", scale: 16 },
  crc32: { group: "compute", scale: 40 },
  qsort: { group: "compute", scale: 8 },
  matmul: { group: "compute", scale: 20 },
  strings: { group: "compute", scale: 12 },
  sieve: { group: "compute", scale: 20 },
  interp: { group: "compute", scale: 12 },
  memcpy: { group: "compute", scale: 20 },
  float: { group: "float", scale: 6 },
  syscall: { group: "system", scale: 1 },
  pagefault: { group: "system", scale: 2 },
  fork: { group: "system", scale: 2 },
  exec: { group: "system", scale: 2 },
  pipe: { group: "system", scale: 1 },
};

/** Loops of the boot monitor's `bench` that read a device register, by what the monitor calls them. */
const DEVICE_LOOPS = ["uart read", "timer read", "cm read"] as const;

/** All items, in the order of the report. */
export function allItems(guest: Guest): Item[] {
  return [bootItem(guest), ...Object.keys(KERNELS).map((name) => kernelItem(guest, name)), deviceItem()];
}

/** Booting Linux to a command that does nothing, and rebooting. */
function bootItem(guest: Guest): Item {
  return {
    name: "boot",
    async run(emulator) {
      await using process = watch(linuxCommand(emulator, guest, "true"));
      const { milliseconds } = await process.expect("BOOT-OK");
      const ended = await process.ended();
      complain(emulator, ended, /^RUN-EXIT 0$/m);
      const figure = { group: "whole process", unit: "ms" } as const;
      return {
        peak: ended.peak,
        figures: [
          { ...figure, name: "start to BOOT-OK", value: milliseconds },
          { ...figure, name: "start to end, run=true", value: ended.milliseconds },
          { name: "peak memory, run=true", group: "whole process", unit: "memory", value: ended.peak },
        ],
      };
    },
  };
}

/** One kernel of the guest's benchmark, in a machine of its own; the guest measures the time. */
function kernelItem(guest: Guest, name: string): Item {
  const { group, scale } = KERNELS[name];
  return {
    name,
    async run(emulator) {
      await using process = watch(linuxCommand(emulator, guest, `bench,-s,${scale},${name}`));
      const ended = await process.ended();
      const [, operations, microseconds, check] = complain(
        emulator,
        ended,
        /^BENCH \w+ (\d+) (\d+) check (\w+)$/m,
      );
      return {
        peak: ended.peak,
        check: `${operations} ${check}`,
        figures: [{ name, group, unit: "ms", value: Number(microseconds) / 1000 }],
      };
    },
  };
}

/** Reads of device registers, by the boot monitor's benchmark, typed on the serial port. */
function deviceItem(): Item {
  return {
    name: "mmio",
    async run(emulator) {
      await using process = watch(firmwareCommand(emulator));
      await process.expect("\ncp> ");
      await process.type("bench\r");
      await process.expect("bench\n");
      const { before } = await process.expect("\ncp> ");
      const figures = DEVICE_LOOPS.map((name) => {
        const [, value] = RegExp(`^${name} .* ([\\d.]+) ns each`, "m").exec(before) ?? [];
        if (value === undefined) {
          throw new Error(`Cannot find "${name}" in what the monitor printed:\n${before}`);
        }
        return { name, group: "device access", unit: "ns", value: Number(value) } as const;
      });
      return { figures, peak: 0 };
    },
  };
}

function complain({ name }: Emulator, { output, status }: Ended, wanted: RegExp): RegExpExecArray {
  const found = wanted.exec(output);
  if (found && status === 0) return found;
  throw new Error(`Cannot measure ${name}: it ended with status ${status}, after\n${output.slice(-1000)}`);
}
