/** The folder the guests are built into, and its record of what was made from what. */

/** Where things are; all paths are absolute. */
export interface Place {
  /** The folder that gets `arm/…`. */
  out: string;
  /** Packages, source tree, objects: gone after a build, unless it is kept. */
  build: string;
  logs: string;
  /** Puts a finished file at `name` below `out`, whole or not at all. */
  put(name: string, from: string): Promise<void>;
}

/** What one product was made from, and what came out. */
interface Made {
  /** SHA-256 of the inputs. */
  inputs: string;
  /** File below `out` → SHA-256. */
  files: Record<string, string>;
}

/** The place of a build into `out`. */
export function placeAt(out: string): Place {
  return {
    out,
    build: `${out}/build`,
    logs: `${out}/log`,
    put: async (name, from) => {
      const to = `${out}/${name}`;
      await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
      await Deno.copyFile(from, `${to}.part`);
      await Deno.rename(`${to}.part`, to);
    },
  };
}

/** Whether a product's files are there, unchanged since they were made, and made from these inputs. */
export async function isMade(place: Place, { product, inputs }: { product: string; inputs: string }) {
  const made = (await readRecord(place))[product];
  if (made?.inputs !== await sha256(new TextEncoder().encode(inputs))) return false;
  for (const [name, digest] of Object.entries(made.files)) {
    if (await digestOf(place, name) !== digest) return false;
  }
  return true;
}

/** Records that a product's files were made from these inputs. */
export async function recordMade(
  place: Place,
  { product, inputs, files }: { product: string; inputs: string; files: readonly string[] },
) {
  const digests = await Promise.all(files.map(async (name) => [name, await digestOf(place, name)]));
  const made = {
    inputs: await sha256(new TextEncoder().encode(inputs)),
    files: Object.fromEntries(digests),
  };
  const record = { ...await readRecord(place), [product]: made };
  await Deno.writeTextFile(recordOf(place), JSON.stringify(record, null, 2) + "\n");
}

function recordOf(place: Place): string {
  return `${place.out}/made.json`;
}

/** The record; nothing is made where there is none that can be read. */
async function readRecord(place: Place): Promise<Record<string, Made>> {
  try {
    return JSON.parse(await Deno.readTextFile(recordOf(place)));
  } catch {
    return {};
  }
}

async function digestOf(place: Place, name: string): Promise<string> {
  const content = await Deno.readFile(`${place.out}/${name}`).catch(() => undefined);
  return content ? await sha256(content) : "";
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Removes a folder that need not be there. */
export async function removeFolder(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
