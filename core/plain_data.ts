/**
 * Plain data as bytes: the length of a JSON text, the text, and the bytes that it refers to. What JSON lacks stands in
 * the text as an object with one key that begins with "$".
 *
 * @module
 */

/** Most bytes of JSON: what is big is in typed arrays. */
const MOST_JSON = 64 << 20;
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

/** The pieces of a value's bytes; `name` begins the paths of complaints. Throws "Cannot save …" at what is no plain data. */
export function toPieces(value: unknown, name: string): Uint8Array<ArrayBuffer>[] {
  const blobs: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  const json = new TextEncoder().encode(JSON.stringify(plain(value, name, (bytes) => {
    const from = at;
    blobs.push(bytes);
    at += bytes.length;
    return from;
  })));
  return [new Uint8Array(Uint32Array.of(json.length).buffer), json, ...blobs];
}

/** The value whose bytes these are. Throws if they are none's; a typed array in it is a copy. */
export function fromBytes(bytes: Uint8Array): unknown {
  if (bytes.length < 4) throw new Error("it is too short");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (length > MOST_JSON || 4 + length > bytes.length) throw new Error("it is too short");
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.slice(4, 4 + length));
  return rich(JSON.parse(text), bytes.subarray(4 + length), 0);
}

/** As JSON has it; throws, with its path, at what is no plain data. */
function plain(value: unknown, path: string, keep: (bytes: Uint8Array<ArrayBuffer>) => number): unknown {
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
    return {
      $array: [name, keep(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)), byteLength],
    };
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
