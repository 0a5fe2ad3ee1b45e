/**
 * What a boot loader writes into the device tree before it starts Linux.
 * Sources: Devicetree Specification v0.4, 3.4 (/memory) and 3.6 (/chosen); Linux,
 * Documentation/devicetree/usage-model.rst and bindings/chosen ("linux,initrd-start").
 *
 * @module
 */
import { addressText, LoaderError, sizeText } from "./error.ts";
import { type DeviceTree, emptyNode, type FdtNode } from "./fdt.ts";
import { addNode, ensureNode, findNode, getU32, setCells, setString } from "./fdt_node.ts";
import { endOf, type MemoryRange } from "./memory_range.ts";

export interface LinuxFdtOptions {
  /** All of the guest's RAM. */
  ram: readonly MemoryRange[];
  /** Kernel command line; without it the tree's own stays. */
  append?: string;
  /** Where the initial RAM disk lies; without it the tree's own stays. */
  initrd?: MemoryRange;
  /** Nodes to add, to the root unless `parent` is another node's path. */
  nodes?: readonly { parent?: string; node: FdtNode }[];
}

// Devicetree Specification v0.4, 2.3.5: what holds when the parent does not say.
const DEFAULT_CELLS = { "#address-cells": 2, "#size-cells": 1 } as const;

/**
 * A copy of the tree with /memory, /chosen and the extra nodes filled in.
 *
 * @throws {LoaderError} when the RAM does not fit the tree's cells, or a node to add is there already.
 */
export function patchForLinux(tree: DeviceTree, options: LinuxFdtOptions): DeviceTree {
  const patched = structuredClone(tree);
  const { root } = patched;
  describeMemory(root, options.ram);

  const chosen = ensureNode(root, "chosen");
  if (options.append !== undefined) setString(chosen, "bootargs", options.append);
  if (options.initrd) {
    const start = BigInt(options.initrd.address);
    const end = BigInt(endOf(options.initrd));
    // Linux takes one or two cells; older kernels know one only.
    const count = end >> 32n ? 2 : 1;
    setCells(chosen, "linux,initrd-start", toCells(start, count));
    setCells(chosen, "linux,initrd-end", toCells(end, count));
  }

  for (const { parent = "/", node } of options.nodes ?? []) {
    const place = findNode(root, parent);
    if (!place) throw new LoaderError(`device tree has no node "${parent}" to add "${node.name}" to`);
    addNode(place, structuredClone(node));
  }
  return patched;
}

/** One node describes all RAM: the tree's first, or a new one. Other memory nodes go. */
function describeMemory(root: FdtNode, ram: readonly MemoryRange[]): void {
  const addressCells = cellCount(root, "#address-cells");
  const sizeCells = cellCount(root, "#size-cells");
  if (ram.length === 0) throw new LoaderError("device tree cannot describe a machine without RAM");
  const reg = ram.flatMap(({ address, size }) => {
    const cells = [...toCells(BigInt(address), addressCells), ...toCells(BigInt(size), sizeCells)];
    if (cells.length === addressCells + sizeCells) return cells;
    throw new LoaderError(
      `device tree has ${addressCells} address and ${sizeCells} size cells, too few for ` +
        `${sizeText(size)} of RAM at ${addressText(address)}`,
    );
  });

  const known = root.children.find(isMemory);
  root.children = root.children.filter((node) => node === known || !isMemory(node));
  const memory = known ?? addNode(root, emptyNode(`memory@${ram[0].address.toString(16)}`));
  setString(memory, "device_type", "memory");
  setCells(memory, "reg", reg);
}

function isMemory({ name }: FdtNode): boolean {
  return name === "memory" || name.startsWith("memory@");
}

function cellCount(root: FdtNode, name: keyof typeof DEFAULT_CELLS): number {
  const count = getU32(root, name) ?? DEFAULT_CELLS[name];
  // Four is the most that any binding uses (PCI has three).
  if (count >= 1 && count <= 4) return count;
  throw new LoaderError(`device tree has ${name} = ${count} in its root, where memory needs 1 to 4`);
}

/** Most significant cell first; more than `count` cells when the value does not fit. */
function toCells(value: bigint, count: number): number[] {
  const cells: number[] = [];
  for (let rest = value; rest > 0n || cells.length < count; rest >>= 32n) {
    cells.unshift(Number(rest & 0xffff_ffffn));
  }
  return cells;
}
