/**
 * The tagged list that tells a Linux kernel for Arm without device tree what it runs on.
 * Source: Linux, Documentation/arch/arm/booting.rst section 4a and arch/arm/include/uapi/asm/setup.h.
 *
 * @module
 */
import { Writer } from "./bytes.ts";
import { addressText, LoaderError } from "./error.ts";
import type { MemoryRange } from "./memory_range.ts";

const ATAG = {
  NONE: 0,
  CORE: 0x5441_0001,
  MEM: 0x5441_0002,
  INITRD2: 0x5442_0005,
  REVISION: 0x5441_0007,
  CMDLINE: 0x5441_0009,
} as const;

const CORE = { READ_ONLY_ROOT: 1, PAGE_SIZE: 4096, ROOT_DEVICE: 0 } as const;

/** COMMAND_LINE_SIZE of arch/arm, its NUL included: Linux cuts off what is longer. */
const COMMAND_LINE_SIZE = 1024;

export interface Atags {
  ram: readonly MemoryRange[];
  initrd?: MemoryRange;
  /** Kernel command line. */
  append?: string;
  /** Board revision. */
  revision?: number;
}

/** @throws {LoaderError} when the command line is too long, or a range is not in the first 4 GiB. */
export function buildAtags({ ram, initrd, append, revision }: Atags): Uint8Array {
  const out = new Writer("little");
  tag(out, ATAG.CORE, [CORE.READ_ONLY_ROOT, CORE.PAGE_SIZE, CORE.ROOT_DEVICE]);
  for (const range of ram) tag(out, ATAG.MEM, [word(range.size, "RAM"), word(range.address, "RAM")]);
  if (initrd) tag(out, ATAG.INITRD2, [word(initrd.address, "initrd"), word(initrd.size, "initrd")]);
  if (append) commandLine(out, append);
  if (revision !== undefined) tag(out, ATAG.REVISION, [word(revision, "board revision")]);
  // The list ends with a tag whose size is 0, not 2.
  out.u32(0, ATAG.NONE);
  return out.take();
}

/** The size of a tag counts words and includes its two words of header. */
function tag(out: Writer, type: number, words: number[]): void {
  out.u32(2 + words.length, type, ...words);
}

function commandLine(out: Writer, text: string): void {
  const line = new Writer("little");
  line.string(text);
  if (line.length > COMMAND_LINE_SIZE) {
    throw new LoaderError(
      `kernel command line of ${line.length - 1} bytes is longer than the ${
        COMMAND_LINE_SIZE - 1
      } that Linux takes`,
    );
  }
  line.align(4);
  out.u32(2 + line.length / 4, ATAG.CMDLINE);
  out.bytes(line.take());
}

function word(value: number, what: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) return value;
  throw new LoaderError(`${what}: ${addressText(value)} does not fit into the 32 bits of an ATAG`);
}
