/**
 * Snapshots as text: JSON, with what JSON lacks written as one-key objects: numbers that are not finite, typed arrays.
 *
 * @module
 */

type TypedArray = Uint8Array | Uint16Array | Uint32Array | Int8Array | Int16Array | Int32Array | Float64Array;
const ARRAYS = { Uint8Array, Uint16Array, Uint32Array, Int8Array, Int16Array, Int32Array, Float64Array };

/** Throws, with its path, at anything that is no plain data. */
export function toText(state: unknown): string {
  return JSON.stringify(encode(state, "state"));
}

export function fromText(text: string): unknown {
  return decode(JSON.parse(text));
}

function encode(value: unknown, path: string): unknown {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $number: Object.is(value, -0) ? "-0" : `${value}` };
    case "string":
    case "boolean":
      return value;
    case "object":
      if (value === null) return value;
      if (ArrayBuffer.isView(value)) {
        const name = value.constructor.name;
        if (!(name in ARRAYS)) throw new Error(`${path} is a ${name}`);
        return { [`$${name}`]: [...value as TypedArray] };
      }
      if (Array.isArray(value)) return value.map((item, i) => encode(item, `${path}[${i}]`));
      if (Object.getPrototypeOf(value) !== Object.prototype) throw new Error(`${path} is no plain object`);
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, encode(item, `${path}.${key}`)]),
      );
    default:
      throw new Error(`${path} is ${typeof value}`);
  }
}

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0][0].startsWith("$")) {
    const [[key, content]] = entries;
    return key === "$number" ? Number(content) : ARRAYS[key.slice(1) as keyof typeof ARRAYS].from(content);
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, decode(item)]));
}
