/** A file that cannot be loaded. The message completes a line such as "Cannot load zImage: …". */
export class LoaderError extends Error {
  override readonly name = "LoaderError";
}

const UNITS = [[1 << 30, "GiB"], [1 << 20, "MiB"], [1 << 10, "KiB"]] as const;

/** A size as a person writes it: "700 MiB", "1.2 MiB", "37 bytes". */
export function sizeText(size: number | bigint): string {
  const bytes = Number(size);
  for (const [unit, name] of UNITS) {
    if (bytes >= unit) return `${Number((bytes / unit).toFixed(1))} ${name}`;
  }
  return bytes === 1 ? "1 byte" : `${bytes} bytes`;
}

/** An address as the project writes it: at least eight hexadecimal digits. */
export function addressText(address: number | bigint): string {
  return `0x${address.toString(16).padStart(8, "0")}`;
}
