import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { LoaderError } from "./error.ts";
import { type DeviceTree, type FdtNode, parseFdt } from "./fdt.ts";
import { buildFdt } from "./fdt_build.ts";
import { addNode, findNode, getCells, getString, makeNode } from "./fdt_node.ts";
import { patchForLinux } from "./linux_fdt.ts";

function treeOf(root: FdtNode, ...children: FdtNode[]): DeviceTree {
  for (const child of children) addNode(root, child);
  return { root, reservations: [], bootCpu: 0 };
}

const cells = (address: number, size: number) => ({ "#address-cells": address, "#size-cells": size });
const RAM = [{ address: 0, size: 0x0800_0000 }];

Deno.test("linux device tree gets the RAM in the memory node that it has", () => {
  const tree = treeOf(makeNode("", cells(1, 1)), makeNode("memory", { reg: [0, 0], "linux,phandle": 1 }));
  const memory = findNode(patchForLinux(tree, { ram: RAM }).root, "/memory")!;
  assertEquals(getCells(memory, "reg"), [0, 0x0800_0000]);
  assertEquals(getCells(memory, "linux,phandle"), [1]);
  assertEquals(getString(memory, "device_type"), "memory");
});

Deno.test("linux device tree gets a memory node when it has none, with the default cells", () => {
  const tree = treeOf(makeNode(""));
  const { root } = patchForLinux(tree, { ram: [{ address: 0x6000_0000, size: 0x1000_0000 }] });
  assertEquals(getCells(findNode(root, "/memory@60000000")!, "reg"), [0, 0x6000_0000, 0x1000_0000]);
});

Deno.test("linux device tree has one memory node with every range of RAM, beyond 4 GiB too", () => {
  const tree = treeOf(makeNode("", cells(2, 2)), makeNode("memory@0"), makeNode("memory@40000000"));
  const { root } = patchForLinux(tree, {
    ram: [{ address: 0, size: 0x1000 }, { address: 0x1_8000_0000, size: 0x2_0000_0000 }],
  });
  assertEquals(root.children.map(({ name }) => name), ["memory@0", "chosen"]);
  assertEquals(getCells(root.children[0], "reg"), [0, 0, 0, 0x1000, 1, 0x8000_0000, 2, 0]);
});

Deno.test("linux device tree refuses RAM that its cells cannot express", () => {
  const tree = treeOf(makeNode("", cells(1, 1)));
  const ram = [{ address: 0, size: 2 ** 32 }];
  assertThrows(
    () => patchForLinux(tree, { ram }),
    LoaderError,
    "1 size cells, too few for 4 GiB of RAM at 0x00000000",
  );
  const none = treeOf(makeNode("", cells(0, 1)));
  assertThrows(() => patchForLinux(none, { ram: RAM }), LoaderError, "#address-cells = 0");
  assertThrows(() => patchForLinux(tree, { ram: [] }), LoaderError, "without RAM");
});

Deno.test("linux device tree keeps its command line until one is given", () => {
  const tree = treeOf(makeNode("", cells(1, 1)), makeNode("chosen", { bootargs: "root=/dev/ram0" }));
  const kept = patchForLinux(tree, { ram: RAM });
  assertEquals(getString(findNode(kept.root, "/chosen")!, "bootargs"), "root=/dev/ram0");
  const given = patchForLinux(tree, { ram: RAM, append: "quiet" });
  assertEquals(getString(findNode(given.root, "/chosen")!, "bootargs"), "quiet");
});

Deno.test("linux device tree says where the initrd is, in one cell or two", () => {
  const tree = treeOf(makeNode("", cells(2, 2)));
  const low = patchForLinux(tree, { ram: RAM, initrd: { address: 0x0400_0000, size: 0x1234 } });
  const chosen = findNode(low.root, "/chosen")!;
  assertEquals(getCells(chosen, "linux,initrd-start"), [0x0400_0000]);
  assertEquals(getCells(chosen, "linux,initrd-end"), [0x0400_1234]);
  const high = patchForLinux(tree, { ram: RAM, initrd: { address: 0xffff_f000, size: 0x2000 } });
  assertEquals(getCells(findNode(high.root, "/chosen")!, "linux,initrd-start"), [0, 0xffff_f000]);
  assertEquals(getCells(findNode(high.root, "/chosen")!, "linux,initrd-end"), [1, 0x1000]);
});

Deno.test("linux device tree gets extra nodes where they are wanted", () => {
  const tree = treeOf(makeNode("", cells(1, 1)), makeNode("bus@0"));
  const node = makeNode("virtio_mmio@200", {
    compatible: "virtio,mmio",
    reg: [0x200, 0x200],
    interrupts: [7],
  });
  const { root } = patchForLinux(tree, { ram: RAM, nodes: [{ node }, { parent: "/bus", node }] });
  assertEquals(findNode(root, "/virtio_mmio@200"), node);
  assertEquals(findNode(root, "/bus@0/virtio_mmio@200"), node);
  const lost = { ram: RAM, nodes: [{ parent: "/soc", node }] };
  assertThrows(() => patchForLinux(tree, lost), LoaderError, 'no node "/soc" to add "virtio_mmio@200" to');
});

Deno.test("linux device tree is a copy", () => {
  const tree = treeOf(makeNode("", cells(1, 1)), makeNode("chosen", { bootargs: "a" }));
  const before = buildFdt(tree);
  const after = buildFdt(patchForLinux(tree, { ram: RAM, append: "b" }));
  assertEquals(buildFdt(tree), before);
  assertNotEquals(after, before);
  assert(parseFdt(after));
});
