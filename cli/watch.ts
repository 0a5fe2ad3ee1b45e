import { messageOf } from "../core/plugin/error.ts";
import { isRemote } from "../core/plugin/integrity.ts";
import { urlOf } from "../core/plugin/source.ts";
import { fail, say } from "./main.ts";
import type { Options } from "./options.ts";

/** Milliseconds without a change before plugins are loaded again: editors write in several steps. */
const CALM = 150;
const MOST_FILES = 5000;
const LEFT_OUT = new Set([".git", "node_modules"]);

/**
 * `--watch-plugins`: runs a machine, and builds it anew whenever a file of its plugins changes. A plugin that cannot be
 * loaded is waited for. `run` gives the exit status, and ends its machine when the signal says so.
 */
export async function watchMachine(
  options: Options,
  run: (options: Options, restart: AbortSignal) => Promise<number>,
): Promise<number> {
  const watch = await PluginWatch.open(options.plugins);
  try {
    for (let first = true;; first = false) {
      const plugins = await watch.mirror(), restart = new AbortController();
      const changed = watch.changed().then(() => restart.abort());
      try {
        const status = await run({ ...options, plugins }, restart.signal);
        if (!restart.signal.aborted) return status;
      } catch (error) {
        if (error instanceof Error) error.message = watch.unmirrored(error.message);
        if (first) throw error;
        fail(error);
        say("emu: Waiting for the plugins to change");
        await changed;
      }
      say("emu: Plugins have changed: the machine starts anew");
    }
  } finally {
    await watch.close();
  }
}

/**
 * The files of plugins. A module that was imported once stays as it was; so each time plugins are loaded from a new
 * folder, which holds links to all of their files at the same places below.
 */
class PluginWatch {
  readonly #specs: readonly string[];
  readonly #folders: readonly string[];
  #files = new Set<string>();
  #seen = "";
  #generation: string | undefined;
  #watcher: Deno.FsWatcher | undefined;

  private constructor(specs: readonly string[], folders: readonly string[]) {
    this.#specs = specs;
    this.#folders = folders;
  }

  static async open(specs: readonly string[]): Promise<PluginWatch> {
    const folders = await Promise.all(specs.filter((spec) => !isRemote(spec)).map(folderOf));
    return new PluginWatch(specs, folders);
  }

  /** Makes the next folder; gives the specifiers of the plugins there. */
  async mirror(): Promise<string[]> {
    await this.#drop();
    const generation = this.#generation = await Deno.makeTempDir({ prefix: "emu-plugins-" });
    this.#files = await filesOf(this.#folders);
    this.#seen = await fingerprint(this.#files);
    for (const file of this.#files) {
      const link = `${generation}${file}`;
      await Deno.mkdir(link.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.symlink(file, link);
    }
    let next = 0;
    return this.#specs.map((spec) => isRemote(spec) ? spec : `${generation}${this.#folders[next++]}`);
  }

  /** Waits until files are not what they were when they were last mirrored, and change no more. */
  async changed(): Promise<void> {
    const places = new Set([
      ...this.#folders,
      ...[...this.#files].map((file) => file.replace(/\/[^/]*$/, "")),
    ]);
    const watcher = this.#watcher = Deno.watchFs([...places], { recursive: true });
    let calm: ReturnType<typeof setTimeout> | undefined;
    const done = Promise.withResolvers<void>();
    const look = async () => {
      if (await fingerprint(await filesOf(this.#folders)) !== this.#seen) done.resolve();
    };
    void (async () => {
      for await (const _ of watcher) {
        clearTimeout(calm);
        calm = setTimeout(() => void look().catch(() => {}), CALM);
      }
    })();
    await done.promise;
    this.#closeWatcher();
  }

  /** A message with the files' own names. */
  unmirrored(message: string): string {
    return this.#generation === undefined ? message : message.replaceAll(this.#generation, "");
  }

  async close(): Promise<void> {
    this.#closeWatcher();
    await this.#drop();
  }

  #closeWatcher(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  async #drop(): Promise<void> {
    if (this.#generation === undefined) return;
    await Deno.remove(this.#generation, { recursive: true }).catch(() => {});
    this.#generation = undefined;
  }
}

/** The plugin's folder, as a path. */
async function folderOf(spec: string): Promise<string> {
  const path = decodeURIComponent(urlOf(spec).pathname).replace(/\/$/, "");
  const real = await Deno.realPath(path.endsWith(".json") ? path.replace(/\/[^/]*$/, "") || "/" : path)
    .catch(() => undefined);
  if (real !== undefined) return real;
  throw new Error(`Cannot watch the plugin ${spec}: there is no such folder`);
}

/** All files in the folders, and modules elsewhere that theirs import. */
async function filesOf(folders: readonly string[]): Promise<Set<string>> {
  const files = new Set<string>();
  for (const folder of folders) {
    await walk(folder, files);
    for (const module of await importedBy(folder)) files.add(module);
  }
  return files;
}

async function walk(folder: string, files: Set<string>): Promise<void> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    if (LEFT_OUT.has(name)) continue;
    if (isDirectory) await walk(`${folder}/${name}`, files);
    else if (isFile) files.add(`${folder}/${name}`);
    if (files.size > MOST_FILES) {
      throw new Error(`Cannot watch the plugin in ${folder}: it has more than ${MOST_FILES} files`);
    }
  }
}

/** Local modules outside a plugin's folder that it imports by their places; the core is not among them. */
async function importedBy(folder: string): Promise<string[]> {
  try {
    const { entry } = JSON.parse(await Deno.readTextFile(`${folder}/manifest.json`)) as { entry: string };
    const core = new URL("../core/", import.meta.url).href;
    const config = decodeURIComponent(new URL("../deno.json", import.meta.url).pathname);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--no-lock", "--config", config, `${folder}/${entry}`],
      stdin: "null",
      stderr: "null",
    }).output();
    const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
      modules: { specifier: string; error?: string }[];
    };
    return modules
      .filter(({ specifier, error }) =>
        specifier.startsWith("file:") && error === undefined && !specifier.startsWith(core)
      )
      .map(({ specifier }) => decodeURIComponent(new URL(specifier).pathname))
      .filter((path) => !path.startsWith(`${folder}/`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return []; // it will be loaded in vain
    throw new Error(`Cannot watch the plugin in ${folder}: ${messageOf(error)}`);
  }
}

async function fingerprint(files: ReadonlySet<string>): Promise<string> {
  const lines = await Promise.all([...files].map(async (file) => {
    const info = await Deno.stat(file).catch(() => undefined);
    return `${file} ${info?.size} ${info?.mtime?.getTime()}`;
  }));
  return lines.sort().join("\n");
}
