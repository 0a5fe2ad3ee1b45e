import { Writer } from "./bytes.ts";
import { LoaderError } from "./error.ts";
import { checkNodeName, type DeviceTree, FDT, FDT_LIMIT, type FdtNode } from "./fdt.ts";

const NAME = /^[\x21-\x7e]+$/;

/**
 * Builds a blob of version 17, its blocks in the order of Devicetree Specification v0.4, 5.1.
 *
 * @throws {LoaderError} when a name cannot be written, or the nodes nest too deep.
 */
export function buildFdt(tree: DeviceTree): Uint8Array {
  const reservations = new Writer("big");
  if (tree.reservations.some(({ address, size }) => address === 0n && size === 0n)) {
    throw new LoaderError("device tree has an empty reservation at 0, which would end the list of them");
  }
  for (const { address, size } of [...tree.reservations, { address: 0n, size: 0n }]) {
    reservations.u64(address);
    reservations.u64(size);
  }

  const strings = new StringTable();
  const structure = new Writer("big");
  writeNode(structure, strings, { node: tree.root, depth: 1 });
  structure.u32(FDT.END);

  const structureAt = FDT.HEADER_SIZE + reservations.length;
  const stringsAt = structureAt + structure.length;
  const size = stringsAt + strings.length;
  const blob = new Writer("big");
  blob.u32(FDT.MAGIC, size, structureAt, stringsAt, FDT.HEADER_SIZE, FDT.VERSION, FDT.LAST_COMPATIBLE);
  blob.u32(tree.bootCpu, strings.length, structure.length);
  for (const block of [reservations, structure, strings]) blob.bytes(block.take());
  return blob.take();
}

/** The strings block: each property name once. */
class StringTable {
  readonly #offsets = new Map<string, number>();
  readonly #writer = new Writer("big");

  get length(): number {
    return this.#writer.length;
  }

  offsetOf(name: string): number {
    let offset = this.#offsets.get(name);
    if (offset === undefined) {
      checkName(name, "property");
      this.#offsets.set(name, offset = this.#writer.length);
      this.#writer.string(name);
    }
    return offset;
  }

  take(): Uint8Array {
    return this.#writer.take();
  }
}

function writeNode(
  out: Writer,
  strings: StringTable,
  { node, depth }: { node: FdtNode; depth: number },
): void {
  if (depth > FDT_LIMIT.DEPTH) {
    throw new LoaderError(`device tree has nodes nested deeper than ${FDT_LIMIT.DEPTH} levels`);
  }
  checkNodeName(node.name, depth === 1);
  if (depth > 1) checkName(node.name, "node");
  out.u32(FDT.BEGIN_NODE);
  out.string(node.name);
  out.align(4);
  for (const [name, value] of node.properties) {
    out.u32(FDT.PROP, value.length, strings.offsetOf(name));
    out.bytes(value);
    out.align(4);
  }
  for (const child of node.children) writeNode(out, strings, { node: child, depth: depth + 1 });
  out.u32(FDT.END_NODE);
}

function checkName(name: string, what: string): void {
  if (!NAME.test(name) || name.length > FDT_LIMIT.NAME) {
    throw new LoaderError(`device tree has a ${what} whose name ${JSON.stringify(name)} cannot be written`);
  }
}
