import type { Semihosting, SemihostingFile } from "../core/isa/isa.ts";

/** What the guest may use of the host. */
export interface SemihostingOptions {
  /** Files are opened inside of this directory only; undefined: none are. */
  readonly directory: string | undefined;
  readonly commandLine: string;
  exit(status: number): void;
  console(bytes: Uint8Array): void;
}

/** Semihosting calls over files of one directory. Calls wait for the host, as they do on a debugger. */
export function semihosting({ directory, commandLine, exit, console }: SemihostingOptions): Semihosting {
  const root = directory === undefined ? undefined : Deno.realPathSync(directory);
  return {
    commandLine,
    exit,
    console,
    open: (name, mode) => root === undefined ? undefined : openInside(root, name, mode),
  };
}

/** The modes of fopen by number: r, w, a, each plain, "b", "+", "+b" (Arm, semihosting, SYS_OPEN). */
function modeOptions(mode: number): Deno.OpenOptions {
  const update = (mode & 2) !== 0;
  switch (mode >> 2) {
    case 0:
      return { read: true, write: update };
    case 1:
      return { read: update, write: true, create: true, truncate: true };
    default:
      return { read: update, write: true, append: true, create: true };
  }
}

/** Opens a file that lies inside of `root`, whatever its name says and whichever links are there. */
function openInside(root: string, name: string, mode: number): SemihostingFile | undefined {
  const parts = name.split(/[/\\]/).filter((part) => part !== "" && part !== ".");
  if (parts.length === 0 || parts.includes("..") || name.includes("\0")) return undefined;
  try {
    const folder = Deno.realPathSync([root, ...parts.slice(0, -1)].join("/"));
    if (!isInside(folder, root)) return undefined;
    const path = `${folder}/${parts.at(-1)}`;
    const there = statOf(path);
    if (there && (there.isSymlink || !there.isFile)) return undefined;
    return fileOf(Deno.openSync(path, modeOptions(mode)), mode >> 2 === 2);
  } catch {
    return undefined;
  }
}

function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith("/") ? root : `${root}/`);
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch {
    return undefined;
  }
}

function fileOf(file: Deno.FsFile, append: boolean): SemihostingFile {
  const attempt = (step: () => number) => {
    try {
      return step();
    } catch {
      return 0;
    }
  };
  return {
    read: (into) => attempt(() => file.readSync(into) ?? 0),
    write: (from) => attempt(() => file.writeSync(from)),
    seek: (position) => void attempt(() => append ? 0 : file.seekSync(position, Deno.SeekMode.Start)),
    get length() {
      return attempt(() => file.statSync().size);
    },
    close: () => void attempt(() => (file.close(), 0)),
  };
}
