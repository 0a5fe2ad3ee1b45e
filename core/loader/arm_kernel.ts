import { parseElf } from "./elf.ts";
import { EM } from "./elf_file.ts";
import { identifyKernel } from "./detect.ts";
import { addressText, LoaderError, sizeText } from "./error.ts";
import { gunzip, isGzip } from "./gzip.ts";
import { parseUImage, UIMAGE, type UImage } from "./uimage.ts";
import { parseZImage } from "./zimage.ts";

/** Bytes to put into guest memory. */
export interface BootBlob {
  /** "kernel", "initrd", "device tree", "ATAGs". */
  name: string;
  /** Physical address. */
  address: number;
  bytes: Uint8Array;
  /** Bytes in memory; those past `bytes` are zero. */
  size: number;
}

export interface PlacedKernel {
  blobs: BootBlob[];
  /** First address; bit 0 selects Thumb. */
  entry: number;
  /** Whether it is started by the rules of Linux; if not, as a program that owns the machine. */
  isLinux: boolean;
  /** RAM disk and device tree that a multi image brings along. */
  initrd?: Uint8Array;
  dtb?: Uint8Array;
}

export interface KernelPlace {
  /** Where RAM starts. */
  base: number;
  /** Most bytes that decompression may give. */
  limit: number;
}

/** Where QEMU puts kernels that do not say where they belong, from the start of RAM (hw/arm/boot.c). */
const OFFSET = { RAW: 0x1_0000, NOLOAD: 0x0200_0000 + UIMAGE.HEADER_SIZE } as const;

/** Decides where the parts of a kernel go; whether there is memory is for the caller to check. */
export async function placeArmKernel(file: Uint8Array, place: KernelPlace): Promise<PlacedKernel> {
  const bytes = isGzip(file) ? await gunzip(file, { what: "kernel", limit: place.limit }) : file;
  switch (identifyKernel(bytes)) {
    case "elf":
      return placeElf(bytes);
    case "uimage":
      return placeUImage(await parseUImage(bytes, place.limit), place.base);
    case "zimage":
      parseZImage(bytes);
      return placeRaw(bytes, place.base);
    case "raw":
      return placeRaw(bytes, place.base);
  }
}

function placeRaw(bytes: Uint8Array, base: number): PlacedKernel {
  if (bytes.length === 0) throw new LoaderError("kernel is empty");
  const address = base + OFFSET.RAW;
  return { blobs: [blobOf("kernel", address, bytes)], entry: address, isLinux: true };
}

function placeElf(bytes: Uint8Array): PlacedKernel {
  const elf = parseElf(bytes);
  if (elf.machine !== EM.ARM || elf.bits !== 32) {
    throw new LoaderError(
      `ELF file is ${elf.bits}-bit code for machine ${elf.machine}, not for 32-bit Arm (40)`,
    );
  }
  const blobs = elf.segments.map(({ address, bytes, memorySize }) => {
    return { name: "kernel", address: Number(address), bytes, size: memorySize };
  });
  return { blobs, entry: Number(elf.entry), isLinux: false };
}

function placeUImage(image: UImage, base: number): PlacedKernel {
  if (image.type === "ramdisk") throw new LoaderError("U-Boot image is a RAM disk, not a kernel");
  if (image.arch !== UIMAGE.ARCH_ARM) {
    throw new LoaderError(`U-Boot image is for architecture ${image.arch}, not for Arm (${UIMAGE.ARCH_ARM})`);
  }
  const [kernel, initrd, dtb] = image.parts;
  const movable = image.type === "kernel_noload";
  const address = movable ? base + OFFSET.NOLOAD : image.load;
  if (movable && image.entry >= kernel.length) {
    throw new LoaderError(`U-Boot image starts at ${addressText(image.entry)}, behind its end`);
  }
  return {
    blobs: [blobOf("kernel", address, kernel)],
    entry: movable ? address + image.entry : image.entry,
    isLinux: image.os === UIMAGE.OS_LINUX,
    ...(initrd?.length && { initrd }),
    ...(dtb?.length && { dtb }),
  };
}

export function blobOf(name: string, address: number, bytes: Uint8Array): BootBlob {
  return { name, address, bytes, size: bytes.length };
}

export function describeBlob({ name, address, size }: BootBlob): string {
  return `${name} of ${sizeText(size)} at ${addressText(address)}`;
}
