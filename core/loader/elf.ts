/**
 * ELF executables.
 * Source: System V ABI, chapters 4 (object files) and 5 (program loading).
 *
 * @module
 */
import { type Endian, findOverlap, type Reader, reader } from "./bytes.ts";
import { type ElfSymbols, readSymbols } from "./elf_symbols.ts";
import { addressText, LoaderError, sizeText } from "./error.ts";

/** Machine numbers (e_machine) of the instruction sets one is likely to meet. */
export const EM = {
  SPARC: 2,
  I386: 3,
  MIPS: 8,
  PPC: 20,
  PPC64: 21,
  ARM: 40,
  SPARCV9: 43,
  X86_64: 62,
  XTENSA: 94,
  AARCH64: 183,
  RISCV: 243,
} as const;

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

/** Offsets of fields that both classes have, at different places; `wide` fields are u32 or u64. */
const LAYOUT = {
  32: {
    wide: 4,
    header: { size: 52, entry: 24, phoff: 28, shoff: 32, flags: 36, phentsize: 42 },
    program: { size: 32, offset: 4, vaddr: 8, paddr: 12, filesz: 16, memsz: 20 },
    section: { size: 40, offset: 16, length: 20, link: 24, info: 28, entsize: 36 },
    symbol: { size: 16, value: 4, length: 8, info: 12, shndx: 14 },
  },
  64: {
    wide: 8,
    header: { size: 64, entry: 24, phoff: 32, shoff: 40, flags: 48, phentsize: 54 },
    program: { size: 56, offset: 8, vaddr: 16, paddr: 24, filesz: 32, memsz: 40 },
    section: { size: 64, offset: 24, length: 32, link: 40, info: 44, entsize: 56 },
    symbol: { size: 24, value: 8, length: 16, info: 4, shndx: 6 },
  },
} as const;

/** A file whose header has been understood. */
export interface ElfFile extends Reader {
  readonly bits: 32 | 64;
  readonly layout: (typeof LAYOUT)[32 | 64];
  readonly machine: number;
  /** An address- or offset-sized field. */
  wide(at: number): bigint;
  /** Such a field that has to be an offset or a size in this file. */
  offset(at: number): number;
}

const IDENT = { CLASS: 4, DATA: 5, VERSION: 6 } as const;
const TYPE = { EXEC: 2, DYN: 3 } as const;
const TYPE_NAMES: Record<number, string> = { 1: "an object file that is not linked", 4: "a core dump" };
const PT_LOAD = 1;
/** e_phnum when the real count is in sh_info of section 0. */
const PN_XNUM = 0xffff;

const WHAT = "ELF file";

export function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

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

function openElf(bytes: Uint8Array): { file: ElfFile; endian: Endian } {
  if (!isElf(bytes)) throw new LoaderError(`${WHAT} does not start with 0x7f "ELF"`);
  const ident = reader(bytes, { what: WHAT, endian: "little" });
  const elfClass = ident.u8(IDENT.CLASS);
  const data = ident.u8(IDENT.DATA);
  if (elfClass !== 1 && elfClass !== 2) throw new LoaderError(`${WHAT} has unknown class ${elfClass}`);
  if (data !== 1 && data !== 2) throw new LoaderError(`${WHAT} has unknown byte order ${data}`);
  if (ident.u8(IDENT.VERSION) !== 1) throw new LoaderError(`${WHAT} has version ${ident.u8(IDENT.VERSION)}`);

  const bits = elfClass === 1 ? 32 : 64;
  const endian = data === 1 ? "little" : "big";
  const fields = reader(bytes, { what: WHAT, endian });
  const wide = bits === 32 ? (at: number) => BigInt(fields.u32(at)) : fields.u64;
  const layout = LAYOUT[bits];
  fields.bytes(0, layout.header.size);
  const file = { ...fields, bits, layout, machine: fields.u16(18), wide, offset } as const;
  return { file, endian };

  function offset(at: number): number {
    const value = wide(at);
    if (value <= bytes.length) return Number(value);
    throw new LoaderError(
      `${WHAT} is truncated: its fields speak of byte ${value}, but it ends at ${bytes.length}`,
    );
  }
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
