import { isElf } from "./elf_file.ts";
import { isUImage } from "./uimage.ts";
import { isZImage } from "./zimage.ts";

export type KernelFormat = "elf" | "uimage" | "zimage" | "raw";

/** The format that the first bytes show; anything unknown is code as it is. */
export function identifyKernel(bytes: Uint8Array): KernelFormat {
  if (isElf(bytes)) return "elf";
  if (isUImage(bytes)) return "uimage";
  if (isZImage(bytes)) return "zimage";
  return "raw";
}
