/**
 * Image loaders: pure functions from the bytes of files to what a machine writes into its memory.
 *
 * Nobody checked these files before us, so every read is bounded and every complaint is a `LoaderError`, whose
 * message completes "Cannot load X: …". Work is bounded by the length of the file, and decompression by a limit.
 * What a file says stays in `bigint` where 64 bits are possible (ELF, device tree); 32-bit Arm's addresses are
 * plain numbers.
 *
 * @module
 */
export { addressText, LoaderError, sizeText } from "./error.ts";
export { type Endian } from "./bytes.ts";
export { DECOMPRESSED_LIMIT, gunzip, type GunzipOptions, isGzip } from "./gzip.ts";
export { type DeviceTree, type FdtNode, type FdtReservation, parseFdt } from "./fdt.ts";
export { buildFdt } from "./fdt_build.ts";
export * from "./fdt_node.ts";
export { type LinuxFdtOptions, patchForLinux } from "./linux_fdt.ts";
export { type ElfImage, type ElfSegment, parseElf } from "./elf.ts";
export { EM, isElf } from "./elf_file.ts";
export { type ElfSymbol, type ElfSymbols } from "./elf_symbols.ts";
export { isUImage, parseUImage, UIMAGE, type UImage } from "./uimage.ts";
export { isZImage, parseZImage, type ZImage } from "./zimage.ts";
export { identifyKernel, type KernelFormat } from "./detect.ts";
export { type Atags, buildAtags } from "./atags.ts";
export { type MemoryRange } from "./memory_range.ts";
export { type BootBlob } from "./arm_kernel.ts";
export { type ArmBoot, type ArmBootOptions, bootArm } from "./linux_arm.ts";
