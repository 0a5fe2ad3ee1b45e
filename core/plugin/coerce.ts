import type { PropertySchema } from "./manifest.ts";
import { isUnit, parseQuantity, type Unit } from "./quantity.ts";

const SUFFIX = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 } as const;
const BOOLEANS: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  yes: true,
  1: true,
  off: false,
  false: false,
  no: false,
  0: false,
};

/** An integer as users write it: decimal or 0x…, with K, M, G or T for powers of 1024. Undefined if it is not one. */
export function parseInteger(text: string): number | undefined {
  const match = /^([+-]?)(0x[0-9a-f]+|\d+)(?:([kmgt])(?:i?b)?)?$/i.exec(text.trim().replaceAll("_", ""));
  if (!match) return undefined;
  const [, sign, digits, suffix = ""] = match;
  const value = Number(digits) * SUFFIX[suffix.toLowerCase() as keyof typeof SUFFIX];
  if (!Number.isSafeInteger(value)) return undefined;
  return sign === "-" && value !== 0 ? -value : value;
}

/** A property's value from the command line. What does not fit the schema's type stays a string, for validation. */
export function coerce(text: string, { type, unit }: Pick<PropertySchema, "type" | "unit">): unknown {
  if (isUnit(unit)) return quantity(text, { type, unit });
  switch (type) {
    case "integer":
      return parseInteger(text) ?? text;
    case "number":
      return parseInteger(text) ??
        (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);
    case "boolean":
      return BOOLEANS[text.toLowerCase()] ?? text;
    default:
      return text;
  }
}

function quantity(text: string, { type, unit }: { readonly type: string; readonly unit: Unit }): unknown {
  const value = parseQuantity(text, unit);
  return value === undefined || type === "integer" && !Number.isSafeInteger(value) ? text : value;
}
