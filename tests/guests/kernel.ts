/** Steps that make Linux for Integrator/CP from Debian's source package. */
import { download, type Downloaded, type Package } from "./debian.ts";
import { type Place, removeFolder } from "./place.ts";
import type { Run, Step } from "./step.ts";

const SOURCE: Package = { name: "linux-source-6.1", version: "6.1.192-2" };
const CONFIG = `${import.meta.dirname}/src/integratorcp.config`;
const MAKE = ["make", "ARCH=arm", "CROSS_COMPILE=arm-linux-gnueabi-"];

/** Debian packages that the build needs beyond dpkg and apt. */
export const KERNEL_TOOLS = [
  "make",
  "gcc",
  "libc6-dev",
  "flex",
  "bison",
  "bc",
  "xz-utils",
  "gcc-arm-linux-gnueabi",
  "libc6-dev-armel-cross",
];

/** What the kernel would else take from the clock and the machine: without it no two builds are equal. */
const STAMPS = {
  KBUILD_BUILD_TIMESTAMP: "Tue Nov 14 22:13:20 UTC 2023",
  KBUILD_BUILD_USER: "emu",
  KBUILD_BUILD_HOST: "emu",
  KBUILD_BUILD_VERSION: "1",
};

/** File of the guest → file in the kernel's build tree. */
const RESULTS = {
  "arm/integratorcp-zImage": "arch/arm/boot/zImage",
  "arm/integratorcp.dtb": "arch/arm/boot/dts/integratorcp.dtb",
  "arm/integratorcp.config": ".config",
};

/** The files the kernel's steps make. */
export const KERNEL_FILES = Object.keys(RESULTS);

/** All that decides how the kernel comes out. */
export async function kernelInputs(): Promise<string> {
  return JSON.stringify([SOURCE, MAKE, STAMPS, await Deno.readTextFile(CONFIG)]);
}

/** The steps from package to `arm/integratorcp-*`; each goes on where an interrupted build left off. */
export function kernelSteps(place: Place, jobs: number): Step[] {
  let source: Downloaded = { path: "", version: "", note: "" };
  const tree = () => `${place.build}/linux-${source.version}`;
  return [
    {
      title: "Download the kernel source",
      work: async (run) => {
        source = await download(SOURCE, { folder: place.build, run });
        return source.note;
      },
    },
    { title: "Unpack the kernel source", work: (run) => unpack(source.path, { tree: tree(), run }) },
    { title: "Configure the kernel", work: (run) => configure(tree(), run) },
    {
      title: "Compile the kernel",
      work: async (run) => {
        await make(["zImage", "dtbs", `-j${jobs}`], { tree: tree(), run });
        for (const [file, from] of Object.entries(RESULTS)) await place.put(file, `${tree()}/${from}`);
      },
    },
  ];
}

async function unpack(file: string, { tree, run }: TreeOptions): Promise<string> {
  if (await Deno.stat(tree).catch(() => undefined)) return "already there";
  const partial = `${tree}.part`;
  await removeFolder(partial);
  await Deno.mkdir(partial);
  await run(["dpkg-deb", "-x", file, partial]);
  await run(["tar", "-xf", `${partial}/usr/src/${SOURCE.name}.tar.xz`, "-C", partial]);
  await Deno.rename(`${partial}/${SOURCE.name}`, tree);
  await removeFolder(partial);
  return "";
}

async function configure(tree: string, run: Run): Promise<void> {
  const wanted = await Deno.readTextFile(CONFIG);
  await Deno.writeTextFile(`${tree}/.config`, wanted);
  await make(["olddefconfig"], { tree, run });
  const lost = lostOptions(wanted, await Deno.readTextFile(`${tree}/.config`));
  if (lost.length > 0) throw new Error(`this kernel does not take ${lost.join(", ")}`);
}

/** Options of a minimal configuration that the full one made from it does not have. */
export function lostOptions(minimal: string, full: string): string[] {
  const lines = new Set(full.split("\n"));
  const set = new Set(full.split("\n").map((line) => line.split("=")[0]));
  return minimal.split("\n").filter((line) => {
    const unset = /^# (CONFIG_\w+) is not set$/.exec(line);
    if (unset) return set.has(unset[1]);
    return line.startsWith("CONFIG_") && !lines.has(line);
  });
}

async function make(targets: string[], { tree, run }: TreeOptions): Promise<void> {
  // A bare environment: MAKEFLAGS, CFLAGS, KCFLAGS and their like must not reach the kernel's make.
  const env = { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", ...STAMPS };
  await run([...MAKE, ...targets], { cwd: tree, env, clearEnv: true });
}

interface TreeOptions {
  tree: string;
  run: Run;
}
