/** The core's decoder tables, as this plugin's rows use them. */
export {
  type AnyFields,
  compileSyntax,
  type Decoder,
  decoder,
  type Fields,
  firstOf,
  type Format,
  inst,
  parsePattern,
  type Pattern,
  randomWord,
  type Row,
  type RowOptions,
  type Syntax,
} from "@emu/core";
