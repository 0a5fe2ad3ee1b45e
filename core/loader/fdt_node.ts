/**
 * Reading and changing the nodes of a device tree.
 * Value types: Devicetree Specification v0.4, 2.2.4.
 *
 * @module
 */
import { Writer } from "./bytes.ts";
import { LoaderError } from "./error.ts";
import { emptyNode, type FdtNode } from "./fdt.ts";

/** A property's value as one writes it: a string, strings, cells, one u32 cell, one u64, no value, or bytes. */
export type FdtValue = string | readonly string[] | readonly number[] | number | bigint | true | Uint8Array;

/**
 * The node at an absolute path. A path element without unit address finds the first node of that name,
 * so that "/memory" finds "memory@80000000".
 */
export function findNode(root: FdtNode, path: string): FdtNode | undefined {
  if (!path.startsWith("/")) return undefined;
  let node: FdtNode | undefined = root;
  for (const name of path.split("/").filter((name) => name !== "")) {
    node = node && findChild(node, name);
  }
  return node;
}

function findChild(node: FdtNode, name: string): FdtNode | undefined {
  return node.children.find((child) => child.name === name) ??
    node.children.find((child) => child.name.split("@", 1)[0] === name);
}

/** Makes a node: `makeNode("uart@0", { compatible: "arm,pl011", reg: [0, 0x1000], "dma-coherent": true })`. */
export function makeNode(name: string, properties: Record<string, FdtValue> = {}): FdtNode {
  const node = emptyNode(name);
  for (const [property, value] of Object.entries(properties)) setValue(node, property, value);
  return node;
}

/** Adds a child behind the others. */
export function addNode(parent: FdtNode, child: FdtNode): FdtNode {
  if (parent.children.some(({ name }) => name === child.name)) {
    throw new LoaderError(`device tree has a node "${child.name}" in "${parent.name || "/"}" already`);
  }
  parent.children.push(child);
  return child;
}

/** The child of that name, made empty if it is not there. */
export function ensureNode(parent: FdtNode, name: string): FdtNode {
  return findChild(parent, name) ?? addNode(parent, emptyNode(name));
}

/** Undefined when the node has no such property. */
export function getU32(node: FdtNode, name: string): number | undefined {
  return sizedView(node, name, 4)?.getUint32(0);
}

/** Undefined when the node has no such property. */
export function getU64(node: FdtNode, name: string): bigint | undefined {
  return sizedView(node, name, 8)?.getBigUint64(0);
}

/** The one string of a property; undefined when the node has no such property. */
export function getString(node: FdtNode, name: string): string | undefined {
  const strings = getStrings(node, name);
  if (strings && strings.length !== 1) {
    throw new LoaderError(`device tree property "${name}" of "${node.name}" is not one string`);
  }
  return strings?.[0];
}

/** Undefined when the node has no such property. */
export function getStrings(node: FdtNode, name: string): string[] | undefined {
  const value = node.properties.get(name);
  if (!value) return undefined;
  if (value.at(-1) !== 0) {
    throw new LoaderError(`device tree property "${name}" of "${node.name}" is not a list of strings`);
  }
  return new TextDecoder().decode(value.subarray(0, -1)).split("\0");
}

/** The u32 cells of a property; undefined when the node has no such property. */
export function getCells(node: FdtNode, name: string): number[] | undefined {
  const value = node.properties.get(name);
  if (!value) return undefined;
  if (value.length % 4) {
    throw new LoaderError(`device tree property "${name}" of "${node.name}" is not made of cells`);
  }
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return Array.from({ length: value.length / 4 }, (_, i) => view.getUint32(4 * i));
}

export function setU32(node: FdtNode, name: string, value: number): void {
  setValue(node, name, value);
}

export function setU64(node: FdtNode, name: string, value: bigint): void {
  setValue(node, name, value);
}

export function setString(node: FdtNode, name: string, value: string): void {
  setValue(node, name, value);
}

export function setStrings(node: FdtNode, name: string, values: readonly string[]): void {
  setValue(node, name, values);
}

export function setCells(node: FdtNode, name: string, values: readonly number[]): void {
  setValue(node, name, values);
}

/** Sets a property; a new one goes behind the others, a known one keeps its place. */
export function setValue(node: FdtNode, name: string, value: FdtValue): void {
  node.properties.set(name, encodeValue(value));
}

function encodeValue(value: FdtValue): Uint8Array {
  if (value instanceof Uint8Array) return value.slice();
  const out = new Writer("big");
  if (typeof value === "bigint") out.u64(doubleCell(value));
  else if (value !== true) {
    for (const item of Array.isArray(value) ? value : [value]) {
      typeof item === "string" ? out.string(item) : out.u32(cell(item));
    }
  }
  return out.take();
}

function cell(value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) return value;
  throw new LoaderError(`device tree cannot hold ${value} in a cell of 32 bits`);
}

function doubleCell(value: bigint): bigint {
  if (value === BigInt.asUintN(64, value)) return value;
  throw new LoaderError(`device tree cannot hold ${value} in 64 bits`);
}

function sizedView(node: FdtNode, name: string, size: number): DataView | undefined {
  const value = node.properties.get(name);
  if (!value) return undefined;
  if (value.length !== size) {
    throw new LoaderError(
      `device tree property "${name}" of "${node.name || "/"}" has ${value.length} bytes, not ${size}`,
    );
  }
  return new DataView(value.buffer, value.byteOffset, size);
}
