import { LoaderError } from "../loader/error.ts";
import { gunzip } from "../loader/gzip.ts";
import { messageOf } from "../plugin/error.ts";
import type { MachineSnapshot } from "./snapshot.ts";

/**
 * Snapshots as files: a line that says what it is, the SHA-256 of the rest, and one gzip member (RFC 1952) that holds
 * the length of a JSON text, the text, and the bytes that it refers to. What JSON lacks stands in it as an object with one
 * key that begins with "$".
 *
 * @module
 */

/** The number is the format's; it changes when files of before can no longer be read. */
const MAGIC = "Emu snapshot 1\n";
/** Bytes of a SHA-256; Deno's `DecompressionStream` does not look at gzip's own check. */
const DIGEST = 32;
/** Most bytes of JSON: device states are kilobytes. */
const MOST_JSON = 64 << 20;
/** Most bytes in all: guests have 32-bit addresses so far. */
const MOST = 2 ** 32;
/** Deepest nesting. */
const DEEPEST = 100;

const ARRAYS = {
  Uint8Array,
  Uint16Array,
  Uint32Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
} as const;
type ArrayName = keyof typeof ARRAYS;

/** A snapshot as a file's bytes, compressed. */
export async function encodeSnapshot(snapshot: MachineSnapshot): Promise<Uint8Array<ArrayBuffer>> {
  const blobs: Uint8Array[] = [];
  let at = 0;
  const json = new TextEncoder().encode(JSON.stringify(plain(snapshot, "snapshot", (bytes) => {
    const from = at;
    blobs.push(bytes);
    at += bytes.length;
    return from;
  })));
  const length = new Uint8Array(Uint32Array.of(json.length).buffer);
  const content = new Blob([length, json, ...blobs as Uint8Array<ArrayBuffer>[]]);
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
  if (content.length < 4) return fail("the file is damaged: it is too short");
  const length = new DataView(content.buffer).getUint32(0, true);
  if (length > MOST_JSON || 4 + length > content.length) return fail("the file is damaged");
  let snapshot: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(content.subarray(4, 4 + length));
    snapshot = rich(JSON.parse(text), content.subarray(4 + length), 0);
  } catch (error) {
    return fail(`the file is damaged: ${messageOf(error)}`);
  }
  return isSnapshot(snapshot) ? snapshot : fail("the file is damaged: something is missing");
}

/** As JSON has it; throws, with its path, at what is no plain data. */
function plain(value: unknown, path: string, keep: (bytes: Uint8Array) => number): unknown {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $number: Object.is(value, -0) ? "-0" : `${value}` };
    case "bigint":
      return { $bigint: `${value}` };
    case "string":
    case "boolean":
      return value;
    case "undefined":
      return { $undefined: true };
    case "object":
      break;
    default:
      throw new Error(`Cannot save ${path}: it is a ${typeof value}`);
  }
  if (value === null) return value;
  if (Array.isArray(value)) return value.map((item, i) => plain(item, `${path}[${i}]`, keep));
  if (ArrayBuffer.isView(value)) {
    const name = value.constructor.name;
    if (!Object.hasOwn(ARRAYS, name)) throw new Error(`Cannot save ${path}: it is a ${name}`);
    const { buffer, byteOffset, byteLength } = value;
    return { $array: [name, keep(new Uint8Array(buffer, byteOffset, byteLength)), byteLength] };
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new Error(`Cannot save ${path}: it is no plain object`);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key.startsWith("$")) throw new Error(`Cannot save ${path}: it has a member "${key}"`);
      return [key, plain(item, `${path}.${key}`, keep)];
    }),
  );
}

function rich(value: unknown, blobs: Uint8Array, depth: number): unknown {
  if (depth > DEEPEST) throw new Error("it is nested too deeply");
  if (Array.isArray(value)) return value.map((item) => rich(item, blobs, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value), [first] = entries;
  if (first?.[0].startsWith("$")) return special(first[0], first[1], blobs);
  return Object.fromEntries(entries.map(([key, item]) => [key, rich(item, blobs, depth + 1)]));
}

function special(key: string, content: unknown, blobs: Uint8Array): unknown {
  if (key === "$number") return Number(content);
  if (key === "$bigint") return BigInt(String(content));
  if (key === "$undefined") return undefined;
  if (key !== "$array" || !Array.isArray(content)) throw new Error(`"${key}" is unknown`);
  const [name, at, length] = content as [ArrayName, number, number];
  if (!Object.hasOwn(ARRAYS, name) || !(at >= 0 && length >= 0 && at + length <= blobs.length)) {
    throw new Error("bytes are missing");
  }
  return new ARRAYS[name](blobs.slice(at, at + length).buffer);
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
