/**
 * The self-extracting Linux kernel of 32-bit Arm.
 * Source: Linux, arch/arm/boot/compressed/head.S and vmlinux.lds.S: at 0x24 the magic, the start and the end
 * that the image was linked for, and a word that shows its byte order.
 *
 * @module
 */
import { type Endian, reader } from "./bytes.ts";
import { addressText, LoaderError } from "./error.ts";

const AT = { MAGIC: 0x24, START: 0x28, END: 0x2c, ENDIAN: 0x30 } as const;
const MAGIC = 0x016f2818;
const ENDIAN_WORD = { little: 0x04030201, big: 0x01020304 } as const;

export interface ZImage {
  /** Bytes of the image; the file may have more, as a device tree that was appended. */
  size: number;
  /** Byte order of the kernel's data. With "big" on Armv6 and later, instructions are little-endian still. */
  endian: Endian;
}

export function isZImage(bytes: Uint8Array): boolean {
  return byteOrderOf(bytes) !== undefined;
}

/** The order in which the magic reads right: a BE-32 image is big-endian throughout, headers included. */
function byteOrderOf(bytes: Uint8Array): Endian | undefined {
  if (bytes.length < AT.MAGIC + 4) return undefined;
  return (["little", "big"] as const).find((endian) =>
    reader(bytes, { what: WHAT, endian }).u32(AT.MAGIC) === MAGIC
  );
}

const WHAT = "zImage";

/** @throws {LoaderError} when it is none, or is truncated. */
export function parseZImage(bytes: Uint8Array): ZImage {
  const order = byteOrderOf(bytes);
  if (!order) throw new LoaderError(`${WHAT} does not have 0x016f2818 at offset 0x24`);
  const file = reader(bytes, { what: WHAT, endian: order });
  const start = file.u32(AT.START);
  const end = file.u32(AT.END);
  const size = end - start;
  if (size < AT.ENDIAN) {
    throw new LoaderError(`${WHAT} has its end ${addressText(end)} before its start ${addressText(start)}`);
  }
  if (size > bytes.length) {
    throw new LoaderError(`${WHAT} is truncated: it has ${bytes.length} of ${size} bytes`);
  }
  // Kernels before 3.16 do not have the word.
  const word = bytes.length >= AT.ENDIAN + 4
    ? reader(bytes, { what: WHAT, endian: "little" }).u32(AT.ENDIAN)
    : 0;
  return { size, endian: word === ENDIAN_WORD.big ? "big" : order };
}
