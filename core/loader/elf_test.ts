import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseElf } from "./elf.ts";
import { EM } from "./elf_file.ts";
import { LoaderError } from "./error.ts";
import {
  damaged,
  elfOf,
  type ElfParts,
  hasTool,
  patched,
  runTool,
  survives,
  testWith,
  text,
} from "./testing.ts";

const SEGMENT = { address: 0x8000n, bytes: new Uint8Array([1, 2, 3, 4]) };
const SYMBOLS = [
  { name: "main", value: 0x8001n, size: 8, info: 0x12 },
  { name: "alias", value: 0x8000n, size: 8, info: 0x02 },
  { name: "table", value: 0x8010n, size: 4, info: 0x11 },
  { name: "open_end", value: 0x8020n, size: 0, info: 0x12 },
  { name: "$a", value: 0x8000n, size: 0, info: 0 },
  { name: "imported", value: 0n, size: 0, info: 0x12, shndx: 0 },
];

for (const bits of [32, 64] as const) {
  for (const endian of ["little", "big"] as const) {
    Deno.test(`elf reads header, segments and symbols of ${bits}-bit ${endian}-endian files`, () => {
      const segments = [SEGMENT, {
        address: 0x9000n,
        virtualAddress: 0xc000_9000n,
        bytes: new Uint8Array([5]),
        memorySize: 64,
      }];
      const elf = parseElf(
        elfOf({ bits, endian, machine: EM.ARM, entry: 0x8001n, segments, symbols: SYMBOLS }),
      );
      assertEquals([elf.bits, elf.endian, elf.machine, elf.entry], [bits, endian, EM.ARM, 0x8001n]);
      assertEquals(elf.segments.map(({ bytes, ...rest }) => ({ ...rest, bytes: [...bytes] })), [
        { address: 0x8000n, virtualAddress: 0x8000n, memorySize: 4, bytes: [1, 2, 3, 4] },
        { address: 0x9000n, virtualAddress: 0xc000_9000n, memorySize: 64, bytes: [5] },
      ]);
      assertEquals(elf.symbols().length, 4);
      assertEquals(elf.symbols().at(3).name, "open_end");
    });
  }
}

Deno.test("elf looks symbols up by address", () => {
  const symbols = parseElf(elfOf({ segments: [SEGMENT], symbols: SYMBOLS })).symbols();
  const shown = (address: number) => {
    const found = symbols.lookup(address);
    return found && `${found.symbol.name}+${found.offset}`;
  };
  assertEquals(shown(0x7fff), undefined);
  assertEquals(shown(0x8000), "main+0"); // rather than its local alias
  assertEquals(shown(0x8007), "main+7");
  assertEquals(shown(0x8008), undefined);
  assertEquals(shown(0x8012), "table+2");
  assertEquals(shown(0x9000), "open_end+4064");
});

Deno.test("elf looks symbols up by name, and clears the Thumb bit of Arm's functions only", () => {
  const parts = { segments: [SEGMENT], symbols: SYMBOLS };
  const main = { name: "main", address: 0x8000n, size: 8, kind: "function" } as const;
  assertEquals(parseElf(elfOf(parts)).symbols().find("main"), main);
  const mips = parseElf(elfOf({ ...parts, machine: EM.MIPS })).symbols();
  assertEquals(mips.find("main")?.address, 0x8001n);
  assertEquals(mips.find("mai"), undefined);
  assertEquals(mips.find("$a"), undefined);
});

Deno.test("elf of a stripped file has no symbols", () => {
  const symbols = parseElf(elfOf({ segments: [SEGMENT] })).symbols();
  assertEquals([symbols.length, symbols.lookup(0x8000)], [0, undefined]);
});

Deno.test("elf leaves out segments without memory", () => {
  const nothing = { address: 0n, bytes: new Uint8Array(), memorySize: 0 };
  assertEquals(parseElf(elfOf({ segments: [nothing, SEGMENT] })).segments.length, 1);
});

const good = elfOf({ segments: [SEGMENT], symbols: SYMBOLS });
const good64 = elfOf({ bits: 64, endian: "big", segments: [SEGMENT], symbols: SYMBOLS });
const PHDR = 52;

function bytesChanged(file: Uint8Array, changes: Record<number, number>): Uint8Array {
  const copy = file.slice();
  for (const [at, byte] of Object.entries(changes)) copy[Number(at)] = byte;
  return copy;
}
const withSegments = (...segments: ElfParts["segments"]) => elfOf({ segments });

const MALFORMED: [what: string, file: Uint8Array, message: string][] = [
  ["an empty file", new Uint8Array(), 'start with 0x7f "ELF"'],
  ["the magic alone", good.slice(0, 4), "truncated"],
  ["half a header", good.slice(0, 40), "truncated"],
  ["an unknown class", bytesChanged(good, { 4: 3 }), "unknown class 3"],
  ["an unknown byte order", bytesChanged(good, { 5: 0 }), "unknown byte order 0"],
  ["another version", bytesChanged(good, { 6: 2 }), "version 2"],
  ["another version in the header", bytesChanged(good, { 20: 9 }), "version 9"],
  ["an object file", bytesChanged(good, { 16: 1 }), "object file that is not linked"],
  ["a core dump", bytesChanged(good, { 16: 4 }), "core dump"],
  ["no program headers", bytesChanged(good, { 44: 0 }), "no program headers"],
  ["small program headers", bytesChanged(good, { 42: 16 }), "program headers of 16 bytes, not 32"],
  ["program headers outside", patched(good, "little", { 28: good.length }), "truncated"],
  ["no segment to load", bytesChanged(good, { [PHDR]: 2 }), "no segment to load"],
  ["a segment cut off", patched(good, "little", { [PHDR + 4]: good.length - 2 }), "truncated"],
  ["an offset far outside", patched(good, "little", { [PHDR + 4]: 0xffffffff }), "speak of byte 4294967295"],
  ["less memory than file", patched(good, "little", { [PHDR + 20]: 2 }), "with more in the file, 4 bytes"],
  [
    "a segment past the end of memory",
    patched(good, "little", { [PHDR + 12]: 0xfffffffe }),
    "outside of 32-bit memory",
  ],
  [
    "segments over each other",
    withSegments(SEGMENT, { ...SEGMENT, address: 0x8002n }),
    "0x00008000 and 0x00008002 overlapping in memory",
  ],
  [
    "segments of the same bytes",
    withSegments(SEGMENT, { ...SEGMENT, address: 0x9000n, fileOffset: 0 }),
    "overlapping in the file",
  ],
];

for (const [what, file, message] of MALFORMED) {
  Deno.test(`elf refuses ${what}`, () => {
    assertThrows(() => parseElf(file), LoaderError, message);
  });
}

Deno.test("elf loads a file whose symbol table is broken, and complains when it is asked for symbols", () => {
  const view = new DataView(good.buffer);
  const sections = view.getUint32(32, true);
  const table = sections + 40; // section 1
  const outside = parseElf(patched(good, "little", { [table + 16]: good.length }));
  assertThrows(() => outside.symbols(), LoaderError, "truncated");
  const nameless = parseElf(patched(good, "little", { [table + 24]: 99 }));
  assertThrows(() => nameless.symbols(), LoaderError, "names in section 99");
  const badName = parseElf(patched(good, "little", { [view.getUint32(table + 16, true)]: 0xffffff }));
  assertThrows(() => badName.symbols(), LoaderError, "name outside of its names");
});

function readAll(file: Uint8Array): void {
  const symbols = parseElf(file).symbols();
  for (let i = 0; i < symbols.length; i++) symbols.lookup(symbols.at(i).address);
}

for (const [name, file] of [["32-bit", good], ["64-bit", good64]] as const) {
  Deno.test(`elf survives damage to a ${name} file`, async () => {
    await fc.assert(fc.asyncProperty(damaged(file), (file) => survives(() => readAll(file))), {
      numRuns: 2000,
    });
  });
}

const tools = { "Arm compiler": hasTool("arm-none-eabi-gcc"), nm: hasTool("arm-none-eabi-nm") };

testWith(tools, "elf agrees with nm and readelf about a linked program", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const program = `${dir}/program.elf`;
    const source = "int table[4] = { 1 }; int zeros[64]; static int helper(int x) { return x * table[1]; }" +
      "int _start(int x) { return helper(x) + zeros[x]; }";
    const flags = ["-mthumb", "-mcpu=arm926ej-s", "-nostdlib", "-O0", "-Ttext=0x8000", "-Tdata=0x10000"];
    await runTool("arm-none-eabi-gcc", ["-x", "c", "-", "-o", program, ...flags], source);
    const elf = parseElf(await Deno.readFile(program));
    const symbols = elf.symbols();

    const listed = text(await runTool("arm-none-eabi-nm", ["-S", program])).split("\n")
      .map((line) => line.split(" ")).filter((fields) => fields.length === 4);
    assert(listed.length >= 4);
    for (const [address, size, , name] of listed) {
      const symbol = symbols.find(name)!;
      assertEquals([symbol.address, symbol.size], [BigInt(`0x${address}`), parseInt(size, 16)]);
      assertEquals(symbols.lookup(symbol.address + 1n)?.symbol.name, name);
    }
    assertEquals(elf.entry, symbols.find("_start")!.address | 1n);
    const headers = text(await runTool("arm-none-eabi-readelf", ["-lW", program]));
    const loads = [...headers.matchAll(/LOAD +\S+ (\S+) (\S+) (\S+) (\S+)/g)].map((match) => match.slice(1));
    assertEquals(
      elf.segments.map((s) => [s.virtualAddress, s.address, BigInt(s.bytes.length), BigInt(s.memorySize)]),
      loads.map((fields) => fields.map(BigInt)),
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
