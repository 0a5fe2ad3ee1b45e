import { assert, assertEquals } from "@std/assert";
import { Ajv } from "ajv";
import fc from "fast-check";
import { API_VERSION, KINDS, type PropertySchema } from "./manifest.ts";
import schema from "./manifest.schema.json" with { type: "json" };
import { plainlyFits, plainlyValid } from "./plain.ts";

const ajv = new Ajv({ strict: false });
const judge = ajv.compile(schema);

const scalar = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.double({ min: -20, max: 20 }),
  fc.boolean(),
  fc.constantFrom("", "a", "on", "12"),
  fc.constant(null),
  fc.constant([]),
);
const bound = fc.integer({ min: -9, max: 9 });
/** What every valid schema of a property may hold. */
const keywords = {
  description: fc.constant("what it is"),
  default: scalar,
  enum: fc.uniqueArray(scalar, { minLength: 1, maxLength: 3 }),
  minimum: bound,
  maximum: bound,
  pattern: fc.constantFrom("^[a-z]+$", "^\\d+$", ""),
  unit: fc.constantFrom("bytes", "us", "Hz"),
  multipleOf: fc.constant(3),
};
const validProperty = fc.record(
  { type: fc.constantFrom("string", "integer", "number", "boolean"), ...keywords },
  { requiredKeys: ["type", "description"] },
);
const anyProperty = fc.record(
  {
    ...keywords,
    type: fc.constantFrom("string", "integer", "object"),
    description: fc.constantFrom("what it is", ""),
    enum: fc.oneof(keywords.enum, fc.constantFrom([], "a")),
    unit: fc.constantFrom("us", "parsec", 3),
    minimum: fc.oneof(bound, fc.constant("0")),
    pattern: fc.constantFrom("^[a-z]+$", "("),
  },
  { requiredKeys: ["type"] },
);
/** Mostly the good value, so that whole manifests can be right. */
const mostly = (good: unknown, ...bad: unknown[]) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(good) }, {
    weight: 1,
    arbitrary: fc.constantFrom(good, ...bad),
  });

const manifest = fc.record(
  {
    name: mostly("pl011", "a-b_c", "Bad", "", "-x"),
    kind: mostly("device", ...KINDS, "gadget"),
    api: mostly(API_VERSION, 1.5, "1", 99),
    version: mostly("1.0.0", "", 1),
    summary: mostly("It is.", ""),
    entry: mostly("./x.ts", "x.ts", "./", "", 3),
    bus: mostly("ps2", "", 1),
    properties: fc.oneof(
      fc.dictionary(fc.constantFrom("clock", "b-1"), validProperty, { maxKeys: 2 }),
      fc.dictionary(fc.constantFrom("clock", "9x", ""), anyProperty, { maxKeys: 2 }),
      fc.constant([]),
    ),
    extra: fc.constant(1),
  },
  { requiredKeys: ["name", "kind", "api", "version", "summary", "entry"] },
);

Deno.test("what is plainly a valid manifest is one by the schema", () => {
  let plain = 0;
  fc.assert(
    fc.property(manifest, (value) => {
      if (!plainlyValid(value)) return;
      plain++;
      assert(judge(value), ajv.errorsText(judge.errors));
    }),
    { numRuns: 5000 },
  );
  assert(plain > 100, `only ${plain} were`);
});

Deno.test("what plainly fits a property's schema does by JSON Schema", () => {
  let plain = 0;
  fc.assert(
    fc.property(validProperty, scalar, (propertySchema, value) => {
      if (!plainlyFits(value, propertySchema as unknown as PropertySchema)) return;
      plain++;
      assert(ajv.validate(propertySchema, value), ajv.errorsText());
    }),
    { numRuns: 20_000 },
  );
  assert(plain > 20, `only ${plain} did`);
});

Deno.test("the manifest's schema knows the kinds that the core knows", () => {
  assertEquals([...schema.properties.kind.enum], [...KINDS]);
});

Deno.test("every manifest of the project is plainly valid, so that running a machine loads no ajv", async () => {
  const root = new URL("../../", import.meta.url);
  for (const folder of ["devices", "boards", "netdev", ...KINDS.map((kind) => `plugins/${kind}`)]) {
    for (const name of await names(new URL(`${folder}/`, root))) {
      const file = new URL(`${folder}/${name}/manifest.json`, root);
      const text = await Deno.readTextFile(file).catch(() => undefined);
      if (text !== undefined) assert(plainlyValid(JSON.parse(text)), file.pathname);
    }
  }
});

async function names(folder: URL): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).filter((e) => e.isDirectory).map((e) => e.name);
  } catch {
    return [];
  }
}
