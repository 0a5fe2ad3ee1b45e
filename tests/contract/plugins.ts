/** Finds every plugin of the tree by its manifest. */

const ROOT = new URL("../../", import.meta.url);

/** A plugin's folder. */
export interface PluginFolder {
  readonly url: URL;
  /** Last part of its path. */
  readonly name: string;
  /** Path from the project's root: "devices/pl011". */
  readonly path: string;
}

/** Folders that hold plugins: those with a manifest below `devices/`, `boards/`, `netdev/` and `plugins/KIND/`. */
export function pluginFolders(): PluginFolder[] {
  const homes = ["devices", "boards", "netdev", ...folders("plugins").map((kind) => `plugins/${kind}`)];
  return homes.flatMap((home) =>
    folders(home).map((name) => ({ name, path: `${home}/${name}`, url: new URL(`${home}/${name}/`, ROOT) }))
  ).filter(({ url }) => exists(new URL("manifest.json", url)));
}

function folders(path: string): string[] {
  const url = new URL(`${path}/`, ROOT);
  if (!exists(url)) return [];
  return [...Deno.readDirSync(url)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();
}

export function exists(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch {
    return false;
  }
}
