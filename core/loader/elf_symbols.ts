import { type ElfFile, EM } from "./elf_file.ts";
import { LoaderError } from "./error.ts";

export interface ElfSymbol {
  name: string;
  /** Virtual address; the Thumb bit of an Arm function is cleared. */
  address: bigint;
  /** In bytes; 0 when the file does not say. */
  size: number;
  kind: "function" | "object";
}

/** Symbols sorted by address. */
export interface ElfSymbols {
  readonly length: number;
  at(index: number): ElfSymbol;
  /**
   * The symbol that holds an address, and how far in. A symbol without a size reaches to the next symbol.
   */
  lookup(address: number | bigint): { symbol: ElfSymbol; offset: number } | undefined;
  find(name: string): ElfSymbol | undefined;
}

interface Entry {
  address: bigint;
  size: number;
  isFunction: boolean;
  /** Of symbols at one address the one with the highest rank is shown. */
  rank: number;
  nameAt: number;
}

const SHT = { SYMTAB: 2, DYNSYM: 11 } as const;
const STT = { OBJECT: 1, FUNC: 2 } as const;
const STB_GLOBAL = 1;
/** Longer names are cut: in a hostile table every name could be as long as the file. */
const NAME_LIMIT = 4096;

const WHAT = "ELF symbol table";

/** Reads .symtab, or .dynsym of a stripped file. Names are decoded only when they are asked for. */
export function readSymbols(file: ElfFile): ElfSymbols {
  const sections = readSections(file);
  const table = sections.find(({ type }) => type === SHT.SYMTAB) ??
    sections.find(({ type }) => type === SHT.DYNSYM);
  if (!table) return symbolList([], new Uint8Array());
  const names = sections.at(table.link);
  if (!names) throw new LoaderError(`${WHAT} has its names in section ${table.link}, which is not there`);
  const nameBytes = file.bytes(names.offset, names.size);
  return symbolList(readEntries(file, table, nameBytes.length), nameBytes);
}

interface Section {
  type: number;
  /** Not checked yet: a section without bytes in the file has any value here. */
  offset: number;
  size: number;
  link: number;
}

function readSections(file: ElfFile): Section[] {
  const { header, section } = file.layout;
  const start = file.offset(header.shoff);
  if (start === 0) return [];
  const entrySize = file.u16(header.phentsize + 4);
  if (entrySize < section.size) {
    throw new LoaderError(`${WHAT} has section headers of ${entrySize} bytes, not ${section.size}`);
  }
  // e_shnum is 0 when the count does not fit; it is in sh_size of section 0 then.
  const count = file.u16(header.phentsize + 6) || file.offset(start + section.length);
  file.bytes(start, count * entrySize);
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * entrySize;
    return {
      type: file.u32(at + 4),
      offset: Number(file.wide(at + section.offset)),
      size: Number(file.wide(at + section.length)),
      link: file.u32(at + section.link),
    };
  });
}

function readEntries(file: ElfFile, table: Section, namesLength: number): Entry[] {
  const { symbol } = file.layout;
  file.bytes(table.offset, table.size);
  const entries: Entry[] = [];
  for (let i = 0; i < Math.floor(table.size / symbol.size); i++) {
    const at = table.offset + i * symbol.size;
    const info = file.u8(at + symbol.info);
    const type = info & 0xf;
    if (type !== STT.FUNC && type !== STT.OBJECT || file.u16(at + symbol.shndx) === 0) continue;
    const nameAt = file.u32(at);
    if (nameAt >= namesLength) throw new LoaderError(`${WHAT} has a name outside of its names`);
    const isFunction = type === STT.FUNC;
    const value = file.wide(at + symbol.value);
    entries.push({
      address: file.machine === EM.ARM && isFunction ? value & ~1n : value,
      size: Number(file.wide(at + symbol.length)),
      isFunction,
      rank: (isFunction ? 2 : 0) + (info >> 4 === STB_GLOBAL ? 1 : 0),
      nameAt,
    });
  }
  return entries.sort((a, b) => a.address < b.address ? -1 : a.address > b.address ? 1 : a.rank - b.rank);
}

function symbolList(entries: Entry[], names: Uint8Array): ElfSymbols {
  const decoder = new TextDecoder();

  function at(index: number): ElfSymbol {
    const { address, size, isFunction, nameAt } = entries[index];
    const end = names.indexOf(0, nameAt);
    const limit = nameAt + NAME_LIMIT;
    const bytes = names.subarray(nameAt, Math.min(end < 0 ? names.length : end, limit));
    return { name: decoder.decode(bytes), address, size, kind: isFunction ? "function" : "object" };
  }

  function lookup(where: number | bigint): { symbol: ElfSymbol; offset: number } | undefined {
    const address = BigInt(where);
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (entries[middle].address <= address) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    const entry = entries[low - 1];
    const offset = Number(address - entry.address);
    return entry.size && offset >= entry.size ? undefined : { symbol: at(low - 1), offset };
  }

  function find(name: string): ElfSymbol | undefined {
    const wanted = new TextEncoder().encode(`${name}\0`);
    const index = entries.findIndex(({ nameAt }) => wanted.every((byte, i) => names[nameAt + i] === byte));
    return index < 0 ? undefined : at(index);
  }

  return { length: entries.length, at, lookup, find };
}
