/** The kinds of plugin that there is a template of: a folder each in `templates/`, a plugin that works. */
export const TEMPLATES = ["device", "board", "netdev", "instrument", "isa"] as const;
/** See `TEMPLATES`. */
export type Template = typeof TEMPLATES[number];

const ROOT = new URL("../", import.meta.url);
/** What the core and the tests of a template import, by the import map. */
const IMPORTS = ["@emu/core", "@std/assert", "ajv"];
const TEXT = /\.(ts|json|md|s)$/;

/** How a template's copy differs from it. */
export interface Copy {
  readonly name: string;
  /** Where it goes. */
  readonly folder: string;
}

/** Copies a template under another name, with a configuration that knows this core's place; gives the files' names. */
export async function copyTemplate(template: Template, { name, folder }: Copy): Promise<string[]> {
  const from = new URL(`cli/templates/${template}/`, ROOT);
  await Deno.mkdir(folder, { recursive: true });
  const files: string[] = [];
  for await (const { name: file } of Deno.readDir(from)) {
    const bytes = await Deno.readFile(new URL(file, from));
    const renamed = rename(file, template, name);
    files.push(renamed);
    const content = TEXT.test(file)
      ? new TextEncoder().encode(rename(new TextDecoder().decode(bytes), template, name))
      : bytes;
    await Deno.writeFile(`${folder}/${renamed}`, content, { createNew: true });
  }
  await Deno.writeTextFile(`${folder}/deno.json`, await configuration(), { createNew: true });
  return [...files, "deno.json"].sort();
}

/** Writes a name in place of the template's, in each of its spellings, and the places of this Emu. */
function rename(text: string, template: Template, name: string): string {
  const camel = (words: string) => words.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const snake = (words: string) => words.replaceAll("-", "_");
  const old = `my-${template}`;
  return text
    .replaceAll(old, name)
    .replaceAll(snake(old), snake(name))
    .replaceAll(camel(old), camel(name))
    .replaceAll("deno run -A emu.ts", `deno run -A ${pathOf("emu.ts")}`)
    .replaceAll("EMU_FOLDER", ROOT.href);
}

/** A `deno.json` with which the copy's files find the core from wherever they are. */
async function configuration(): Promise<string> {
  const { default: { imports, compilerOptions } } = await import("../deno.json", { with: { type: "json" } });
  const entries = Object.entries(imports).filter(([name]) => IMPORTS.includes(name)).map(([name, target]) => [
    name,
    target.startsWith("./") ? new URL(target, ROOT).href : target,
  ]);
  const config = {
    imports: Object.fromEntries(entries),
    compilerOptions,
    fmt: { lineWidth: 110 },
    nodeModulesDir: "none",
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** A file of Emu's as a command line names it. */
export function pathOf(file: string): string {
  const url = new URL(file, ROOT);
  return url.protocol === "file:" ? decodeURIComponent(url.pathname) : url.href;
}

/** Whether there is something of that name. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
