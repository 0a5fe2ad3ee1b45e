/** Steps that make the initial file system: Debian's static busybox, our benchmark, our init. */
import { type Entry, packCpio } from "./cpio.ts";
import { download, type Downloaded, type Package } from "./debian.ts";
import type { Place } from "./place.ts";
import type { Run, Step } from "./step.ts";

const BUSYBOX: Package = { name: "busybox-static:armel", version: "1:1.35.0-4+deb12u1+b1" };
const COMPILE = ["arm-linux-gnueabi-gcc", "-O2", "-static", "-march=armv5te", "-mtune=arm926ej-s"];
const STRIP = ["arm-linux-gnueabi-strip"];
const FILE = "arm/initrd.cpio.gz";
/** Time of every file in it, in seconds since 1970: fixed, so that equal content makes an equal archive. */
const MTIME = 1_700_000_000;

const FOLDERS = [
  ..."bin dev etc proc root sbin sys tmp usr".split(" "),
  ..."usr/bin usr/sbin usr/share usr/share/udhcpc".split(" "),
];

/** Debian packages that the steps need beyond dpkg and apt. */
export const INITRD_TOOLS = ["gcc-arm-linux-gnueabi", "libc6-dev-armel-cross"];

/** The files the steps make. */
export const INITRD_FILES = [FILE];

/** All that decides how the initrd comes out. */
export async function initrdInputs(): Promise<string> {
  const sources = ["bench.c", "init", "udhcpc.script"];
  const texts = await Promise.all(sources.map((name) => Deno.readTextFile(own(name))));
  return JSON.stringify([BUSYBOX, COMPILE, STRIP, FOLDERS, MTIME, ...texts]);
}

/** The steps from package and sources to `arm/initrd.cpio.gz`. */
export function initrdSteps(place: Place): Step[] {
  const bench = `${place.build}/bench`;
  let busybox: Downloaded = { path: "", version: "", note: "" };
  return [
    {
      title: "Download busybox",
      work: async (run) => {
        busybox = await download(BUSYBOX, { folder: place.build, run });
        return busybox.note;
      },
    },
    {
      title: "Compile the benchmark",
      work: async (run) => {
        await run([...COMPILE, "-o", bench, own("bench.c")]);
        await run([...STRIP, bench]);
      },
    },
    { title: "Pack the initrd", work: (run) => pack(busybox.path, { bench, place, run }) },
  ];
}

async function pack(deb: string, { bench, place, run }: { bench: string; place: Place; run: Run }) {
  const unpacked = `${place.build}/busybox`;
  await run(["dpkg-deb", "-x", deb, unpacked]);
  const program = async (path: string, from: string): Promise<Entry> => {
    return { path, mode: 0o755, content: await Deno.readFile(from) };
  };
  const archive = packCpio([
    { path: ".", mode: 0o700 },
    ...FOLDERS.map((path) => ({ path, mode: 0o755 })),
    await program("init", own("init")),
    await program("bin/busybox", `${unpacked}/bin/busybox`),
    await program("bin/bench", bench),
    await program("usr/share/udhcpc/default.script", own("udhcpc.script")),
  ], MTIME);
  const plain = `${place.build}/initrd.cpio`;
  await Deno.writeFile(plain, archive);
  await run(["gzip", "-9", "-n", "-f", plain]);
  await place.put(FILE, `${plain}.gz`);
}

function own(name: string): string {
  return `${import.meta.dirname}/src/${name}`;
}
