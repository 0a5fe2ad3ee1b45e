import { assertEquals, assertRejects } from "@std/assert";
import { PluginError } from "./error.ts";
import type { Manifest } from "./manifest.ts";
import { validateProperties } from "./validate.ts";

const MANIFEST: Manifest = {
  name: "thing",
  kind: "device",
  api: 1,
  version: "1.0.0",
  summary: "A thing.",
  entry: "./thing.ts",
  properties: {
    clock: {
      type: "integer",
      description: "its clock in Hz",
      default: 1000,
      minimum: 1,
      maximum: 0x1_0000_0000,
    },
    mode: { type: "string", description: "how it works", enum: ["slow", "fast"], default: "slow" },
    chardev: { type: "string", description: "its channel" },
    wait: { type: "boolean", description: "whether it waits", default: true },
    even: { type: "integer", description: "an even number", multipleOf: 2 } as Manifest["properties"] extends
      infer P | undefined ? P[keyof P] : never,
  },
};
const who = 'device "thing"';

Deno.test("properties that nobody set have their defaults, or are absent", async () => {
  assertEquals(await validateProperties({}, { who, manifest: MANIFEST }), {
    clock: 1000,
    mode: "slow",
    wait: true,
  });
});

Deno.test("properties given as texts become what their schema wants", async () => {
  const given = { clock: "0x10", wait: "off", chardev: "7", even: "4K" };
  assertEquals(await validateProperties(given, { who, manifest: MANIFEST }), {
    clock: 16,
    mode: "slow",
    wait: false,
    chardev: "7",
    even: 4096,
  });
});

const WRONG: readonly (readonly [string, Record<string, unknown>, string])[] = [
  [
    "a name that is not there",
    { speed: 1 },
    'property "speed": there is none of that name; it has chardev, clock,',
  ],
  ["a name that is nearly there", { clok: 1 }, '(did you mean "clock"?)'],
  ["a name of Object.prototype", { constructor: 1 }, 'property "constructor": there is none'],
  [
    "a text that is no integer",
    { clock: "fast" },
    'property "clock": "fast" must be integer; it is its clock in Hz',
  ],
  ["a number below the minimum", { clock: 0 }, 'property "clock": 0 must be >= 1'],
  ["a number above the maximum", { clock: "8G" }, 'property "clock": 8589934592 must be <= 4294967296'],
  ["a word that is no choice", { mode: "fats" }, 'property "mode": "fats" must be one of slow, fast'],
  ["a value of another type", { chardev: 3 }, 'property "chardev": 3 must be string'],
  ["what only JSON Schema knows", { even: 3 }, 'property "even": 3 must be multiple of 2'],
];
for (const [what, given, message] of WRONG) {
  Deno.test(`properties are refused for ${what}`, async () => {
    const error = await assertRejects(
      () => validateProperties(given, { who, manifest: MANIFEST }),
      PluginError,
      message,
    );
    assertEquals(error.message.startsWith('Cannot use device "thing": '), true);
    assertEquals(error.message.includes("\n"), false);
  });
}
