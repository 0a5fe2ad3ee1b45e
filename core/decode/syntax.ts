import type { AnyFields, Row } from "./inst.ts";

/** Turns fields into a piece of assembly text. */
export type Format = (fields: AnyFields, address: number) => string;

/**
 * Compiles the text of a row. A template holds names in braces, `"mul{S}{c} {d}, {m}, {s}"`, which stand for the
 * ISA's formats of that name; everything else is literal. Throws on a name without a format.
 */
export function compileSyntax<T>(row: Row<T>, formats: Readonly<Record<string, Format>>): Format {
  const { syntax } = row;
  if (typeof syntax === "function") return syntax;
  const parts = syntax.split(/\{(\w+)\}/).map((part, i): Format => {
    if (i % 2 === 0) return () => part;
    if (!(part in formats)) throw new Error(`Cannot print "${row.name}": there is no format "${part}"`);
    return formats[part];
  });
  return (fields, address) => parts.map((part) => part(fields, address)).join("");
}
