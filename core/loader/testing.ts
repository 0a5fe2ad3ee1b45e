/**
 * What the tests of this folder share.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { type Endian, Writer } from "./bytes.ts";
import { LoaderError } from "./error.ts";

const GUESTS = new URL("../../../shared/guests/arm/", import.meta.url);

export function guestPath(name: string): string {
  return new URL(name, GUESTS).pathname;
}

/** One of the real guest's files; undefined when the guests are not beside the project. */
export function guestFile(name: string): Uint8Array | undefined {
  try {
    return Deno.readFileSync(guestPath(name));
  } catch {
    return undefined;
  }
}

/** Registers a test that runs where all it needs is there; elsewhere its name says what is missing. */
export function testWith(needs: Record<string, unknown>, name: string, fn: () => void | Promise<void>): void {
  const missing = Object.keys(needs).filter((key) => needs[key] === undefined || needs[key] === false);
  const reason = missing.length ? ` (ignored: no ${missing.join(", no ")} here)` : "";
  Deno.test({ name: name + reason, ignore: missing.length > 0, fn });
}

export function hasTool(name: string): boolean {
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

/** Runs a tool on bytes given on its standard input; `args` may speak of them as "-". */
export async function runTool(
  name: string,
  args: string[],
  input?: Uint8Array | string,
): Promise<Uint8Array> {
  const child = new Deno.Command(name, { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const written = (async () => {
    const writer = child.stdin.getWriter();
    await writer.write(
      typeof input === "string" ? new TextEncoder().encode(input) : input ?? new Uint8Array(),
    );
    await writer.close();
  })();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`${name} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  await written;
  return stdout;
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** A copy with some 32-bit words changed: `patched(file, "big", { 4: 12 })`. */
export function patched(
  bytes: Uint8Array,
  endian: "little" | "big",
  words: Record<number, number>,
): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (const [at, word] of Object.entries(words)) view.setUint32(Number(at), word, endian === "little");
  return copy;
}

/** Damaged copies of a file: bytes and words overwritten, the end cut off, garbage behind. */
export function damaged(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.oneof(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: Math.min(bytes.length, 128) - 1 }));
  const word = fc.oneof(
    fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fffc, bytes.length),
    fc.nat({ max: 2 * bytes.length }),
    fc.nat({ max: 0xffff_ffff }),
  );
  const change = fc.record({ at, word, width: fc.constantFrom(1, 2, 4), little: fc.boolean() });
  return fc.record({
    changes: fc.array(change, { maxLength: 6 }),
    length: fc.option(fc.nat({ max: bytes.length }), { freq: 3 }),
    tail: fc.uint8Array({ maxLength: 16 }),
  }).map(({ changes, length, tail }) => {
    const copy = new Uint8Array(bytes.length + 4);
    copy.set(bytes);
    const view = new DataView(copy.buffer);
    for (const { at, word, width, little } of changes) {
      if (width === 1) view.setUint8(at, word);
      else if (width === 2) view.setUint16(at, word, little);
      else view.setUint32(at, word, little);
    }
    return new Uint8Array([...copy.subarray(0, length ?? bytes.length), ...tail]);
  });
}

/** Milliseconds that one damaged file may cost: room for a busy machine, where a good file takes below one. */
const SLOW = 2000;

/** Runs a loader over a damaged file: it may succeed or complain, and nothing else. */
export async function survives(load: () => unknown): Promise<void> {
  const start = performance.now();
  try {
    await load();
  } catch (error) {
    if (!(error instanceof LoaderError)) throw error;
    if (/undefined|NaN|\[object/.test(error.message)) throw new Error(`bad message: ${error.message}`);
  }
  const took = performance.now() - start;
  if (took > SLOW) throw new Error(`took ${took} ms`);
}

export interface ElfParts {
  bits?: 32 | 64;
  endian?: Endian;
  machine?: number;
  entry?: bigint;
  segments: {
    address: bigint;
    virtualAddress?: bigint;
    bytes: Uint8Array;
    memorySize?: number;
    /** Bytes after the first segment's; each has its own place if absent. */
    fileOffset?: number;
  }[];
  symbols?: { name: string; value: bigint; size: number; info: number; shndx?: number }[];
}

/** Builds an ELF file: header, program headers, segments, .symtab, its names, section headers. */
export function elfOf(parts: ElfParts): Uint8Array {
  const { bits = 32, endian = "little", machine = 40, entry = 0n, segments, symbols } = parts;
  const is64 = bits === 64;
  const sizes = is64 ? { header: 64, program: 56, section: 64 } : { header: 52, program: 32, section: 40 };
  const dataAt = sizes.header + segments.length * sizes.program;
  const data = new Writer(endian);
  const wide = (out: Writer, ...values: (number | bigint)[]) => {
    for (const value of values) is64 ? out.u64(BigInt(value)) : out.u32(Number(value));
  };
  const halves = (out: Writer, ...values: number[]) => {
    for (const value of values) {
      out.bytes(new Uint8Array(endian === "little" ? [value, value >> 8] : [value >> 8, value]));
    }
  };

  const programs = new Writer(endian);
  for (
    const { address, virtualAddress = address, bytes, memorySize = bytes.length, fileOffset } of segments
  ) {
    const at = dataAt + (fileOffset ?? data.length);
    programs.u32(1);
    if (is64) programs.u32(5);
    wide(programs, at, virtualAddress, address, bytes.length, memorySize);
    if (!is64) programs.u32(5);
    wide(programs, 4);
    if (fileOffset === undefined) data.bytes(bytes);
  }

  const names = new Writer(endian);
  names.string("");
  const table = new Writer(endian);
  for (const { name, value, size, info, shndx = 1 } of symbols ?? []) {
    table.u32(names.length);
    if (!is64) wide(table, value, size);
    table.bytes(new Uint8Array([info, 0]));
    halves(table, shndx);
    if (is64) wide(table, value, size);
    names.string(name);
  }
  const tableAt = dataAt + data.length;
  const namesAt = tableAt + table.length;
  const sections = new Writer(endian);
  const section = (type: number, at: number, { size, link }: { size: number; link: number }) => {
    sections.u32(0, type);
    wide(sections, 0, 0, at, size);
    sections.u32(link, 0);
    wide(sections, 1, 0);
  };
  section(0, 0, { size: 0, link: 0 });
  section(2, tableAt, { size: table.length, link: 2 });
  section(3, namesAt, { size: names.length, link: 0 });

  const header = new Writer(endian);
  header.bytes(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, endian === "little" ? 1 : 2, 1]));
  header.align(16);
  halves(header, 2, machine);
  header.u32(1);
  wide(header, entry, sizes.header, symbols ? namesAt + names.length : 0);
  header.u32(0);
  halves(header, sizes.header, sizes.program, segments.length, sizes.section, symbols ? 3 : 0, 0);

  const file = new Writer(endian);
  for (const part of [header, programs, data, ...symbols ? [table, names, sections] : []]) {
    file.bytes(part.take());
  }
  return file.take();
}

export interface UImageParts {
  data: Uint8Array;
  type?: number;
  compression?: number;
  load?: number;
  entry?: number;
  os?: number;
  arch?: number;
  name?: string;
}

/** Builds a U-Boot image with right checksums. */
export function uimageOf(parts: UImageParts): Uint8Array {
  const { data, type = 2, compression = 0, load = 0x8000, entry = load, os = 5, arch = 2, name = "test" } =
    parts;
  const header = (ownSum: number) => {
    const out = new Writer("big");
    out.u32(0x27051956, ownSum, 0x60000000, data.length, load, entry, crc32(data));
    out.bytes(new Uint8Array([os, arch, type, compression]));
    const field = new Uint8Array(32);
    new TextEncoder().encodeInto(name, field);
    out.bytes(field);
    return out.take();
  };
  return new Uint8Array([...header(crc32(header(0))), ...data]);
}

/** The data of a multi image. */
export function multiOf(...parts: Uint8Array[]): Uint8Array {
  const out = new Writer("big");
  out.u32(...parts.map(({ length }) => length), 0);
  for (const part of parts) {
    out.bytes(part);
    out.align(4);
  }
  return out.take();
}

export async function gzipOf(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes.slice()]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The words of a zImage's head and `size` bytes in all. */
export function zimageOf(size: number, words: Record<number, number> = {}): Uint8Array {
  const image = new Uint8Array(size).fill(0x5a);
  return patched(image, "little", { 0x24: 0x016f2818, 0x28: 0, 0x2c: size, 0x30: 0x04030201, ...words });
}
