/**
 * What the tests of this folder share.
 *
 * @module
 */
import fc from "fast-check";
import { LoaderError } from "./error.ts";

const GUESTS = new URL("../../../shared/guests/arm/", import.meta.url);

/** One of the real guest's files; undefined when the guests are not beside the project. */
export function guestFile(name: string): Uint8Array | undefined {
  try {
    return Deno.readFileSync(new URL(name, GUESTS));
  } catch {
    return undefined;
  }
}

/** Registers a test that runs where all it needs is there; elsewhere its name says what is missing. */
export function testWith(needs: Record<string, unknown>, name: string, fn: () => void | Promise<void>): void {
  const missing = Object.keys(needs).filter((key) => needs[key] === undefined || needs[key] === false);
  const reason = missing.length ? ` (ignored: no ${missing.join(", no ")} here)` : "";
  Deno.test({ name: name + reason, ignore: missing.length > 0, fn });
}

export function hasTool(name: string): boolean {
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

/** Runs a tool on bytes given on its standard input; `args` may speak of them as "-". */
export async function runTool(
  name: string,
  args: string[],
  input?: Uint8Array | string,
): Promise<Uint8Array> {
  const child = new Deno.Command(name, { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const written = (async () => {
    const writer = child.stdin.getWriter();
    await writer.write(
      typeof input === "string" ? new TextEncoder().encode(input) : input ?? new Uint8Array(),
    );
    await writer.close();
  })();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`${name} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  await written;
  return stdout;
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** A copy with some 32-bit words changed: `patched(file, "big", { 4: 12 })`. */
export function patched(
  bytes: Uint8Array,
  endian: "little" | "big",
  words: Record<number, number>,
): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (const [at, word] of Object.entries(words)) view.setUint32(Number(at), word, endian === "little");
  return copy;
}

/** Damaged copies of a file: bytes and words overwritten, the end cut off, garbage behind. */
export function damaged(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.oneof(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: Math.min(bytes.length, 128) - 1 }));
  const word = fc.oneof(
    fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fffc, bytes.length),
    fc.nat({ max: 2 * bytes.length }),
    fc.nat({ max: 0xffff_ffff }),
  );
  const change = fc.record({ at, word, width: fc.constantFrom(1, 2, 4), little: fc.boolean() });
  return fc.record({
    changes: fc.array(change, { maxLength: 6 }),
    length: fc.option(fc.nat({ max: bytes.length }), { freq: 3 }),
    tail: fc.uint8Array({ maxLength: 16 }),
  }).map(({ changes, length, tail }) => {
    const copy = new Uint8Array(bytes.length + 4);
    copy.set(bytes);
    const view = new DataView(copy.buffer);
    for (const { at, word, width, little } of changes) {
      if (width === 1) view.setUint8(at, word);
      else if (width === 2) view.setUint16(at, word, little);
      else view.setUint32(at, word, little);
    }
    return new Uint8Array([...copy.subarray(0, length ?? bytes.length), ...tail]);
  });
}

/** What one damaged file may cost; a hundred times what a good one does, and far below a hang. */
const SLOW = 500;

/** Runs a loader over a damaged file: it may succeed or complain, and nothing else. */
export async function survives(load: () => unknown): Promise<void> {
  const start = performance.now();
  try {
    await load();
  } catch (error) {
    if (!(error instanceof LoaderError)) throw error;
    if (/undefined|NaN|\[object/.test(error.message)) throw new Error(`bad message: ${error.message}`);
  }
  const took = performance.now() - start;
  if (took > SLOW) throw new Error(`took ${took} ms`);
}
