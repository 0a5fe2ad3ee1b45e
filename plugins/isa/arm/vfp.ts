import type { ArmRow } from "./rows.ts";
import { VFP_DATA_PROCESSING } from "./vfp_data_processing.ts";
import { VFP_LOAD_STORE } from "./vfp_load_store.ts";
import { VFP_TRANSFER } from "./vfp_transfer.ts";

/** VFPv2, which is coprocessors 10 (single precision) and 11 (double precision). */
export const VFP: readonly ArmRow[] = [...VFP_DATA_PROCESSING, ...VFP_LOAD_STORE, ...VFP_TRANSFER];
