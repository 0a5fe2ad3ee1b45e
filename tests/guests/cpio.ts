/** The "newc" form of cpio archives, as Linux unpacks an initramfs (Documentation/driver-api/early-userspace/buffer-format.rst). */

/** A file or folder of an archive; all are owned by root. */
export interface Entry {
  /** Path without a leading slash; "." is the root. */
  path: string;
  /** Permission bits. */
  mode: number;
  /** Content of a file; a folder has none. */
  content?: Uint8Array;
}

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const TRAILER = "TRAILER!!!";
/** Archives end on a multiple of this. */
const BLOCK = 512;

/**
 * Packs entries, sorted by path, into an archive that depends on nothing but them and `mtime` (seconds since
 * 1970): inodes are numbered from 0, device numbers are 0. Equals GNU cpio's `-H newc -R 0:0 --reproducible`.
 */
export function packCpio(entries: readonly Entry[], mtime: number): Uint8Array {
  const sorted = [...entries].sort((a, b) => a.path < b.path ? -1 : 1);
  const parts = sorted.flatMap((entry, inode) => {
    const nlink = entry.content ? 1 : 2 + subfolders(entry.path, sorted);
    const mode = (entry.content ? S_IFREG : S_IFDIR) | entry.mode;
    return record(entry.path, { inode, mode, nlink, mtime, content: entry.content ?? new Uint8Array() });
  });
  parts.push(...record(TRAILER, { inode: 0, mode: 0, nlink: 1, mtime: 0, content: new Uint8Array() }));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const archive = new Uint8Array(Math.ceil(length / BLOCK) * BLOCK);
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}

function subfolders(path: string, entries: readonly Entry[]): number {
  return entries.filter((one) => !one.content && one.path !== "." && parentOf(one.path) === path).length;
}

function parentOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
}

interface Header {
  inode: number;
  mode: number;
  nlink: number;
  mtime: number;
  content: Uint8Array;
}

/** Header, name and content, the latter two each padded to a multiple of 4 from the header's start. */
function record(path: string, { inode, mode, nlink, mtime, content }: Header): Uint8Array[] {
  const name = new TextEncoder().encode(`${path}\0`);
  const fields = [inode, mode, 0, 0, nlink, mtime, content.length, 0, 0, 0, 0, name.length, 0];
  const hex = fields.map((field) => field.toString(16).toUpperCase().padStart(8, "0")).join("");
  const header = new TextEncoder().encode(`070701${hex}`);
  return [header, name, padding(header.length + name.length), content, padding(content.length)];
}

function padding(length: number): Uint8Array {
  return new Uint8Array(-length & 3);
}

/** Reads the entries of an archive in their order; throws if it is none. */
export function unpackCpio(archive: Uint8Array): Entry[] {
  const entries: Entry[] = [];
  const text = (from: number, length: number) =>
    new TextDecoder().decode(archive.subarray(from, from + length));
  for (let at = 0;;) {
    if (text(at, 6) !== "070701") throw new Error(`Cannot read cpio archive: no header at ${at}`);
    const field = (index: number) => parseInt(text(at + 6 + 8 * index, 8), 16);
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    const path = text(at + 110, nameSize - 1);
    if (path === TRAILER) return entries;
    const start = at + 110 + nameSize + (-(110 + nameSize) & 3);
    const folder = (mode & S_IFMT) === S_IFDIR;
    entries.push({
      path,
      mode: mode & 0o7777,
      ...(folder ? {} : { content: archive.slice(start, start + size) }),
    });
    at = start + size + (-size & 3);
  }
}
