import { messageOf, PluginError } from "./error.ts";

/**
 * Whether a remote plugin is what its user expects. Its integrity is one hash over its manifest and all modules that
 * its entry imports, remote ones themselves; or each of them stands in `deno.lock`. What it imports by a name that it
 * computes, and data that it fetches, is not covered.
 *
 * @module
 */

/** How remote plugins are met: taken as they are, or only with their integrity. */
export type RemotePolicy = "trust" | "check";

/** A remote place, and the integrity that was given with it: `https://…#sha256-…`. */
export interface RemotePlace {
  readonly place: string;
  readonly integrity: string | undefined;
}

/** Takes the integrity off a place. Local places have none. */
export function splitIntegrity(spec: string): RemotePlace {
  const match = /^(https?:.*?)#(.*)$/.exec(spec);
  return match ? { place: match[1], integrity: match[2] } : { place: spec, integrity: undefined };
}

/** Whether code from there comes over the network. */
export function isRemote(place: string): boolean {
  return /^(https?|npm|jsr):/.test(place);
}

/** What to do about a module that cannot be loaded. Deno believes what the server says, not the file's name. */
export function mendOfModule(entry: string, problem: string): string {
  return isRemote(entry) && /\.ts\b/.test(entry) && /SyntaxError|Unknown module/.test(problem)
    ? "correct the module, or have its server say application/typescript of .ts files"
    : "correct the module";
}

/** What is to be checked. */
export interface Checked {
  /** As messages name it: `plugin https://…`. */
  readonly who: string;
  /** What is imported: a URL, or a specifier of a package. */
  readonly entry: string;
  /** The manifest's content, if there is one. */
  readonly manifest?: unknown;
  readonly integrity: string | undefined;
  /** The folder that holds `deno.json` and `deno.lock`. */
  readonly root: URL;
}

/**
 * Lets a remote plugin pass, without running any of it.
 *
 * @throws {PluginError} with the hash that was found, and how to accept it.
 */
export async function checkIntegrity({ who, entry, manifest, integrity, root }: Checked): Promise<void> {
  const fail = (problem: string, mend: string) => new PluginError(who, { field: "integrity", problem, mend });
  const lock = await readLock(root);
  if (/^(npm|jsr):/.test(entry)) {
    const [, registry, name, version] = /^(npm|jsr):\/?((?:@[^/@]+\/)?[^/@]+)(?:@([^/]+))?/.exec(entry)!;
    const found = lock.specifiers?.[`${registry}:${name}${version ? `@${version}` : ""}`] ?? version;
    if (lock[registry as "npm" | "jsr"]?.[`${name}@${found}`]?.integrity !== undefined) return;
    throw fail(
      "the package is not in deno.lock",
      `add it there (deno add ${entry.replace(/\/[^@/]*$/, "")}), or use --trust`,
    );
  }
  const modules = await remoteModules(entry, root).catch((error) => {
    const message = messageOf(error);
    throw fail(`its modules cannot be looked at: ${message}`, mendOfModule(entry, message));
  });
  const hash = await hashOf(modules, manifest);
  if (integrity !== undefined) {
    if (integrity === hash) return;
    if (!/^sha256-[A-Za-z0-9+/]{43}=$/.test(integrity)) {
      throw fail(`"${integrity}" is no hash`, `it would be #${hash}`);
    }
    throw fail(
      `it has changed: its hash is ${hash}, not ${integrity}`,
      "use that hash if the change is welcome",
    );
  }
  const locked = modules.length > 0 && modules.every(({ url, sha256 }) => lock.remote?.[url] === sha256);
  if (locked) return;
  throw fail(
    `nobody vouches for it; its hash is ${hash}`,
    `add #${hash} to accept this version, or use --trust`,
  );
}

interface Lock {
  readonly specifiers?: Readonly<Record<string, string>>;
  readonly remote?: Readonly<Record<string, string>>;
  readonly npm?: Readonly<Record<string, { readonly integrity?: string }>>;
  readonly jsr?: Readonly<Record<string, { readonly integrity?: string }>>;
}

async function readLock(root: URL): Promise<Lock> {
  if (root.protocol !== "file:") return {};
  try {
    return JSON.parse(await Deno.readTextFile(new URL("deno.lock", root)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

interface RemoteModule {
  readonly url: string;
  /** Hexadecimal, as in `deno.lock`. For a package its name and version. */
  readonly sha256: string;
}

/** What `deno info --json` says of a module. */
interface ModuleInfo {
  readonly specifier: string;
  readonly kind?: string;
  /** Deno's copy; behind the content there may be notes of Deno's. */
  readonly local?: string;
  readonly size?: number;
  readonly error?: string;
}

/** All modules that a module imports, itself included, that come over the network. Downloads them; runs nothing. */
async function remoteModules(entry: string, root: URL): Promise<RemoteModule[]> {
  const config = root.protocol === "file:"
    ? ["--config", decodeURIComponent(new URL("deno.json", root).pathname)]
    : [];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-lock", ...config, entry],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (text === "") throw new Error(new TextDecoder().decode(stderr).trim().split("\n")[0]);
  const info: { modules: ModuleInfo[]; npmPackages?: Record<string, unknown> } = JSON.parse(text);
  const modules = await Promise.all(
    info.modules.filter(({ specifier }) => /^https?:/.test(specifier)).map(
      async ({ specifier, local, size, error }) => {
        if (error !== undefined || local === undefined) throw new Error(error ?? `there is no ${specifier}`);
        return { url: specifier, sha256: await sha256((await Deno.readFile(local)).subarray(0, size)) };
      },
    ),
  );
  // The registry never changes a version that it has.
  const packages = Object.keys(info.npmPackages ?? {}).map((name) => ({ url: `npm:${name}`, sha256: name }));
  const own = await ownPackages(root);
  return [...modules, ...packages.filter(({ sha256: name }) => !own.has(name))]
    .sort((a, b) => a.url < b.url ? -1 : 1);
}

/** Packages that the core itself uses, and that plugins do not bring along. */
async function ownPackages(root: URL): Promise<Set<string>> {
  return new Set(Object.keys((await readLock(root)).npm ?? {}));
}

/** Does not depend on where the plugin is served. */
async function hashOf(modules: readonly RemoteModule[], manifest: unknown): Promise<string> {
  const text = JSON.stringify([manifest ?? null, modules.map(({ sha256 }) => sha256).sort()]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256-${new Uint8Array(digest).toBase64()}`;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
