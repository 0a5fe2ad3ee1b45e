import { type Endian, type Reader, reader } from "./bytes.ts";
import { LoaderError } from "./error.ts";

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

const WHAT = "ELF file";

export function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/** Understands the header as far as the class, the byte order and the machine. */
export function openElf(bytes: Uint8Array): { file: ElfFile; endian: Endian } {
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
