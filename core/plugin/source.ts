import { messageOf, PluginError } from "./error.ts";

/** Where a plugin comes from. */
export interface Source {
  /** For messages. */
  readonly label: string;
  /** What `import()` takes for the manifest. */
  readonly manifest: string;
  /** What `import()` takes for a module named by the manifest, "./x.ts". */
  resolve(entry: string): string;
}

/** What a user names a plugin by: a path, a URL, or a specifier of a package. */
export async function sourceOf(spec: string): Promise<Source> {
  if (/^(npm|jsr):/.test(spec)) {
    const label = spec.replace(/\/(manifest\.json)?$/, "");
    return {
      label,
      manifest: `${label}/manifest.json`,
      resolve: (entry) => `${label}/${entry.replace(/^\.\//, "")}`,
    };
  }
  const url = /^(https?|file):/.test(spec) ? urlOf(spec) : await pathUrl(spec);
  if (!url.pathname.endsWith(".json")) {
    url.pathname = `${url.pathname.replace(/\/$/, "")}/manifest.json`;
  }
  const manifest = url.href;
  const label = url.protocol === "file:" ? shortPath(url) : manifest;
  return { label, manifest, resolve: (entry) => new URL(entry, manifest).href };
}

/** Reads a manifest; undefined if it is optional and not there. */
export async function readManifest(source: Source, { optional = false } = {}): Promise<unknown> {
  const who = `plugin ${source.label}`;
  const missing = new PluginError(who, {
    field: "manifest",
    problem: "there is no manifest.json",
    mend: "name its folder, or the manifest itself",
  });
  let text: string;
  try {
    if (/^(npm|jsr):/.test(source.manifest)) {
      return (await import(source.manifest, { with: { type: "json" } })).default;
    }
    const got = await readText(new URL(source.manifest));
    if (got === undefined && optional) return undefined;
    if (got === undefined) throw missing;
    text = got;
  } catch (error) {
    if (error instanceof PluginError) throw error;
    throw new PluginError(who, { field: "manifest", problem: messageOf(error) });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PluginError(who, {
      field: "manifest",
      problem: `it is not JSON: ${messageOf(error)}`,
      mend: "correct it",
    });
  }
}

/** Whether an import failed because that very module is not there, and not one that it imports. */
export function isMissing(error: unknown, entry: string): boolean {
  if (!(error instanceof TypeError)) return false;
  // The lines that follow name the importing modules.
  const [line] = error.message.split("\n", 1);
  return /not found|Unable to load|Cannot find/i.test(line) && line.includes(entry);
}

/** A URL, or a path from the working directory, as a URL. */
export function urlOf(place: string): URL {
  if (/^(https?|file):/.test(place)) return new URL(place);
  return new URL(encodePath(place), new URL(`file://${encodePath(Deno.cwd())}/`));
}

async function pathUrl(path: string): Promise<URL> {
  const url = urlOf(path);
  const isFile = await Deno.stat(url).then(({ isFile }) => isFile, () => false);
  if (isFile && !url.pathname.endsWith(".json")) {
    throw new PluginError(`plugin ${path}`, {
      field: "manifest",
      problem: "it is a file, and no manifest (.json)",
      mend: "name its folder, or the manifest itself",
    });
  }
  return url;
}

async function readText(url: URL): Promise<string | undefined> {
  if (url.protocol === "file:") {
    try {
      return await Deno.readTextFile(url);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
        return undefined;
      }
      throw error;
    }
  }
  const response = await fetch(url);
  if (response.status === 404) {
    await response.body?.cancel();
    return undefined;
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the server says ${response.status} ${response.statusText}`);
  }
  return await response.text();
}

function shortPath(url: URL): string {
  return decodeURIComponent(url.pathname);
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
