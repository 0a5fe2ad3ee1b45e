/** Debian's packages: what is installed, how to install, and downloads that leave the system alone. */
import type { Run } from "./step.ts";

/** A package to download; `version` is the one the reference guests were made from. */
export interface Package {
  /** Name, with `:architecture` if it is not this machine's. */
  name: string;
  version: string;
}

/** The release that has the packages the guests are made from. */
const RELEASE = "bookworm";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

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

/**
 * Downloads packages into `folder` and returns their files. Works without root, and with an apt state of its
 * own, so that neither the system's package lists nor its architectures change. Files already there stay.
 */
export async function download(packages: readonly Package[], { folder, run }: DownloadOptions) {
  const present = await files(folder);
  const wanted = packages.filter((one) => !present.some((file) => isPackageFile(file, one)));
  if (wanted.length > 0) {
    const apt = `${folder}/apt`;
    const partial = `${folder}/partial`;
    for (const path of [`${apt}/lists/partial`, `${apt}/cache/archives/partial`, partial]) {
      await Deno.mkdir(path, { recursive: true });
    }
    const options = await aptOptions(apt);
    await run(["apt-get", ...options, "update"]);
    for (const one of wanted) {
      const versions = offered(await outputOf("apt-cache", [...options, "madison", one.name]));
      if (versions.length === 0) throw new Error(`Debian's package lists hold no ${one.name}`);
      const version = versions.includes(one.version) ? one.version : versions[0];
      await run(["apt-get", ...options, "download", `${one.name}=${version}`], { cwd: partial });
    }
    for (const file of await files(partial)) await Deno.rename(`${partial}/${file}`, `${folder}/${file}`);
    await Deno.remove(apt, { recursive: true });
  }
  const all = await files(folder);
  return packages.map((one) => {
    const mine = all.filter((file) => file.startsWith(`${bareName(one)}_`) && file.endsWith(".deb"));
    const file = mine.find((file) => isPackageFile(file, one)) ?? mine[0];
    return { path: `${folder}/${file}`, version: versionOf(file), asked: isPackageFile(file, one) };
  });
}

interface DownloadOptions {
  folder: string;
  run: Run;
}

/** apt options for a private state in `apt`, for this machine's architecture and armel. */
async function aptOptions(apt: string): Promise<string[]> {
  const native = (await outputOf("dpkg", ["--print-architecture"])).trim();
  await Deno.writeTextFile(`${apt}/status`, "");
  const settings = [
    `Dir::State=${apt}`,
    `Dir::State::lists=${apt}/lists`,
    `Dir::State::status=${apt}/status`,
    `Dir::Cache=${apt}/cache`,
    `APT::Architectures::=${native}`,
    "APT::Architectures::=armel",
  ];
  const release = await Deno.readTextFile("/etc/os-release").catch(() => "");
  if (!isRelease(release)) {
    await Deno.writeTextFile(`${apt}/sources.list`, sources());
    settings.push(`Dir::Etc::SourceList=${apt}/sources.list`, "Dir::Etc::SourceParts=/dev/null");
  }
  return settings.flatMap((setting) => ["-o", setting]);
}

/** Whether an `os-release` text is that of the release with the packages; its own sources serve then. */
export function isRelease(text: string): boolean {
  return /^ID="?debian"?$/m.test(text) && text.split("\n").includes(`VERSION_CODENAME=${RELEASE}`);
}

/** apt sources for another release. */
function sources(): string {
  const places = [["debian", RELEASE], ["debian-security", `${RELEASE}-security`]];
  return places
    .map(([path, suite]) => `deb [signed-by=${KEYRING}] http://deb.debian.org/${path} ${suite} main\n`)
    .join("");
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

async function files(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).filter((one) => one.isFile).map((one) => one.name)
    .sort();
}

async function outputOf(command: string, args: string[]): Promise<string> {
  const options = { args, env: { LC_ALL: "C" }, stderr: "null" } as const;
  const { stdout } = await new Deno.Command(command, options).output();
  return new TextDecoder().decode(stdout);
}
