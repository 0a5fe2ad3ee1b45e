/**
 * Flattened device tree: the types, and reading a blob.
 * Source: Devicetree Specification v0.4, chapter 5 (format) and 2.2 (names).
 *
 * @module
 */
import { findOverlap, type Reader, reader } from "./bytes.ts";
import { LoaderError, sizeText } from "./error.ts";

export const FDT = {
  MAGIC: 0xd00dfeed,
  VERSION: 17,
  LAST_COMPATIBLE: 16,
  HEADER_SIZE: 40,
  BEGIN_NODE: 1,
  END_NODE: 2,
  PROP: 3,
  NOP: 4,
  END: 9,
} as const;

/**
 * The format has no limits of its own. Linux takes 2 MiB (MAX_FDT_SIZE) and 64 levels. Names should have 31
 * characters (2.2.1), which real trees do not heed; all names of a blob share the bytes they are read from, so
 * that without a limit a small blob could hold very much of them.
 */
export const FDT_LIMIT = { SIZE: 2 << 20, DEPTH: 64, NAME: 255 } as const;

export interface FdtNode {
  /** With its unit address ("memory@0"); empty for the root. */
  name: string;
  /** In the order of the blob; values as they are there. */
  properties: Map<string, Uint8Array>;
  children: FdtNode[];
}

/** Memory that the guest must leave alone (5.3). */
export interface FdtReservation {
  address: bigint;
  size: bigint;
}

export interface DeviceTree {
  root: FdtNode;
  reservations: FdtReservation[];
  /** Physical id of the boot CPU (`boot_cpuid_phys`). */
  bootCpu: number;
}

interface Block {
  name: string;
  start: number;
  end: number;
}

const WHAT = "device tree";

/**
 * Reads a blob of version 16 or later, with the checks that the specification allows to make.
 * Values are copied out of the blob.
 *
 * @throws {LoaderError} saying what is wrong with the blob.
 */
export function parseFdt(blob: Uint8Array): DeviceTree {
  const whole = reader(blob, { what: WHAT, endian: "big" });
  if (whole.u32(0) !== FDT.MAGIC) throw new LoaderError(`${WHAT} does not start with 0xd00dfeed`);
  const size = whole.u32(4);
  if (size > FDT_LIMIT.SIZE) {
    throw new LoaderError(`${WHAT} of ${sizeText(size)} is above the limit of ${sizeText(FDT_LIMIT.SIZE)}`);
  }
  const file = reader(whole.bytes(0, size), { what: WHAT, endian: "big" });
  const version = file.u32(20);
  const lastCompatible = file.u32(24);
  if (version < FDT.LAST_COMPATIBLE || lastCompatible > FDT.VERSION || lastCompatible > version) {
    throw new LoaderError(
      `${WHAT} has version ${version}, compatible with ${lastCompatible}; 17 is understood`,
    );
  }
  return { ...readBlocks(file, version), bootCpu: file.u32(28) };
}

function readBlocks(file: Reader, version: number): Omit<DeviceTree, "bootCpu"> {
  // Version 16 has no size_dt_struct: there FDT_END alone ends the block.
  const hasSize = version >= FDT.VERSION;
  const headerSize = hasSize ? FDT.HEADER_SIZE : FDT.HEADER_SIZE - 4;
  const reserve = file.u32(16);
  aligned(reserve, 8, "memory reservation block");
  const reservations = readReservations(file, reserve);

  const start = file.u32(8);
  aligned(start, 4, "structure block");
  const strings = blockOf("strings block", file.u32(12), file.u32(32));
  const size = hasSize ? file.u32(36) : (strings.start > start ? strings.start : file.length) - start;
  if (hasSize) aligned(size, 4, "end of the structure block");
  const structure = blockOf("structure block", start, size);

  const overlap = findOverlap([
    blockOf("header", 0, headerSize),
    blockOf("memory reservation block", reserve, (reservations.length + 1) * 16),
    structure,
    strings,
  ], (block) => block);
  if (overlap) throw new LoaderError(`${WHAT} has its ${overlap[1].name} inside its ${overlap[0].name}`);

  const { root, end } = readStructure(blockReader(file, structure), blockReader(file, strings));
  if (hasSize && end !== size) throw new LoaderError(`${WHAT} has data behind FDT_END`);
  return { root, reservations };
}

function blockOf(name: string, start: number, size: number): Block {
  return { name, start, end: start + size };
}

function blockReader(file: Reader, { name, start, end }: Block): Reader {
  return reader(file.bytes(start, end - start), { what: `${WHAT} ${name}`, endian: "big" });
}

function aligned(offset: number, step: number, what: string): void {
  if (offset % step) throw new LoaderError(`${WHAT} has its ${what} at ${offset}, not a multiple of ${step}`);
}

function readReservations(file: Reader, start: number): FdtReservation[] {
  const reservations: FdtReservation[] = [];
  for (let at = start;; at += 16) {
    const address = file.u64(at);
    const size = file.u64(at + 8);
    if (address === 0n && size === 0n) return reservations;
    reservations.push({ address, size });
  }
}

function readStructure(block: Reader, strings: Reader): { root: FdtNode; end: number } {
  const open: { node: FdtNode; childNames: Set<string> }[] = [];
  let root: FdtNode | undefined;
  let at = 0;
  const padded = (size: number) => (at += Math.ceil(size / 4) * 4);

  for (;;) {
    const token = block.u32(at);
    at += 4;
    const parent = open.at(-1);
    switch (token) {
      case FDT.BEGIN_NODE: {
        const node = emptyNode(block.string(at, FDT_LIMIT.NAME));
        padded(node.name.length + 1);
        checkNodeName(node.name, parent === undefined);
        if (parent) {
          if (parent.childNames.has(node.name)) malformed(`two nodes "${node.name}" in one parent`);
          parent.childNames.add(node.name);
          parent.node.children.push(node);
        } else {
          if (root) malformed("more than one root node");
          root = node;
        }
        open.push({ node, childNames: new Set() });
        if (open.length > FDT_LIMIT.DEPTH) malformed(`nodes nested deeper than ${FDT_LIMIT.DEPTH} levels`);
        break;
      }
      case FDT.END_NODE:
        if (!open.pop()) malformed("an FDT_END_NODE that ends no node");
        break;
      case FDT.PROP: {
        const size = block.u32(at);
        const name = strings.string(block.u32(at + 4), FDT_LIMIT.NAME);
        at += 8;
        if (!parent) return malformed("a property outside of any node");
        const { node } = parent;
        if (!name) malformed(`a property without a name in node "${node.name}"`);
        if (node.children.length) malformed(`property "${name}" behind the children of node "${node.name}"`);
        if (node.properties.has(name)) malformed(`property "${name}" twice in node "${node.name}"`);
        node.properties.set(name, block.bytes(at, size).slice());
        padded(size);
        break;
      }
      case FDT.NOP:
        break;
      case FDT.END:
        if (open.length) malformed(`FDT_END inside of node "${open[open.length - 1].node.name}"`);
        if (!root) return malformed("no root node");
        return { root, end: at };
      default:
        malformed(`unknown token ${token} at offset ${at - 4} of its structure block`);
    }
  }
}

export function emptyNode(name: string): FdtNode {
  return { name, properties: new Map(), children: [] };
}

/** 2.2.1: the root has no name, every other node has one, and "/" separates them in paths. */
export function checkNodeName(name: string, isRoot: boolean): void {
  if (isRoot && name) malformed(`a root node with the name "${name}"`);
  if (!isRoot && !name) malformed("a node without a name");
  if (name.includes("/")) malformed(`a node with the name "${name}"`);
}

function malformed(what: string): never {
  throw new LoaderError(`${WHAT} has ${what}`);
}
