import type { AudioPlugin, BlockPlugin, CharPlugin, NetPlugin } from "../backend/define.ts";
import type { BoardPlugin } from "../board/board.ts";
import type { DevicePlugin } from "../device/device.ts";
import type { InstrumentPlugin } from "../instrument/define.ts";
import type { IsaPlugin } from "../isa/isa.ts";
import { messageOf, PluginError } from "./error.ts";
import { checkIntegrity, isRemote, mendOfModule, type RemotePolicy, splitIntegrity } from "./integrity.ts";
import { type Kind, KINDS, type Manifest } from "./manifest.ts";
import { didYouMean } from "./nearest.ts";
import { lacksOf } from "./shape.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { isMissing, readManifest, type Source, sourceOf } from "./source.ts";
import { validateManifest } from "./validate.ts";

/** What each kind of plugin's entry exports. */
export interface PluginOf {
  isa: IsaPlugin<unknown>;
  board: BoardPlugin;
  device: DevicePlugin;
  netdev: NetPlugin;
  chardev: CharPlugin;
  block: BlockPlugin;
  audio: AudioPlugin;
  display: { readonly kind: "display"; readonly manifest: Manifest };
  instrument: InstrumentPlugin;
  service: { readonly kind: "service"; readonly manifest: Manifest };
}

/** A plugin that was found; its code is not loaded yet. */
export interface Found {
  readonly manifest: Manifest;
  readonly source: Source;
}

/** Folders of the kinds that do not live in `plugins/KIND/`. */
const FOLDERS: Partial<Record<Kind, string>> = { device: "devices", board: "boards", netdev: "netdev" };
const DEFINE: Record<Kind, string> = {
  isa: "defineIsa",
  board: "defineBoard",
  device: "defineDevice",
  netdev: "defineNetdev",
  chardev: "defineChardev",
  block: "defineBlock",
  display: "defineDisplay",
  audio: "defineAudio",
  instrument: "defineInstrument",
  service: "defineService",
};
const NAME = /^[a-z0-9][a-z0-9_-]*$/;

/** How plugins from elsewhere are met. */
export interface PluginPolicy {
  readonly remote?: RemotePolicy | undefined;
  readonly sandbox?: { readonly grants: ReadonlySet<string> } | undefined;
}

/** Finds plugins by kind and name, and loads those that are used. Reads nothing that nobody asked for. */
export class PluginHost {
  readonly #root: URL;
  readonly #remote: RemotePolicy;
  readonly #grants: ReadonlySet<string> | undefined;
  readonly #sandboxes = new Map<string, Promise<Sandbox>>();
  /** Takes lines for the user. */
  warn: (message: string) => void = (message) => console.error(`emu: ${message}`);
  readonly #added = new Map<string, Found>();
  readonly #found = new Map<string, Promise<Found | undefined>>();

  /**
   * `root` is the folder that holds `devices/`, `boards/` …; default: this project's. `remote` says how plugins from the
   * network are met; default: "check". With `sandbox`, devices that are added run in sandboxes, and other kinds cannot be
   * added; it says which of them get the permissions that their manifests ask for.
   */
  constructor(
    root: URL = new URL("../../", import.meta.url),
    { remote = "check", sandbox }: PluginPolicy = {},
  ) {
    this.#root = root;
    this.#grants = sandbox?.grants;
    this.#remote = remote;
  }

  /**
   * Lets code from elsewhere pass: local code, and remote code with its integrity.
   *
   * @throws {PluginError} if nobody vouches for it.
   */
  async admit(
    who: string,
    { entry, manifest, integrity }: {
      readonly entry: string;
      readonly manifest?: unknown;
      readonly integrity: string | undefined;
    },
  ): Promise<void> {
    if (!isRemote(entry) || this.#remote === "trust" && integrity === undefined) return;
    await checkIntegrity({ who, entry, manifest, integrity, root: this.#root });
  }

  /**
   * Adds a plugin from elsewhere: the path of a manifest or of its folder, or an `https:`, `http:`, `file:`, `npm:` or
   * `jsr:` specifier; what is remote may have its integrity behind it, `#sha256-…`. From then on it is found as the
   * built-in ones are.
   */
  async add(spec: string): Promise<Manifest> {
    const { place, integrity } = splitIntegrity(spec);
    const source = await sourceOf(place);
    const manifest = await validateManifest(await readManifest(source), `plugin ${source.label}`);
    const { kind, name } = manifest;
    const there = this.#added.get(`${kind}/${name}`) ?? await this.find(kind as Kind, name);
    if (there) {
      throw new PluginError(`plugin ${source.label}`, {
        field: "name",
        problem: `there already is a ${kind} "${name}": ${there.source.label}`,
        mend: "rename one of them",
      });
    }
    const entry = source.resolve(manifest.entry);
    await this.admit(`plugin ${source.label}`, { entry, manifest, integrity });
    if (this.#grants && kind !== "device") {
      throw new PluginError(`plugin ${source.label}`, {
        field: "kind",
        problem: `a ${kind} cannot be put into a sandbox, only a device`,
        mend: "leave out --sandbox-plugins if you trust it",
      });
    }
    this.#added.set(`${kind}/${name}`, { manifest, source });
    return manifest;
  }

  /** Adds several; permissions can be granted to them, and to no others. */
  async addAll(specs: Iterable<string>): Promise<void> {
    for (const spec of specs) await this.add(spec);
    const names = Array.from(this.#added.values(), ({ manifest }) => manifest.name);
    for (const name of this.#grants ?? []) {
      if (names.includes(name)) continue;
      const there = names.length > 0 ? `there are ${names.join(", ")}` : "there is none";
      throw new Error(`Cannot grant "${name}" its permissions: no plugin of that name is added; ${there}`);
    }
  }

  /** The plugin's manifest and place, or undefined if there is no such plugin. */
  async find(kind: Kind, name: string): Promise<Found | undefined> {
    const key = `${kind}/${name}`, added = this.#added.get(key);
    if (added) return added;
    if (!NAME.test(name)) return undefined;
    let found = this.#found.get(key);
    if (!found) this.#found.set(key, found = this.#findBuiltIn(kind, name));
    return await found;
  }

  /** The same, but it has to be there. */
  async get(kind: Kind, name: string): Promise<Found> {
    const found = await this.find(kind, name);
    if (found) return found;
    const names = (await this.list(kind)).map(({ manifest }) => manifest.name);
    throw new PluginError(`${kind} "${name}"`, {
      problem: `there is none of that name${didYouMean(name, names)}`,
      mend: names.length > 1
        ? `there are ${names.join(", ")}`
        : `there is ${names.length ? "only" : "no"} ${names[0] ?? kind}`,
    });
  }

  /** Loads a plugin's code. */
  async load<K extends Kind>(kind: K, name: string): Promise<PluginOf[K]> {
    const { manifest, source } = await this.get(kind, name);
    const who = `${kind} "${name}"`;
    const entry = source.resolve(manifest.entry);
    if (this.#grants && this.#added.has(`${kind}/${name}`)) {
      return (await this.#sandboxed(manifest, entry)).plugin() as PluginOf[K];
    }
    let module: { readonly default?: unknown };
    try {
      module = await import(entry);
    } catch (error) {
      throw new PluginError(
        who,
        isMissing(error, entry)
          ? {
            field: "entry",
            problem: `there is no module ${entry}`,
            mend: `correct "entry" in ${source.label}`,
          }
          : {
            field: "entry",
            problem: `loading ${entry} failed: ${messageOf(error)}`,
            mend: mendOfModule(entry, messageOf(error)),
          },
      );
    }
    const plugin = module.default as { readonly kind?: unknown } | undefined;
    if (plugin?.kind === kind) {
      const lacks = lacksOf(kind, plugin);
      if (lacks === undefined) return plugin as PluginOf[K];
      throw new PluginError(who, {
        field: "entry",
        problem: `the default export has no ${lacks} in ${entry}`,
        mend: `give it to ${DEFINE[kind]}(manifest, …)`,
      });
    }
    const is = (KINDS as readonly unknown[]).includes(plugin?.kind)
      ? `the default export is a ${plugin?.kind} plugin`
      : plugin === undefined
      ? "there is no default export"
      : "the default export is no plugin";
    throw new PluginError(who, {
      field: "entry",
      problem: `${is} in ${entry}`,
      mend: `export default ${DEFINE[kind]}(manifest, …)`,
    });
  }

  /**
   * Loads plugins that are about to be used, all at once. Says nothing of what is wrong with them; `load` will.
   *
   * The built-in ones come as the imports of one module, as Deno makes a graph of modules for each `import()`: thirty
   * devices at a time took 180 ms by as many calls, and 60 by one.
   */
  async preload(wanted: Iterable<readonly [kind: Kind, name: string]>): Promise<void> {
    const plugins = Array.from(wanted);
    const found = await Promise.allSettled(plugins.map(([kind, name]) => this.find(kind, name)));
    const entries = found.flatMap((one, n) =>
      one.status === "fulfilled" && one.value && !this.#added.has(plugins[n].join("/"))
        ? [one.value.source.resolve(one.value.manifest.entry)]
        : []
    );
    const all = entries.map((entry) => `import ${JSON.stringify(entry)};`).join("");
    await import(`data:text/javascript,${encodeURIComponent(all)}`).catch(() => {});
    await Promise.allSettled(plugins.map(([kind, name]) => this.load(kind, name)));
  }

  /** Ends the sandboxes. Their devices are dead then. */
  async close(): Promise<void> {
    const sandboxes = [...this.#sandboxes.values()];
    this.#sandboxes.clear();
    for (const sandbox of await Promise.allSettled(sandboxes)) {
      if (sandbox.status === "fulfilled") sandbox.value.close();
    }
  }

  /** The sandbox of a plugin: one for all devices that are made of it. */
  async #sandboxed(manifest: Manifest, entry: string): Promise<Sandbox> {
    const { kind, name, permissions = [] } = manifest;
    let opening = this.#sandboxes.get(name);
    if (opening === undefined) {
      const granted = this.#grants!.has(name) ? permissions : [];
      if (granted.length < permissions.length) {
        this.warn(`${kind} "${name}" asks for ${permissions.join(", ")}; --grant ${name} gives it that`);
      }
      const { Sandbox } = await import("../sandbox/sandbox.ts");
      opening = Sandbox.open({ manifest, entry, granted, detached: (message) => this.warn(message) });
      this.#sandboxes.set(name, opening);
    }
    try {
      return await opening;
    } catch (error) {
      throw new PluginError(`${kind} "${name}"`, {
        field: "entry",
        problem: `loading ${entry} into a sandbox failed: ${messageOf(error)}`,
        mend: "correct the module",
      });
    }
  }

  /** All plugins of a kind, in order of name. Reads their manifests; broken ones are left to who uses them. */
  async list(kind: Kind): Promise<Found[]> {
    const found = [...this.#added.values()].filter(({ manifest }) => manifest.kind === kind);
    const folder = this.#folder(kind);
    if (folder.protocol === "file:") {
      for (const name of await folderNames(folder)) {
        const one = await this.find(kind, name).catch(() => undefined);
        if (one && !found.includes(one)) found.push(one);
      }
    }
    return found.sort((a, b) => a.manifest.name < b.manifest.name ? -1 : 1);
  }

  #folder(kind: Kind): URL {
    return new URL(`${FOLDERS[kind] ?? `plugins/${kind}`}/`, this.#root);
  }

  async #findBuiltIn(kind: Kind, name: string): Promise<Found | undefined> {
    const who = `${kind} "${name}"`;
    const source = await sourceOf(new URL(`${name}/manifest.json`, this.#folder(kind)).href);
    const value = await readManifest(source, { optional: true });
    if (value === undefined) return undefined;
    const manifest = await validateManifest(value, who);
    for (const field of ["kind", "name"] as const) {
      const wanted = { kind, name }[field];
      if (manifest[field] === wanted) continue;
      throw new PluginError(who, {
        field,
        problem: `it says "${manifest[field]}"`,
        mend: `its folder wants "${wanted}" in ${source.label}`,
      });
    }
    return { manifest, source };
  }
}

async function folderNames(folder: URL): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) if (isDirectory) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}
