/**
 * Starting Linux, or a bare program, on 32-bit Arm.
 * Sources: Linux, Documentation/arch/arm/booting.rst, for what the kernel wants; the places are QEMU's
 * (hw/arm/boot.c), so that a guest finds everything where it does there.
 *
 * @module
 */
import { blobOf, type BootBlob, describeBlob, placeArmKernel, type PlacedKernel } from "./arm_kernel.ts";
import { buildAtags } from "./atags.ts";
import { alignUp, findOverlap } from "./bytes.ts";
import { addressText, LoaderError, sizeText } from "./error.ts";
import { type FdtNode, parseFdt } from "./fdt.ts";
import { buildFdt } from "./fdt_build.ts";
import { DECOMPRESSED_LIMIT } from "./gzip.ts";
import { patchForLinux } from "./linux_fdt.ts";
import { endOf, holds, type MemoryRange } from "./memory_range.ts";
import { isUImage, parseUImage } from "./uimage.ts";

export interface ArmBootOptions {
  /** The RAM that the kernel is loaded to; a machine's first range. */
  ram: MemoryRange;
  /** Further RAM to tell the kernel about. */
  moreRam?: readonly MemoryRange[];
  /** Other memory that a linked program may be loaded to: flash, static RAM, aliases of RAM. */
  loadable?: readonly MemoryRange[];
  /** zImage, U-Boot image, ELF program or plain code; gzip is undone. */
  kernel: Uint8Array;
  /** Flattened device tree; without it the kernel gets ATAGs. */
  dtb?: Uint8Array;
  /** Initial RAM disk as it is, or in a U-Boot image. */
  initrd?: Uint8Array;
  /** Kernel command line. */
  append?: string;
  /** Number of the board in Linux' arch/arm/tools/mach-types. */
  machine: number;
  /** Goes into the ATAGs. */
  boardRevision?: number;
  /** Nodes to add to the device tree. */
  nodes?: readonly { parent?: string; node: FdtNode }[];
  /** Most bytes that decompression of one file may give; 512 MiB if absent. */
  limit?: number;
}

export interface ArmBoot {
  /** What to write to memory, in order of address; no two overlap. */
  blobs: BootBlob[];
  /** What the CPU starts with. Bit 0 of `pc` selects Thumb. */
  registers: { r0: number; r1: number; r2: number; pc: number };
}

const PAGE = 4096;
const ATAGS_OFFSET = 0x100;
/** The initrd lies above what the kernel unpacks to, and inside of the memory that it maps first. */
const INITRD_OFFSET_MAX = 128 << 20;
const ADDRESS_SPACE = 2 ** 32;

/**
 * Lays out everything a kernel needs to start.
 *
 * A Linux kernel is entered with r0 = 0, r1 = the machine number and r2 = the device tree or the ATAGs. Any other
 * program (ELF, or a U-Boot image of another system) is entered with zeros, as after reset; its device tree is at
 * the start of RAM.
 *
 * @throws {LoaderError} when a file is malformed or something does not fit; the message names it and the room.
 */
export async function bootArm(options: ArmBootOptions): Promise<ArmBoot> {
  const { ram, limit = DECOMPRESSED_LIMIT } = options;
  const kernel = await placeArmKernel(options.kernel, { base: ram.address, limit });
  const initrd = await plainInitrd(options.initrd ?? kernel.initrd, limit);
  const files = { kernel, initrd, dtb: options.dtb ?? kernel.dtb };
  checkKernel(kernel, [ram, ...options.moreRam ?? [], ...options.loadable ?? []]);
  const boot = kernel.isLinux ? layOutLinux(options, files) : layOutProgram(options, files);

  boot.blobs.sort((a, b) => a.address - b.address);
  const overlap = findOverlap(boot.blobs, (blob) => ({ start: blob.address, end: endOf(blob) }));
  if (overlap) {
    throw new LoaderError(`${describeBlob(overlap[0])} overlaps ${describeBlob(overlap[1])}`);
  }
  return boot;
}

interface Files {
  kernel: PlacedKernel;
  initrd: Uint8Array | undefined;
  dtb: Uint8Array | undefined;
}

async function plainInitrd(file: Uint8Array | undefined, limit: number): Promise<Uint8Array | undefined> {
  if (file?.length === 0) throw new LoaderError("initrd is empty");
  if (!file || !isUImage(file)) return file;
  const image = await parseUImage(file, limit);
  if (image.type !== "ramdisk") throw new LoaderError(`U-Boot image given as initrd is a ${image.type}`);
  return image.parts[0];
}

function checkKernel({ blobs }: PlacedKernel, memory: readonly MemoryRange[]): void {
  for (const blob of blobs) {
    const end = endOf(blob);
    const range = memory.find((range) => holds(range, blob.address));
    if (!range) throw new LoaderError(`${describeBlob(blob)} is outside of the machine's memory`);
    if (end <= endOf(range) && end <= ADDRESS_SPACE) continue;
    throw new LoaderError(
      `${describeBlob(blob)} does not fit into the ${sizeText(range.size)} at ${addressText(range.address)}`,
    );
  }
}

function layOutLinux(options: ArmBootOptions, { kernel, initrd, dtb }: Files): ArmBoot {
  const { ram, append, machine, boardRevision } = options;
  const room = freeRam(ram);
  const allRam = [ram, ...options.moreRam ?? []];
  const blobs = [...kernel.blobs];

  const kernelEnd = Math.max(...kernel.blobs.map(endOf));
  const half = ram.address + Math.min(ram.size / 2, INITRD_OFFSET_MAX);
  const initrdAt = alignUp(Math.max(half, holds(ram, kernelEnd - 1) ? kernelEnd : 0), PAGE);
  if (initrd) blobs.push(room("initrd", initrdAt, initrd));
  const range = initrd && { initrd: { address: initrdAt, size: initrd.length } };
  const extras = { ...range, ...(append && { append }) };

  if (dtb) {
    const { nodes } = options;
    const tree = patchForLinux(parseFdt(dtb), { ram: allRam, ...extras, ...(nodes && { nodes }) });
    // On a page of its own: some kernels free the whole page that the initrd ends in.
    const at = alignUp(initrdAt + (initrd?.length ?? 0), PAGE);
    blobs.push(room("device tree", at, buildFdt(tree)));
    return { blobs, registers: { r0: 0, r1: machine, r2: at, pc: kernel.entry } };
  }

  const at = ram.address + ATAGS_OFFSET;
  const revision = boardRevision !== undefined && { revision: boardRevision };
  blobs.push(room("ATAGs", at, buildAtags({ ram: allRam, ...extras, ...revision })));
  return { blobs, registers: { r0: 0, r1: machine, r2: at, pc: kernel.entry } };
}

function layOutProgram(options: ArmBootOptions, { kernel, initrd, dtb }: Files): ArmBoot {
  const { ram, moreRam = [], append, nodes } = options;
  if (initrd) {
    throw new LoaderError("initrd has no use: the kernel is a program that does not start as Linux does");
  }
  const blobs = [...kernel.blobs];
  if (dtb) {
    const patch = { ram: [ram, ...moreRam], ...(append && { append }), ...(nodes && { nodes }) };
    blobs.push(freeRam(ram)("device tree", ram.address, buildFdt(patchForLinux(parseFdt(dtb), patch))));
  }
  return { blobs, registers: { r0: 0, r1: 0, r2: 0, pc: kernel.entry } };
}

/** Makes blobs that have to lie inside of RAM. */
function freeRam(ram: MemoryRange): (name: string, address: number, bytes: Uint8Array) => BootBlob {
  const ramEnd = Math.min(endOf(ram), ADDRESS_SPACE);
  return (name, address, bytes) => {
    if (address + bytes.length <= ramEnd) return blobOf(name, address, bytes);
    const free = Math.max(0, ramEnd - address);
    const where = bytes.length > ram.size
      ? `${sizeText(ram.size)} of RAM`
      : `the ${sizeText(free)} of RAM that are left for it, of ${sizeText(ram.size)}`;
    throw new LoaderError(`${name} of ${sizeText(bytes.length)} does not fit into ${where}`);
  };
}
