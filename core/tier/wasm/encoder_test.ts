import { assertEquals } from "@std/assert";
import { Bytes, encodeModule, TYPE, W } from "./encoder.ts";

const plain = (code: Uint8Array) => ({ code, hints: [] });

const bytes = (write: (out: Bytes) => void) => {
  const out = new Bytes();
  write(out);
  return [...out.view()];
};

Deno.test("unsigned LEB128 takes seven bits a byte, lowest first", () => {
  assertEquals(bytes((out) => out.u32(0)), [0]);
  assertEquals(bytes((out) => out.u32(127)), [0x7f]);
  assertEquals(bytes((out) => out.u32(128)), [0x80, 1]);
  // The example of the DWARF standard (version 4, appendix C).
  assertEquals(bytes((out) => out.u32(624485)), [0xe5, 0x8e, 0x26]);
  assertEquals(bytes((out) => out.u32(0xffff_ffff)), [0xff, 0xff, 0xff, 0xff, 0x0f]);
});

Deno.test("signed LEB128 ends where the rest is sign", () => {
  assertEquals(bytes((out) => out.s32(63)), [0x3f]);
  assertEquals(bytes((out) => out.s32(64)), [0xc0, 0]);
  assertEquals(bytes((out) => out.s32(-64)), [0x40]);
  assertEquals(bytes((out) => out.s32(-65)), [0xbf, 0x7f]);
  assertEquals(bytes((out) => out.s32(-123456)), [0xc0, 0xbb, 0x78]);
  assertEquals(bytes((out) => out.s32(-0x8000_0000)), [0x80, 0x80, 0x80, 0x80, 0x78]);
  assertEquals(bytes((out) => out.s64(-123456n)), [0xc0, 0xbb, 0x78]);
  assertEquals(bytes((out) => out.s64(-(2n ** 63n))), [...Array(9).fill(0x80), 0x7f]);
});

Deno.test("constants come out of WebAssembly as they went in", () => {
  const values = [0, 1, -1, 63, 64, -64, -65, 8191, 8192, 0x7fff_ffff, -0x8000_0000];
  const table = new WebAssembly.Table({ element: "anyfunc", initial: values.length });
  const bodies = values.map((value) => plain(new Bytes().u32(0).constI(value).byte(W.end).view()));
  const signature = { params: [], results: [TYPE.i32] };
  const module = encodeModule({ signature, imports: [], bodies, firstIndex: 0, memoryPages: 1 });
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  new WebAssembly.Instance(new WebAssembly.Module(module), { e: { m: memory, t: table } });
  assertEquals(values.map((_, i) => table.get(i)!()), values);
});

Deno.test("a module puts its functions into the table from its first index on, and calls what it imports", () => {
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 8 });
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const signature = { params: [TYPE.i32], results: [TYPE.i32] };
  const imports = [{ name: "twice", signature }];
  const bodies = [
    plain(new Bytes().u32(0).get(0).byte(W.call).u32(0).byte(W.end).view()),
    plain(new Bytes().u32(0).get(0).constI(1).byte(W.i32Add).byte(W.end).view()),
  ];
  const module = encodeModule({ signature, imports, bodies, firstIndex: 5, memoryPages: 1 });
  new WebAssembly.Instance(new WebAssembly.Module(module), {
    e: { m: memory, t: table, twice: (x: number) => 2 * x },
  });
  assertEquals([table.get(4), table.get(5)!(21), table.get(6)!(21)], [null, 42, 22]);
});

Deno.test("branch hints say where the branch stands in which function, and which way it goes", () => {
  const code = new Bytes().u32(0).get(0).hint(true).byte(W.if).byte(W.void).byte(W.end).get(0);
  code.hint(false).byte(W.if).byte(W.void).byte(W.end).get(0).byte(W.end);
  const signature = { params: [TYPE.i32], results: [TYPE.i32] };
  const module = encodeModule({
    signature,
    imports: [{ name: "f", signature }],
    bodies: [plain(code.view()), { code: code.view(), hints: code.hints }],
    firstIndex: 0,
    memoryPages: 1,
  });
  const [section] = WebAssembly.Module.customSections(
    new WebAssembly.Module(module),
    "metadata.code.branch_hint",
  );
  // One function, number 2; two hints of one byte: after the locals and a `local.get`, and after the first `if`.
  assertEquals([...new Uint8Array(section)], [1, 2, 2, 3, 1, 1, 8, 1, 0]);
});

Deno.test("bytes grow as far as they must and can be used again", () => {
  const out = new Bytes(), many = new Uint8Array(10_000).fill(7);
  out.byte(1).raw(many).byte(2);
  assertEquals([out.length, out.view()[0], out.view()[10_000], out.view()[10_001]], [10_002, 1, 7, 2]);
  assertEquals([...out.clear().name("é").view()], [2, 0xc3, 0xa9]);
});
