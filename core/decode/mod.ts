/**
 * Decoding of instruction sets with words of a fixed width: one table of rows, from which decoder, disassembler and
 * random-instruction generator are made. A row is found by a few of its fixed bits, which pick a bucket, and then by
 * comparing.
 *
 * @module
 */
export { type Decoder, decoder, firstOf } from "./decoder.ts";
export { type AnyFields, inst, type Row, type RowOptions, type Syntax } from "./inst.ts";
export { type Fields, type Letters, parsePattern, type Pattern, type Plain, scatter } from "./pattern.ts";
export { randomWord } from "./random.ts";
export { compileSyntax, type Format } from "./syntax.ts";
