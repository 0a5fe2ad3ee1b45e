/** A file that the TFTP server reads from. */
export interface ServedFile {
  /** In bytes; undefined if it is not known before the end. */
  readonly size: number | undefined;
  /** Reads at an offset; gives how many bytes, fewer than asked for only at the end. */
  read(into: Uint8Array, offset: number): Promise<number>;
  close(): void;
}

/** Longest name that is looked for. */
export const LONGEST_NAME = 512;

/** The file of a name below a folder; undefined if there is none, or it lies elsewhere: by `..` or by links. */
export async function openServed(folder: string, name: string): Promise<ServedFile | undefined> {
  const parts = partsOf(name);
  if (!parts) return undefined;
  try {
    const root = await Deno.realPath(folder);
    const path = await Deno.realPath([folder, ...parts].join("/"));
    if (!path.startsWith(root.endsWith("/") ? root : `${root}/`)) return undefined;
    const { isFile } = await Deno.stat(path); // before it is opened: to open a pipe would wait for its writer
    if (!isFile) return undefined;
    const file = await Deno.open(path, { read: true });
    const { size } = await file.stat();
    return { size, read: (into, offset) => readAt(file, into, offset), close: () => file.close() };
  } catch {
    return undefined;
  }
}

/** The parts of a name; a leading `/` means the folder served. Undefined if it leads out, or is none. */
export function partsOf(name: string): string[] | undefined {
  if (name.length > LONGEST_NAME || /[\0\\]/.test(name)) return undefined;
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 || parts.includes("..") ? undefined : parts;
}

async function readAt(file: Deno.FsFile, into: Uint8Array, offset: number): Promise<number> {
  await file.seek(offset, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < into.length) {
    const count = await file.read(into.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return filled;
}
