import { assertEquals } from "@std/assert";
import { API_VERSION } from "@emu/core";

/** One exported declaration, as `deno doc --json` says it. */
interface Symbol {
  readonly name: string;
}

const CORE = new URL("../../core/mod.ts", import.meta.url);

/** The names that `@emu/core` exports, types among them. */
async function exportedNames(): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "--quiet", CORE.pathname],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as {
    nodes: Record<string, { readonly symbols: readonly Symbol[] }>;
  };
  return [...new Set(Object.values(nodes).flatMap(({ symbols }) => symbols.map(({ name }) => name)))].sort();
}

/** Names that plugins of this version may count on: `UPDATE=1 deno test -A tests/contract/api_test.ts` adds new ones. */
const LIST = new URL("api.json", import.meta.url);

Deno.test("no name of the public API has gone since its version was made", async () => {
  const names = await exportedNames();
  if (Deno.env.get("UPDATE")) {
    await Deno.writeTextFile(LIST, `${JSON.stringify({ version: API_VERSION, names }, null, 2)}\n`);
  }
  const listed: { version: number; names: string[] } = JSON.parse(await Deno.readTextFile(LIST));
  assertEquals(listed.version, API_VERSION, "a new version begins with a new list");
  assertEquals(listed.names.filter((name) => !names.includes(name)), []);
});
