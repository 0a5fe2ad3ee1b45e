/**
 * Imports point one way: plugins see the core through its one door, and the core sees no plugin.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { pluginFolders } from "./plugins.ts";

const ROOT = new URL("../../", import.meta.url);
const { imports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT))) as {
  imports: Record<string, string>;
};

for (const { path, url } of pluginFolders()) {
  Deno.test(`import contract: ${path} imports the core by its name, libraries, and its own files`, () => {
    const wrong = filesOf(url).filter((file) => !isTestCode(file)).flatMap((file) =>
      importsOf(file).filter((specifier) => {
        if (!isPath(specifier)) return !isLibrary(specifier);
        const { href } = new URL(specifier, file);
        // What plugins of one kind share lies beside their folders.
        return !href.startsWith(url.href) && new URL(".", href).href !== new URL("../", url).href;
      }).map((specifier) => `${file.href.slice(ROOT.href.length)}: ${specifier}`)
    );
    assertEquals(wrong, []);
  });
}

Deno.test("import contract: the core imports itself, libraries, and no plugin", () => {
  const core = new URL("core/", ROOT);
  const wrong = filesOf(core).filter((file) => !isTestCode(file)).flatMap((file) =>
    importsOf(file).filter((specifier) => {
      if (!isPath(specifier)) return specifier === "@emu/core" || !isLibrary(specifier);
      return !new URL(specifier, file).href.startsWith(core.href);
    }).map((specifier) => `${file.href.slice(ROOT.href.length)}: ${specifier}`)
  );
  assertEquals(wrong, []);
});

Deno.test("import contract: every way to write an import is seen", () => {
  const text = [
    'import a from "./a.ts";',
    'import {\n  b,\n} from "./b.ts";',
    'export * from "./c.ts";',
    'import "./d.ts";',
    'const e = await import("./e.ts");',
    'type F = import("./f.ts").F;',
    '// The import of "x" is no import, nor is one "from" elsewhere.',
  ].join("\n");
  assertEquals(specifiersIn(text), ["./a.ts", "./b.ts", "./c.ts", "./d.ts", "./e.ts", "./f.ts"]);
});

function isPath(specifier: string): boolean {
  return /^\.{0,2}\//.test(specifier);
}

/** A name of the import map, or a module that comes with Deno. */
function isLibrary(specifier: string): boolean {
  return specifier in imports || specifier.startsWith("node:");
}

/** Tests, and what only they use, may reach for whatever they test with. */
function isTestCode({ pathname }: URL): boolean {
  return /(_test|_testing|\/testing)\.ts$|\/testing\//.test(pathname);
}

function filesOf(folder: URL): URL[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesOf(new URL(`${name}/`, folder)) : name.endsWith(".ts") ? [new URL(name, folder)] : []
  );
}

function importsOf(file: URL): string[] {
  return specifiersIn(Deno.readTextFileSync(file));
}

function specifiersIn(text: string): string[] {
  const form = /^(?:import|export)\s(?:[^;"']*?\sfrom\s*)?"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;
  return [...text.matchAll(form)].map(([, statement, call]) => statement ?? call);
}
