import { assertEquals, assertThrows } from "@std/assert";
import { LoaderError } from "./error.ts";
import {
  addNode,
  ensureNode,
  findNode,
  getCells,
  getString,
  getStrings,
  getU32,
  getU64,
  makeNode,
  setCells,
  setString,
  setStrings,
  setU32,
  setU64,
} from "./fdt_node.ts";

function sample() {
  const root = makeNode("", { model: "sample" });
  const bus = addNode(root, makeNode("bus"));
  addNode(bus, makeNode("uart@1000"));
  addNode(bus, makeNode("uart@2000"));
  return root;
}

Deno.test("fdt nodes are found by path, with and without unit address", () => {
  const root = sample();
  assertEquals(findNode(root, "/")?.name, "");
  assertEquals(findNode(root, "/bus/uart@2000")?.name, "uart@2000");
  assertEquals(findNode(root, "/bus/uart")?.name, "uart@1000");
  assertEquals(findNode(root, "/bus/uart@3000"), undefined);
  assertEquals(findNode(root, "/none/uart"), undefined);
  assertEquals(findNode(root, "bus"), undefined);
});

Deno.test("fdt values come back as they were set", () => {
  const node = makeNode("n");
  setU32(node, "u32", 0xdeadbeef);
  setU64(node, "u64", 0x1234_5678_9abc_def0n);
  setString(node, "string", "größer");
  setStrings(node, "strings", ["a", "", "c"]);
  setCells(node, "cells", [1, 0xffffffff]);
  assertEquals(getU32(node, "u32"), 0xdeadbeef);
  assertEquals(getU64(node, "u64"), 0x1234_5678_9abc_def0n);
  assertEquals(getString(node, "string"), "größer");
  assertEquals(getStrings(node, "strings"), ["a", "", "c"]);
  assertEquals(getCells(node, "cells"), [1, 0xffffffff]);
  assertEquals(node.properties.get("u32"), new Uint8Array([0xde, 0xad, 0xbe, 0xef]));
  assertEquals(node.properties.get("strings"), new Uint8Array([0x61, 0, 0, 0x63, 0]));
});

Deno.test("fdt values that are absent are undefined", () => {
  const node = makeNode("n");
  assertEquals([getU32, getU64, getString, getStrings, getCells].map((get) => get(node, "no")), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("fdt values of another shape are refused", () => {
  const node = makeNode("n", { bytes: new Uint8Array([1, 2, 3]), two: ["a", "b"], empty: true });
  assertThrows(() => getU32(node, "bytes"), LoaderError, "has 3 bytes, not 4");
  assertThrows(() => getU64(node, "bytes"), LoaderError, "has 3 bytes, not 8");
  assertThrows(() => getCells(node, "bytes"), LoaderError, "not made of cells");
  assertThrows(() => getStrings(node, "bytes"), LoaderError, "not a list of strings");
  assertThrows(() => getStrings(node, "empty"), LoaderError, "not a list of strings");
  assertThrows(() => getString(node, "two"), LoaderError, "not one string");
});

Deno.test("fdt numbers that no cell holds are refused", () => {
  assertThrows(() => makeNode("n", { x: 2 ** 32 }), LoaderError, "cell");
  assertThrows(() => makeNode("n", { x: [-1] }), LoaderError, "cell");
  assertThrows(() => makeNode("n", { x: 1n << 64n }), LoaderError, "64 bits");
});

Deno.test("fdt nodes are added once", () => {
  const root = sample();
  assertEquals(ensureNode(root, "bus"), root.children[0]);
  assertEquals(ensureNode(root, "chosen").name, "chosen");
  assertEquals(root.children.length, 2);
  assertThrows(() => addNode(root, makeNode("bus")), LoaderError, 'node "bus" in "/" already');
});
