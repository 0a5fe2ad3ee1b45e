import { assertEquals, assertRejects } from "@std/assert";
import { parseQuantity, quantityFault, type Unit } from "./quantity.ts";
import { validateProperties } from "./validate.ts";

const QUANTITIES: readonly (readonly [string, Unit, number | undefined])[] = [
  ["64K", "bytes", 65536],
  ["64KiB", "bytes", 65536],
  ["0x100", "bytes", 256],
  ["1.5M", "bytes", 1.5 * 2 ** 20],
  ["100B", "bytes", 100],
  ["10ms", "bytes", undefined],
  ["10ms", "us", 10_000],
  ["10ms", "s", 0.01],
  ["0.1ms", "us", 100],
  ["10", "ms", 10],
  ["2 s", "ms", 2000],
  ["3µs", "ns", 3000],
  ["1ns", "us", 0.001],
  ["-5ms", "ms", -5],
  ["5m", "s", undefined],
  ["24MHz", "Hz", 24e6],
  ["14.7456MHz", "Hz", 14_745_600],
  ["100k", "Hz", 100_000],
  ["32_768", "Hz", 32768],
  ["64KB", "Hz", undefined],
  ["", "Hz", undefined],
  ["fast", "Hz", undefined],
  ["toString", "Hz", undefined],
];
for (const [text, unit, value] of QUANTITIES) {
  Deno.test(`"${text}" is ${value === undefined ? "no quantity" : `${value}`} in ${unit}`, () =>
    assertEquals(parseQuantity(text, unit), value));
}

Deno.test("what is wrong with a quantity is said in the words of its unit", () => {
  assertEquals(quantityFault("5 parsecs", "us"), {
    problem: '"5 parsecs" is no time',
    mend: "write it as 500us, 10ms or 2s",
  });
  assertEquals(quantityFault("1ns", "us").problem, '"1ns" is no whole number of us');
});

const MANIFEST = {
  name: "timer",
  kind: "device",
  api: 1,
  version: "1.0.0",
  summary: "A timer",
  entry: "./timer.ts",
  properties: {
    period: { type: "integer", unit: "us", default: 100, minimum: 10, description: "time of a turn" },
    rate: { type: "integer", unit: "Hz", default: 1000, description: "clock" },
    size: { type: "integer", unit: "bytes", default: 64, description: "of its memory" },
  },
} as const;
const validate = (values: Record<string, unknown>) =>
  validateProperties(values, { who: 'device "timer"', manifest: MANIFEST });

Deno.test("properties with units come to the plugin in its own", async () => {
  assertEquals(await validate({ period: "10ms", rate: "24MHz", size: "64K" }), {
    period: 10_000,
    rate: 24e6,
    size: 65536,
  });
  assertEquals(await validate({ period: 20 }), { period: 20, rate: 1000, size: 64 });
});

Deno.test("a property's wrong quantity is one line with the value and how to write it", async () => {
  const WRONG: readonly (readonly [Record<string, unknown>, string])[] = [
    [
      { period: "ten" },
      'Cannot use device "timer": property "period": "ten" is no time; write it as 500us, 10ms or 2s',
    ],
    [{ period: "1ns" }, 'property "period": "1ns" is no whole number of us; write it as'],
    [{ period: "1us" }, 'property "period": 1 us must be >= 10; it is time of a turn'],
    [{ rate: "64Q" }, 'property "rate": "64Q" is no frequency; write it as 32768, 100kHz or 24MHz'],
    [{ size: "1ms" }, 'property "size": "1ms" is no size; write it as 512, 64K or 2M'],
  ];
  for (const [values, says] of WRONG) await assertRejects(() => validate(values), Error, says);
});
