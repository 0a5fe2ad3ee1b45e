import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { LoaderError } from "./error.ts";
import { type DeviceTree, FDT, FDT_LIMIT, type FdtNode, parseFdt } from "./fdt.ts";
import { buildFdt } from "./fdt_build.ts";
import { findNode, getStrings, makeNode } from "./fdt_node.ts";
import { damaged, guestFile, hasTool, patched, runTool, survives, testWith, text } from "./testing.ts";

const dtc = hasTool("dtc");
const realBlob = guestFile("integratorcp.dtb");

const SOURCE = `/dts-v1/;
/memreserve/ 0x10000000 0x4000;
/memreserve/ 0x123456789abc 0x1000;
/ {
  #address-cells = <2>;
  model = "a board";
  odd = [01 02 03];
  empty;
  strings = "one", "two";
  reference = <&intc 7>;
  intc: interrupt-controller@10000000 { reg = <0 0x10000000 0 0x1000>; interrupt-controller;
    child { grandchild { #size-cells = <0>; }; }; };
  bare { };
};`;

function sample(): DeviceTree {
  const root = makeNode("", { model: "sample", "#address-cells": 1 });
  root.children.push(makeNode("chosen", { bootargs: "quiet" }), makeNode("memory@0", { reg: [0, 0x1000] }));
  return { root, reservations: [{ address: 0x1000n, size: 0x2000n }], bootCpu: 3 };
}

function toSource(blob: Uint8Array): Promise<Uint8Array> {
  return runTool("dtc", ["-q", "-I", "dtb", "-O", "dts", "-"], blob);
}

testWith({ dtc }, "fdt keeps a blob of dtc's in dtc's own eyes, reservations and all", async () => {
  const blob = await runTool("dtc", ["-q", "-I", "dts", "-O", "dtb", "-b", "5", "-"], SOURCE);
  const tree = parseFdt(blob);
  assertEquals(tree.bootCpu, 5);
  assertEquals(tree.reservations[1], { address: 0x123456789abcn, size: 0x1000n });
  assertEquals(text(await toSource(buildFdt(tree))), text(await toSource(blob)));
});

testWith({ dtc }, "fdt reads a version 16 blob, which does not give the size of its structure", async () => {
  const blob = await runTool("dtc", ["-q", "-I", "dts", "-O", "dtb", "-V", "16", "-"], SOURCE);
  assertEquals(new DataView(blob.buffer).getUint32(20), 16);
  assertEquals(text(await toSource(buildFdt(parseFdt(blob)))), text(await toSource(blob)));
});

testWith({ dtc, "guest files": realBlob }, "fdt keeps the real board's blob in dtc's eyes", async () => {
  assertEquals(text(await toSource(buildFdt(parseFdt(realBlob!)))), text(await toSource(realBlob!)));
});

testWith({ "guest files": realBlob }, "fdt finds the real board's UART by path", () => {
  const { root } = parseFdt(realBlob!);
  const uart = findNode(root, "/fpga/uart@16000000");
  assertEquals(getStrings(uart!, "compatible"), ["arm,pl011", "arm,primecell"]);
});

Deno.test("fdt writes blocks where the specification wants them", () => {
  const blob = buildFdt(sample());
  const view = new DataView(blob.buffer);
  assertEquals(view.getUint32(0), FDT.MAGIC);
  assertEquals(view.getUint32(4), blob.length);
  assertEquals(view.getUint32(16), 40);
  assertEquals(view.getUint32(8), 40 + 2 * 16);
  assertEquals(view.getUint32(12), view.getUint32(8) + view.getUint32(36));
  assertEquals(parseFdt(blob), sample());
});

Deno.test("fdt ignores what lies behind the blob and copies values out of it", () => {
  const blob = new Uint8Array([...buildFdt(sample()), 1, 2, 3]);
  const tree = parseFdt(blob);
  blob.fill(0xff);
  assertEquals(tree, sample());
});

const name = fc.stringMatching(/^[a-z][a-z0-9,._+-]{0,20}(@[0-9a-f]{1,8})?$/);
const properties = fc.uniqueArray(fc.tuple(name, fc.uint8Array({ maxLength: 20 })), {
  selector: ([name]) => name,
  maxLength: 4,
}).map((entries) => new Map(entries));
const { node } = fc.letrec<{ node: FdtNode }>((tie) => ({
  node: fc.record({
    name,
    properties,
    children: fc.oneof(
      { maxDepth: 4 },
      fc.constant<FdtNode[]>([]),
      fc.array(tie("node"), { maxLength: 3 }).map(withoutTwins),
    ),
  }, { noNullPrototype: true }),
}));

function withoutTwins(nodes: FdtNode[]): FdtNode[] {
  return [...new Map(nodes.map((node) => [node.name, node])).values()];
}

Deno.test("fdt reads back every tree it can write", () => {
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const size = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n });
  const reservations = fc.array(fc.record({ address: u64, size }, { noNullPrototype: true }), {
    maxLength: 3,
  });
  fc.assert(fc.property(node, reservations, (root, reservations) => {
    const tree = { root: { ...root, name: "" }, reservations, bootCpu: 0 };
    assertEquals(parseFdt(buildFdt(tree)), tree);
  }));
});

/** A blob whose structure block is these words; "name" is at offset 0 of its strings. */
function blobOf(...structure: number[]): Uint8Array {
  const words = [0, 0, 0, 0, ...structure];
  const size = 40 + 4 * words.length;
  const header = [FDT.MAGIC, size + 8, 56, size, 40, 17, 16, 0, 8, 4 * structure.length];
  const view = new DataView(new ArrayBuffer(size + 8));
  [...header, ...words, 0x6e616d65, 0].forEach((word, i) => view.setUint32(4 * i, word));
  return new Uint8Array(view.buffer);
}

const { BEGIN_NODE, END_NODE, PROP, NOP, END } = FDT;
const ROOT = [BEGIN_NODE, 0];
const A = [BEGIN_NODE, 0x61000000];

Deno.test("fdt skips FDT_NOP everywhere", () => {
  const tree = parseFdt(blobOf(NOP, ...ROOT, NOP, PROP, 0, 0, NOP, ...A, NOP, END_NODE, END_NODE, NOP, END));
  assertEquals(tree.root.children, [makeNode("a")]);
  assertEquals(tree.root.properties, new Map([["name", new Uint8Array()]]));
});

const good = buildFdt(sample());
const deep = Array.from({ length: 70 }, (_, i) => i ? A : ROOT).flat();

const MALFORMED: [what: string, blob: Uint8Array, message: string][] = [
  ["an empty file", new Uint8Array(), "truncated"],
  ["a header without its end", good.slice(0, 30), "truncated"],
  ["another magic", patched(good, "big", { 0: 0x1f8b0800 }), "does not start with 0xd00dfeed"],
  ["a total size above the file's", patched(good, "big", { 4: good.length + 1 }), "truncated"],
  ["an absurd total size", patched(good, "big", { 4: 0xffffffff }), "above the limit of 2 MiB"],
  ["a total size below the header's", patched(good, "big", { 4: 36 }), "truncated"],
  ["version 3", patched(good, "big", { 20: 3 }), "version 3"],
  ["a version that 17 cannot read", patched(good, "big", { 20: 20, 24: 18 }), "compatible with 18"],
  ["a structure block outside", patched(good, "big", { 8: good.length + 4 & ~3 }), "truncated"],
  ["a structure block off its alignment", patched(good, "big", { 8: 74 }), "not a multiple of 4"],
  ["a structure block in the header", patched(good, "big", { 8: 8, 36: 8 }), "inside its header"],
  ["a reservation block off its alignment", patched(good, "big", { 16: 44 }), "not a multiple of 8"],
  ["a reservation block without end", patched(good, "big", { 16: good.length + 7 & ~7 }), "truncated"],
  ["a strings block outside", patched(good, "big", { 32: 0x7fffffff }), "truncated"],
  [
    "a strings block in the structure",
    patched(good, "big", { 12: 76, 32: 4 }),
    "strings block inside its structure",
  ],
  ["no FDT_END", blobOf(...ROOT, END_NODE), "truncated"],
  ["FDT_END in a node", blobOf(...ROOT, END), "FDT_END inside"],
  ["data behind FDT_END", blobOf(...ROOT, END_NODE, END, NOP), "data behind FDT_END"],
  ["no root", blobOf(END), "no root node"],
  ["two roots", blobOf(...ROOT, END_NODE, ...ROOT, END_NODE, END), "more than one root"],
  ["a root with a name", blobOf(...A, END_NODE, END), 'root node with the name "a"'],
  ["a node without a name", blobOf(...ROOT, ...ROOT, END_NODE, END_NODE, END), "without a name"],
  ["a slash in a name", blobOf(...ROOT, BEGIN_NODE, 0x612f6200, END_NODE, END_NODE, END), '"a/b"'],
  [
    "a name that is not ASCII",
    blobOf(...ROOT, BEGIN_NODE, 0xc3a40000, END_NODE, END_NODE, END),
    "not printable ASCII",
  ],
  ["a name without an end", blobOf(...ROOT, BEGIN_NODE, 0x61616161), "without an end"],
  [
    "a name that is too long",
    blobOf(...ROOT, BEGIN_NODE, ...Array(64).fill(0x61616161), 0),
    "more than 255 characters",
  ],
  ["twins", blobOf(...ROOT, ...A, END_NODE, ...A, END_NODE, END_NODE, END), 'two nodes "a"'],
  ["one end too many", blobOf(...ROOT, END_NODE, END_NODE, END), "ends no node"],
  ["a property outside", blobOf(PROP, 0, 0, ...ROOT, END_NODE, END), "outside of any node"],
  ["a property twice", blobOf(...ROOT, PROP, 0, 0, PROP, 0, 0, END_NODE, END), '"name" twice'],
  [
    "a property behind children",
    blobOf(...ROOT, ...A, END_NODE, PROP, 0, 0, END_NODE, END),
    "behind the children",
  ],
  ["a property without name", blobOf(...ROOT, PROP, 0, 4, END_NODE, END), "without a name"],
  ["a property name outside", blobOf(...ROOT, PROP, 0, 8, END_NODE, END), "truncated"],
  ["a property value outside", blobOf(...ROOT, PROP, 0xfffffff0, 0, END_NODE, END), "truncated"],
  ["an unknown token", blobOf(...ROOT, 7, END_NODE, END), "unknown token 7 at offset 8"],
  ["too deep a nest", blobOf(...deep), `deeper than ${FDT_LIMIT.DEPTH}`],
];

for (const [what, blob, message] of MALFORMED) {
  Deno.test(`fdt refuses ${what}`, () => {
    assertThrows(() => parseFdt(blob), LoaderError, message);
  });
}

Deno.test("fdt refuses to write what it could not read back", () => {
  const withChild = (child: FdtNode) => ({ ...sample(), root: { ...makeNode(""), children: [child] } });
  assertThrows(() => buildFdt(withChild(makeNode(""))), LoaderError, "without a name");
  assertThrows(() => buildFdt(withChild(makeNode("a b"))), LoaderError, '"a b" cannot be written');
  assertThrows(() => buildFdt(withChild(makeNode("a", { "ä": 1 }))), LoaderError, "property");
  assertThrows(() => buildFdt({ ...sample(), root: makeNode("x") }), LoaderError, "root node");
  const reservations = [{ address: 0n, size: 0n }];
  assertThrows(() => buildFdt({ ...sample(), reservations }), LoaderError, "reservation at 0");
  const circle = makeNode("circle");
  circle.children.push(circle);
  assertThrows(() => buildFdt(withChild(circle)), LoaderError, "deeper");
});

Deno.test("fdt survives damage to a blob", async () => {
  await fc.assert(fc.asyncProperty(damaged(good), (blob) => survives(() => parseFdt(blob))), {
    numRuns: 2000,
  });
});

testWith({ "guest files": realBlob }, "fdt survives damage to the real board's blob", async () => {
  await fc.assert(fc.asyncProperty(damaged(realBlob!), (blob) => survives(() => parseFdt(blob))));
});

Deno.test("fdt reads the largest blob of the longest names, all sharing their bytes, in good time", async () => {
  const count = 50_000;
  const names = new Uint8Array(256 * 200).map((_, i) => i % 256 === 255 ? 0 : 0x61 + i % 7);
  const nodes = Array.from({ length: count }, (_, i) => {
    const name = 0x61626364 + (i % 10 << 24) + (Math.floor(i / 10) % 10 << 16) +
      (Math.floor(i / 100) % 20 << 8) +
      Math.floor(i / 2000);
    return [BEGIN_NODE, name, 0, PROP, 0, 256 * (i % 200), END_NODE];
  });
  const structure = [...ROOT, ...nodes.flat(), END_NODE, END];
  const stringsAt = 56 + 4 * structure.length;
  const words = [FDT.MAGIC, stringsAt + names.length, 56, stringsAt, 40, 17, 16, 0, names.length];
  const view = new DataView(new ArrayBuffer(stringsAt));
  [...words, 4 * structure.length, 0, 0, 0, 0, ...structure].forEach((word, i) =>
    view.setUint32(4 * i, word)
  );
  const blob = new Uint8Array([...new Uint8Array(view.buffer), ...names]);
  assertEquals(blob.length > FDT_LIMIT.SIZE / 2, true);
  let read = 0;
  await survives(() => read = parseFdt(blob).root.children.length);
  assertEquals(read, count);
});
