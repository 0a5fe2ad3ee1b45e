/**
 * ELF executables.
 * Source: System V ABI, chapters 4 (object files) and 5 (program loading).
 *
 * @module
 */
import { type Endian, findOverlap } from "./bytes.ts";
import { type ElfFile, openElf } from "./elf_file.ts";
import { type ElfSymbols, readSymbols } from "./elf_symbols.ts";
import { addressText, LoaderError, sizeText } from "./error.ts";

export interface ElfSegment {
  /** Physical address: where a loader puts the bytes. */
  address: bigint;
  virtualAddress: bigint;
  /** A view of the file. */
  bytes: Uint8Array;
  /** Bytes in memory; those past `bytes` are zero. */
  memorySize: number;
}

export interface ElfImage {
  /** Virtual address. On Arm, bit 0 selects Thumb. */
  entry: bigint;
  /** `EM.…` */
  machine: number;
  /** e_flags: meaning depends on the machine. */
  flags: number;
  endian: Endian;
  bits: 32 | 64;
  /** PT_LOAD segments that have memory, in the order of the file. */
  segments: ElfSegment[];
  /**
   * Functions and objects of the symbol table; none when the file is stripped. Read on first use.
   *
   * @throws {LoaderError} when the tables are malformed.
   */
  symbols(): ElfSymbols;
}

const TYPE = { EXEC: 2, DYN: 3 } as const;
const TYPE_NAMES: Record<number, string> = { 1: "an object file that is not linked", 4: "a core dump" };
const PT_LOAD = 1;
/** e_phnum when the real count is in sh_info of section 0. */
const PN_XNUM = 0xffff;

const WHAT = "ELF file";

/**
 * Reads the headers of a linked ELF file. Nothing is copied: segments are views of `bytes`.
 *
 * @throws {LoaderError} when the file is not such a file, is truncated or contradicts itself.
 */
export function parseElf(bytes: Uint8Array): ElfImage {
  const { file, endian } = openElf(bytes);
  const { header } = file.layout;
  const type = file.u16(16);
  if (type !== TYPE.EXEC && type !== TYPE.DYN) {
    throw new LoaderError(`${WHAT} is ${TYPE_NAMES[type] ?? `of type ${type}`}, not a program`);
  }
  if (file.u32(20) !== 1) throw new LoaderError(`${WHAT} has version ${file.u32(20)}, not 1`);
  let symbols: ElfSymbols | undefined;
  return {
    entry: file.wide(header.entry),
    machine: file.machine,
    flags: file.u32(header.flags),
    endian,
    bits: file.bits,
    segments: readSegments(file),
    symbols: () => symbols ??= readSymbols(file),
  };
}

/**
 * The symbols of an ELF file, also of one that is not linked or holds nothing but symbols.
 *
 * @throws {LoaderError} when the file is no ELF file, is truncated or contradicts itself.
 */
export function elfSymbols(bytes: Uint8Array): ElfSymbols {
  return readSymbols(openElf(bytes).file);
}

function readSegments(file: ElfFile): ElfSegment[] {
  const { header, program, section } = file.layout;
  const start = file.offset(header.phoff);
  const entrySize = file.u16(header.phentsize);
  let count = file.u16(header.phentsize + 2);
  if (count === PN_XNUM) count = file.u32(file.offset(header.shoff) + section.info);
  if (count === 0) throw new LoaderError(`${WHAT} has no program headers, so nothing to load`);
  if (entrySize < program.size) {
    throw new LoaderError(`${WHAT} has program headers of ${entrySize} bytes, not ${program.size}`);
  }
  // Bounds the loop by the length of the file.
  file.bytes(start, count * entrySize);

  const segments: ElfSegment[] = [];
  for (let i = 0; i < count; i++) {
    const at = start + i * entrySize;
    if (file.u32(at) === PT_LOAD && file.wide(at + program.memsz) > 0n) segments.push(readSegment(file, at));
  }
  if (segments.length === 0) throw new LoaderError(`${WHAT} has no segment to load`);
  checkOverlaps(segments);
  return segments;
}

function readSegment(file: ElfFile, at: number): ElfSegment {
  const { program } = file.layout;
  const address = file.wide(at + program.paddr);
  const memorySize = file.wide(at + program.memsz);
  const bytes = file.bytes(file.offset(at + program.offset), file.offset(at + program.filesz));
  const name = `segment of ${sizeText(memorySize)} at ${addressText(address)}`;
  if (memorySize < bytes.length) {
    throw new LoaderError(`${WHAT} has a ${name} with more in the file, ${sizeText(bytes.length)}`);
  }
  if (address + memorySize > 1n << BigInt(file.bits) || memorySize > Number.MAX_SAFE_INTEGER) {
    throw new LoaderError(`${WHAT} has a ${name}, which ends outside of ${file.bits}-bit memory`);
  }
  return {
    address,
    virtualAddress: file.wide(at + program.vaddr),
    bytes,
    memorySize: Number(memorySize),
  };
}

/**
 * What two segments both fill would depend on who comes last. Only what the file fills counts: in images for
 * ROM, .bss has the load address of what follows .data.
 */
function checkOverlaps(segments: ElfSegment[]): void {
  const inFile = findOverlap(segments, ({ bytes }) => {
    return { start: bytes.byteOffset, end: bytes.byteOffset + bytes.length };
  });
  const inMemory = findOverlap(segments, ({ address, bytes }) => {
    return { start: address, end: address + BigInt(bytes.length) };
  });
  const pair = inFile ?? inMemory;
  if (!pair) return;
  const [a, b] = pair.map(({ address }) => addressText(address));
  throw new LoaderError(
    `${WHAT} has segments ${a} and ${b} overlapping ${inFile ? "in the file" : "in memory"}`,
  );
}
