import { type Decoder, decoder } from "./decode.ts";
import { BLOCK } from "./a32_block.ts";
import { BRANCH } from "./a32_branch.ts";
import { A32_COPROCESSOR } from "./a32_coprocessor.ts";
import { DATA_PROCESSING } from "./a32_data_processing.ts";
import { DSP } from "./a32_dsp.ts";
import { EXTRA_LOAD_STORE } from "./a32_extra_load_store.ts";
import { LOAD_STORE } from "./a32_load_store.ts";
import { MULTIPLY } from "./a32_multiply.ts";
import { STATUS } from "./a32_status.ts";
import { UNCONDITIONAL } from "./a32_unconditional.ts";
import { T16_BRANCH } from "./t16_branch.ts";
import { T16_DATA_PROCESSING } from "./t16_data_processing.ts";
import { T16_LOAD_STORE } from "./t16_load_store.ts";
import { VFP } from "./vfp.ts";
import type { ArmFeatures, ArmRow } from "./rows.ts";
import type { Arm } from "./translator.ts";

/** A32 with conditions 0000–1110. */
export const A32: readonly ArmRow[] = [
  ...DATA_PROCESSING,
  ...MULTIPLY,
  ...DSP,
  ...STATUS,
  ...LOAD_STORE,
  ...EXTRA_LOAD_STORE,
  ...BLOCK,
  ...BRANCH,
  ...A32_COPROCESSOR,
  ...VFP,
];

/** A32 with condition 1111. */
export const A32_UNCONDITIONAL: readonly ArmRow[] = [...UNCONDITIONAL];

/** Thumb. */
export const T16: readonly ArmRow[] = [...T16_DATA_PROCESSING, ...T16_LOAD_STORE, ...T16_BRANCH];

/** The decoders of one CPU model. */
export interface ArmDecoders {
  readonly a32: Decoder<Arm>;
  readonly unconditional: Decoder<Arm>;
  readonly t16: Decoder<Arm>;
}

const made = new WeakMap<ArmFeatures, ArmDecoders>();

/** Decoders that know the encodings of a CPU with these features. Made once for each features object. */
export function decodersFor(features: ArmFeatures): ArmDecoders {
  let decoders = made.get(features);
  if (!decoders) {
    const known = (rows: readonly ArmRow[]) =>
      decoder(rows.filter(({ needs }) => needs === undefined || features[needs as keyof ArmFeatures]));
    decoders = { a32: known(A32), unconditional: known(A32_UNCONDITIONAL), t16: known(T16) };
    made.set(features, decoders);
  }
  return decoders;
}

const ALL: ArmFeatures = { thumb: true, v5: true, v5e: true, jazelle: true, vfp: true };

/** Decoders that know all encodings. Made when first asked for. */
export function decodersForAll(): ArmDecoders {
  return decodersFor(ALL);
}
