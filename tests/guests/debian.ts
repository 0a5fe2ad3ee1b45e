/** Debian's packages: what is installed, how to install, and downloads that leave the system alone. */
import { removeFolder } from "./place.ts";
import type { Run } from "./step.ts";

/** A package to download; `version` is the one the reference guests were made from. */
export interface Package {
  /** Name, with `:architecture` if it is not this machine's. */
  name: string;
  version: string;
}

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Debian's own sources of the release that the guests are made from. */
const SOURCES = `\
deb [signed-by=${KEYRING}] http://deb.debian.org/debian bookworm main
deb [signed-by=${KEYRING}] http://deb.debian.org/debian-security bookworm-security main
`;

/** Which of the named packages are not installed. */
export async function missingPackages(names: readonly string[]): Promise<string[]> {
  const query = ["-W", "-f", "${Package} ${db:Status-Status}\\n", ...names];
  return notInstalled(names, await outputOf("dpkg-query", query));
}

/** The names that `dpkg-query`'s lines "name status" do not show as installed. */
export function notInstalled(names: readonly string[], listing: string): string[] {
  const lines = new Set(listing.split("\n"));
  return names.filter((name) => !lines.has(`${name} installed`));
}

/** How to become root: "" for root, "sudo -n" where that asks nothing, undefined if there is no way. */
export async function rootPrefix(): Promise<string[] | undefined> {
  if (Deno.uid() === 0) return [];
  const sudo = ["sudo", "-n"];
  const allowed = await new Deno.Command("sh", { args: ["-c", "sudo -n true"], stderr: "null" }).output();
  return allowed.success ? sudo : undefined;
}

/** The commands that install packages. */
export function installCommands(names: readonly string[], prefix: readonly string[]): string[][] {
  return [
    [...prefix, "apt-get", "update"],
    [...prefix, "apt-get", "install", "-y", "--no-install-recommends", ...names],
  ];
}

/** A package file at hand. */
export interface Downloaded {
  path: string;
  version: string;
  /** Tells of another version than the one asked for; empty otherwise. */
  note: string;
}

/**
 * Downloads a package into `folder`, in the version asked for or, where that is gone, the newest.
 * Works without root, and with an apt state of its own, so that neither the system's package lists nor its
 * architectures change. Does nothing if the package is there already.
 */
export async function download(wanted: Package, { folder, run }: DownloadOptions): Promise<Downloaded> {
  const present = (await filesIn(folder)).find((file) => isPackageFile(file, wanted));
  if (present) return { path: `${folder}/${present}`, version: wanted.version, note: "already there" };
  const apt = `${folder}/apt`;
  const partial = `${folder}/partial`;
  // What an interrupted download left may be half a package.
  for (const path of [apt, partial]) await removeFolder(path);
  await Deno.mkdir(partial);
  const { version, options } = await findVersion(wanted, { folder: apt, run });
  await run(["apt-get", ...options, "download", `${wanted.name}=${version}`], { cwd: partial });
  const [file] = await filesIn(partial);
  await Deno.rename(`${partial}/${file}`, `${folder}/${file}`);
  for (const path of [apt, partial]) await removeFolder(path);
  const note = version === wanted.version ? "" : `${version}, as Debian has ${wanted.version} no more`;
  return { path: `${folder}/${file}`, version, note };
}

interface DownloadOptions {
  folder: string;
  run: Run;
}

/** Looks for a package in the machine's own sources, which may be a near mirror, then in Debian's. */
async function findVersion({ name, version }: Package, { folder, run }: DownloadOptions) {
  let newest: { version: string; options: string[] } | undefined;
  for (const sources of ["machine", "debian"] as const) {
    const options = await aptOptions(`${folder}/${sources}`, sources);
    // Unreachable or broken sources offer nothing; the log says why.
    await run(["apt-get", ...options, "update"]).catch(() => {});
    const versions = offered(await outputOf("apt-cache", [...options, "madison", name]));
    if (versions.includes(version)) return { version, options };
    if (versions.length > 0) newest ??= { version: versions[0], options };
  }
  if (!newest) throw new Error(`no package source offers ${name}`);
  return newest;
}

/** apt options for a private state in `folder`, for this machine's architecture and armel. */
async function aptOptions(folder: string, sources: "machine" | "debian"): Promise<string[]> {
  const native = (await outputOf("dpkg", ["--print-architecture"])).trim();
  await Deno.mkdir(`${folder}/lists/partial`, { recursive: true });
  await Deno.mkdir(`${folder}/cache/archives/partial`, { recursive: true });
  await Deno.writeTextFile(`${folder}/status`, "");
  await Deno.writeTextFile(`${folder}/sources.list`, SOURCES);
  const settings = [
    `Dir::State=${folder}`,
    `Dir::State::lists=${folder}/lists`,
    `Dir::State::status=${folder}/status`,
    `Dir::Cache=${folder}/cache`,
    `APT::Architectures::=${native}`,
    "APT::Architectures::=armel",
    ...sources === "machine"
      ? []
      : [`Dir::Etc::SourceList=${folder}/sources.list`, "Dir::Etc::SourceParts=/dev/null"],
  ];
  return settings.flatMap((setting) => ["-o", setting]);
}

/** The versions in a listing of `apt-cache madison`, newest first. */
export function offered(listing: string): string[] {
  return [...new Set(listing.split("\n").map((line) => line.split("|")[1]?.trim() ?? "").filter(Boolean))];
}

/** Whether a file name is that of a package in the version asked for. */
export function isPackageFile(file: string, one: Package): boolean {
  return file.startsWith(`${bareName(one)}_`) && file.endsWith(".deb") && versionOf(file) === one.version;
}

function bareName(one: Package): string {
  return one.name.split(":")[0];
}

/** The version in a package's file name, where `%3a` stands for the colon of an epoch. */
function versionOf(file: string): string {
  return decodeURIComponent(file.split("_")[1]);
}

async function filesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).filter((one) => one.isFile).map((one) => one.name)
    .sort();
}

async function outputOf(command: string, args: string[]): Promise<string> {
  try {
    const options = { args, env: { LC_ALL: "C" }, stderr: "null" } as const;
    const { stdout } = await new Deno.Command(command, options).output();
    return new TextDecoder().decode(stdout);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`Cannot find ${command}: this works on Debian and what is made from it`, {
      cause: error,
    });
  }
}
