import { assertEquals } from "@std/assert";
import { coerce, parseInteger } from "./coerce.ts";

const INTEGERS: readonly (readonly [string, number | undefined])[] = [
  ["0", 0],
  ["64", 64],
  ["-3", -3],
  ["+3", 3],
  ["-0", 0],
  ["0x1000", 4096],
  ["0X1F", 31],
  ["16_000", 16000],
  ["128K", 128 * 1024],
  ["128M", 128 * 2 ** 20],
  ["1g", 2 ** 30],
  ["2GiB", 2 ** 31],
  ["4kB", 4096],
  ["1T", 2 ** 40],
  [" 7 ", 7],
  ["", undefined],
  ["M", undefined],
  ["1.5", undefined],
  ["1e3", undefined],
  ["0x", undefined],
  ["12x", undefined],
  ["9999999999999999999", undefined],
];
for (const [text, value] of INTEGERS) {
  Deno.test(`integer "${text}" is ${value ?? "none"}`, () => assertEquals(parseInteger(text), value));
}

const VALUES: readonly (readonly [string, string, unknown])[] = [
  ["boolean", "on", true],
  ["boolean", "OFF", false],
  ["boolean", "yes", true],
  ["boolean", "0", false],
  ["boolean", "maybe", "maybe"],
  ["number", "1.5", 1.5],
  ["number", "2K", 2048],
  ["number", "", ""],
  ["number", "Infinity", "Infinity"],
  ["integer", "1.5", "1.5"],
  ["string", "0x10", "0x10"],
];
for (const [type, text, value] of VALUES) {
  Deno.test(`property text "${text}" of type ${type} becomes ${JSON.stringify(value)}`, () => {
    assertEquals(coerce(text, { type }), value);
  });
}
