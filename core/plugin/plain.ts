import { isUnit } from "./quantity.ts";
import { API_VERSION, KINDS, type Manifest, type PropertySchema } from "./manifest.ts";

/**
 * What is plainly right, found by a few comparisons, so that the judge of the rest (`validate.ts`) need not be loaded.
 * Everything that passes here passes `ajv` with `manifest.schema.json`; the tests hold the two together.
 *
 * @module
 */

/** Keywords of a property's schema that `plainlyFits` knows. */
const PLAIN_KEYWORDS = new Set([
  "type",
  "description",
  "default",
  "enum",
  "minimum",
  "maximum",
  "pattern",
  "list",
  "unit",
]);

/** Whether a value certainly fits a valid schema. False also means: not known. */
export function plainlyFits(value: unknown, schema: PropertySchema): boolean {
  for (const keyword in schema) if (!PLAIN_KEYWORDS.has(keyword)) return false;
  if (schema.enum && !schema.enum.includes(value)) return false;
  if (typeof value === "string") {
    return schema.type === "string" &&
      (schema.pattern === undefined || new RegExp(schema.pattern, "u").test(value));
  }
  if (typeof value === "boolean") return schema.type === "boolean";
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  const { type, minimum = -Infinity, maximum = Infinity } = schema;
  return (type === "number" || type === "integer" && Number.isInteger(value)) && value >= minimum &&
    value <= maximum;
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u") instanceof RegExp;
  } catch {
    return false;
  }
}

const MANIFEST_TEXTS = ["name", "version", "summary", "entry"] as const;
const MANIFEST_KEYS = new Set([...MANIFEST_TEXTS, "kind", "api", "bus", "properties"]);
const PROPERTY_TYPES = new Set(["string", "integer", "number", "boolean"]);

/** Whether a manifest is certainly valid. False also means: not known. */
export function plainlyValid(value: unknown): value is Manifest {
  if (!isRecord(value) || value.api !== API_VERSION) return false;
  if (!(KINDS as readonly unknown[]).includes(value.kind)) return false;
  for (const key in value) if (!MANIFEST_KEYS.has(key)) return false;
  if (!MANIFEST_TEXTS.every((key) => typeof value[key] === "string" && value[key] !== "")) return false;
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(value.name as string)) return false;
  if (!/^\.\/./.test(value.entry as string)) return false;
  if (value.bus !== undefined && (typeof value.bus !== "string" || value.bus === "")) return false;
  if (value.properties === undefined) return true;
  return isRecord(value.properties) &&
    Object.entries(value.properties).every(([name, property]) =>
      /^[A-Za-z][A-Za-z0-9._-]*$/.test(name) && plainProperty(property)
    );
}

function plainProperty(property: unknown): boolean {
  if (!isRecord(property) || !PROPERTY_TYPES.has(property.type as string)) return false;
  if (typeof property.description !== "string" || property.description === "") return false;
  for (const keyword in property) if (!PLAIN_KEYWORDS.has(keyword)) return false;
  const { enum: values, minimum = 0, maximum = 0, pattern = "", list = false } = property;
  if (typeof list !== "boolean") return false;
  if (values !== undefined && !(Array.isArray(values) && values.length > 0)) return false;
  if (typeof minimum !== "number" || typeof maximum !== "number" || typeof pattern !== "string") return false;
  if (!isPattern(pattern) || property.unit !== undefined && !isUnit(property.unit)) return false;
  return property.default === undefined ||
    plainlyFits(property.default, property as unknown as PropertySchema);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
