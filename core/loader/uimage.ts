/**
 * U-Boot's legacy image: a header of 64 big-endian bytes and the data.
 * Source: U-Boot, include/image.h (`struct legacy_img_hdr`) and doc/usage/cmd/bootm.rst.
 *
 * @module
 */
import { alignUp, type Reader, reader } from "./bytes.ts";
import { LoaderError } from "./error.ts";
import { DECOMPRESSED_LIMIT, gunzip } from "./gzip.ts";

/** Names by number (ih_os, ih_arch) of those that this project can mean. */
export const UIMAGE = { MAGIC: 0x27051956, HEADER_SIZE: 64, OS_LINUX: 5, ARCH_ARM: 2 } as const;

const TYPES = { 2: "kernel", 3: "ramdisk", 4: "multi", 14: "kernel_noload" } as const;
const COMPRESSION = { NONE: 0, GZIP: 1 } as const;
const COMPRESSION_NAMES: Record<number, string> = { 2: "bzip2", 3: "lzma", 4: "lzo", 5: "lz4", 6: "zstd" };

export interface UImage {
  /** `kernel_noload` is a kernel that may lie anywhere; its entry counts from its start. */
  type: (typeof TYPES)[keyof typeof TYPES];
  /** ih_os, see `UIMAGE`. */
  os: number;
  /** ih_arch, see `UIMAGE`. */
  arch: number;
  name: string;
  /** Where the data goes. */
  load: number;
  /** Where execution starts. */
  entry: number;
  /** The data, decompressed: one part, or those of a multi image (kernel, RAM disk, device tree). */
  parts: Uint8Array[];
}

export function isUImage(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && reader(bytes, { what: WHAT, endian: "big" }).u32(0) === UIMAGE.MAGIC;
}

const WHAT = "U-Boot image";

/**
 * Reads and decompresses an image. Parts that are not compressed are views of `bytes`.
 *
 * @param limit Most bytes that decompression may give.
 * @throws {LoaderError} when it is truncated, a checksum is wrong, or type or compression are not known.
 */
export async function parseUImage(bytes: Uint8Array, limit = DECOMPRESSED_LIMIT): Promise<UImage> {
  const file = reader(bytes, { what: WHAT, endian: "big" });
  if (file.u32(0) !== UIMAGE.MAGIC) throw new LoaderError(`${WHAT} does not start with 0x27051956`);
  const header = file.bytes(0, UIMAGE.HEADER_SIZE).slice();
  header.fill(0, 4, 8); // the checksum counts as zero in its own sum
  const { crc32 } = await import("node:zlib"); // takes longer to load than all of the loader
  checkSum("header", file.u32(4), crc32(header));
  const data = file.bytes(UIMAGE.HEADER_SIZE, file.u32(12));
  checkSum("data", file.u32(24), crc32(data));

  const typeNumber = file.u8(30);
  const type = TYPES[typeNumber as keyof typeof TYPES];
  if (!type) throw new LoaderError(`${WHAT} is of type ${typeNumber}: neither kernel, RAM disk nor multi`);
  // In a multi image the compression is that of the kernel (U-Boot, boot/bootm.c).
  const [first, ...others] = type === "multi" ? splitMulti(data) : [data];
  return {
    type,
    os: file.u8(28),
    arch: file.u8(29),
    name: new TextDecoder().decode(file.bytes(32, 32)).split("\0", 1)[0],
    load: file.u32(16),
    entry: file.u32(20),
    parts: [await decompressed(first, file.u8(31), limit), ...others],
  };
}

function checkSum(what: string, expected: number, actual: number): void {
  if (actual === expected) return;
  throw new LoaderError(
    `${WHAT} is damaged: its ${what} has CRC 0x${actual.toString(16)}, not 0x${expected.toString(16)}`,
  );
}

/** The data starts with the size of each part and a zero; each part is padded to four bytes. */
function splitMulti(data: Uint8Array): Uint8Array[] {
  const file = reader(data, { what: `${WHAT} of type multi`, endian: "big" });
  const sizes = readSizes(file);
  if (sizes.length === 0) throw new LoaderError(`${WHAT} of type multi has no parts`);
  let at = 4 * (sizes.length + 1);
  return sizes.map((size) => {
    const part = file.bytes(at, size);
    at += alignUp(size, 4);
    return part;
  });
}

function readSizes(file: Reader): number[] {
  const sizes: number[] = [];
  for (let at = 0; file.u32(at) !== 0; at += 4) sizes.push(file.u32(at));
  return sizes;
}

function decompressed(
  data: Uint8Array,
  compression: number,
  limit: number,
): Promise<Uint8Array> | Uint8Array {
  if (compression === COMPRESSION.NONE) return data;
  if (compression === COMPRESSION.GZIP) return gunzip(data, { what: WHAT, limit });
  const name = COMPRESSION_NAMES[compression] ?? `method ${compression}`;
  throw new LoaderError(`${WHAT} is compressed with ${name}; only gzip and none are understood`);
}
