import { LoaderError } from "../loader/error.ts";
import { gunzip } from "../loader/gzip.ts";
import { fromBytes, toPieces } from "../plain_data.ts";
import { messageOf } from "../plugin/error.ts";
import type { MachineSnapshot } from "./snapshot.ts";

/**
 * Snapshots as files: a line that says what it is, the SHA-256 of the rest, and one gzip member (RFC 1952) of the
 * snapshot as `plain_data.ts` writes it.
 *
 * @module
 */

/** The number is the format's; it changes when files of before can no longer be read. */
const MAGIC = "Emu snapshot 1\n";
/** Bytes of a SHA-256; Deno's `DecompressionStream` does not look at gzip's own check. */
const DIGEST = 32;
/** Most bytes in all: guests have 32-bit addresses so far. */
const MOST = 2 ** 32;
/** A snapshot as a file's bytes, compressed. */
export async function encodeSnapshot(snapshot: MachineSnapshot): Promise<Uint8Array<ArrayBuffer>> {
  const content = new Blob(toPieces(snapshot, "snapshot"));
  const zipped = content.stream().pipeThrough(new CompressionStream("gzip"));
  const body = await new Response(zipped).bytes();
  return await new Blob([MAGIC, await crypto.subtle.digest("SHA-256", body), body]).bytes();
}

/**
 * Reads such a file.
 *
 * @throws {Error} "Cannot restore the snapshot: …" if it is none, or damaged.
 */
export async function decodeSnapshot(file: Uint8Array): Promise<MachineSnapshot> {
  const fail = (problem: string): never => {
    throw new Error(`Cannot restore the snapshot: ${problem}`);
  };
  const head = new TextDecoder().decode(file.subarray(0, MAGIC.length));
  if (!head.startsWith("Emu snapshot ")) return fail("it is none of Emu's");
  if (head !== MAGIC) return fail(`it has format ${parseInt(head.slice(13))}, and this Emu reads 1`);
  const digest = file.subarray(MAGIC.length, MAGIC.length + DIGEST), body = file.slice(MAGIC.length + DIGEST);
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  if (digest.length < DIGEST || found.some((byte, i) => byte !== digest[i])) {
    return fail("the file is damaged: its checksum is wrong");
  }
  let content: Uint8Array;
  try {
    content = await gunzip(body, { what: "it", limit: MOST });
  } catch (error) {
    if (error instanceof LoaderError) return fail(`the file is damaged: ${error.message}`);
    throw error;
  }
  let snapshot: unknown;
  try {
    snapshot = fromBytes(content);
  } catch (error) {
    return fail(`the file is damaged: ${messageOf(error)}`);
  }
  return isSnapshot(snapshot) ? snapshot : fail("the file is damaged: something is missing");
}

function isSnapshot(value: unknown): value is MachineSnapshot {
  const { cpu, time, memory, devices, lines } = record(value) ? value : {};
  return record(cpu) && record(cpu.fields) && record(cpu.state) &&
    record(time) && Number.isFinite(time.now) && Number.isFinite(time.epoch) &&
    record(memory) && Object.values(memory).every(isMemory) &&
    record(devices) && Object.values(devices).every((entry) => record(entry) && record(entry.state)) &&
    Array.isArray(lines);
}

function isMemory(value: unknown): boolean {
  if (!record(value)) return false;
  const { pages, bytes } = value;
  return pages instanceof Uint32Array && bytes instanceof Uint8Array &&
    bytes.length === pages.length * 4096 &&
    pages.every((page, n) => n === 0 || page > pages[n - 1]);
}

function record(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
