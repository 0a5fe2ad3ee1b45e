import { assertEquals } from "@std/assert";
import integratorcp from "./integratorcp.ts";

const README = await Deno.readTextFile(new URL("./README.md", import.meta.url));
const { devices, aliases, memory, slots } = integratorcp.create({ ram: 128 << 20, cpu: undefined }, {});

/** Rows of the table below a heading, as lists of cells without code marks. */
function table(heading: string): string[][] {
  const [, section] = README.split(`\n## ${heading}\n`);
  return section.split("\n## ")[0].split("\n").filter((line) => line.startsWith("|")).slice(2).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", ""))
  );
}

function hex(address: number): string {
  return `0x${address.toString(16).padStart(8, "0").replace(/^(....)/, "$1_")}`;
}

Deno.test("integratorcp's README has the board's memory map", () => {
  const places = [
    ...Object.entries({ ...memory, ...aliases }).map(([name, { at }]) => [at, name, ""] as const),
    ...Object.entries(devices).map(([name, { at, use }]) => [at!, name, use] as const),
    [slots![0].at, `${slots!.length} slots`, ""] as const,
  ];
  places.sort(([a, , useA], [b, , useB]) => a - b || useA.localeCompare(useB));
  assertEquals(
    table("Memory map").map(([at, name, use]) => [at, name, use]),
    places.map(([at, name, use]) => [hex(at), name, use]),
  );
});

Deno.test("integratorcp's README has the board's interrupts", () => {
  const rows: (readonly [string, string])[] = [];
  for (const [name, { out }] of Object.entries(devices)) {
    for (const [line, to] of Object.entries(out ?? {})) {
      for (const input of [to].flat()) {
        if (/^(pic|sic|cic|cpu)\./.test(input)) rows.push([input, `${name}.${line}`]);
      }
    }
  }
  for (const irq of new Set(slots!.map(({ irq }) => irq))) rows.push([irq, "slots"]);
  const order = ([to, from]: readonly [string, string]) =>
    to.replace(/\d+/, (digits) => digits.padStart(2, "0")) + from;
  rows.sort((a, b) => order(a) < order(b) ? -1 : 1);
  assertEquals(table("Interrupts").map(([to, from]) => [to, from]), rows.map((row) => [...row]));
});
