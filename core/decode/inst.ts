import { type Fields, gatherExpression, parsePattern, type Pattern } from "./pattern.ts";

/** Field values of an encoding whose letters are not known to the type checker. */
export type AnyFields = Readonly<Record<string, number>>;

/**
 * One instruction encoding: what decoder, disassembler, random generator and coverage know about it. `T` is what
 * the ISA hands to the row that translates: its translation context.
 */
export interface Row<T> {
  /** Mnemonic, unique in its decoder or nearly so: for messages. */
  readonly name: string;
  /** Its bit string, taken apart. */
  readonly pattern: Pattern;
  /** Assembly text: a template (see `syntax.ts`), or a function of fields and address. */
  readonly syntax: string | ((fields: AnyFields, address: number) => string);
  /** Feature of the CPU model without which the encoding does not exist. */
  readonly needs: string | undefined;
  /** Whether the manual leaves the encoding with these fields UNPREDICTABLE. */
  unpredictable(fields: AnyFields): boolean;
  /** Field values of an instruction word. */
  extract(word: number): AnyFields;
  /** Translates an instruction word that this row matches. */
  emit(t: T, word: number): void;
}

/** What few rows need. */
export interface RowOptions<P extends string> {
  /** Feature of the CPU model without which the encoding does not exist. */
  readonly needs?: string;
  /** Encodings that the manual leaves UNPREDICTABLE. They are decoded all the same, but never generated. */
  readonly unpredictable?: (fields: Fields<P>) => boolean;
}

/** How the text of an instruction is given. */
export type Syntax<P extends string> = string | ((fields: Fields<P>, address: number) => string);

/** Declares an encoding: name, bit string, assembly text, meaning. */
export function inst<T, const P extends string>(
  name: string,
  bits: P,
  syntax: Syntax<P>,
  emit: (t: T, fields: Fields<P>) => void,
  options: RowOptions<P> = {},
): Row<T> {
  const pattern = parsePattern(bits);
  const fields = Object.entries(pattern.fields).map(([letter, at]) => `${letter}: ${gatherExpression(at)}`);
  // Compiled, so that each row has its own extraction and its own call site of `emit`.
  const compiled = new Function(
    "emit",
    `return { extract: (w) => ({ ${fields} }), emit: (t, w) => emit(t, { ${fields} }) };`,
  )(emit) as Pick<Row<T>, "extract" | "emit">;
  return {
    name,
    pattern,
    syntax: syntax as Row<T>["syntax"],
    needs: options.needs,
    unpredictable: (options.unpredictable ?? never) as Row<T>["unpredictable"],
    ...compiled,
  };
}

function never(): boolean {
  return false;
}
