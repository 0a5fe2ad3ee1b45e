import type { Manifest, PropertiesOf } from "../plugin/manifest.ts";
import type { Emu } from "./api.ts";

/** Registers what the plugin wants to see. Throws with a message for the user if the properties make no sense. */
export type Install<P> = (emu: Emu, properties: P) => void | Promise<void>;

/** An instrumentation plugin's entry. */
export interface InstrumentPlugin<P = Record<string, unknown>> {
  /** Tells it from other kinds of plugin. */
  readonly kind: "instrument";
  /** What `manifest.json` holds. */
  readonly manifest: Manifest;
  /** Called once, before the guest runs. */
  readonly install: Install<P>;
}

/** Declares an instrumentation plugin. The types of `properties` are read off the imported manifest. */
export function defineInstrument<const M extends Manifest>(
  manifest: M,
  install: Install<PropertiesOf<M>>,
): InstrumentPlugin<PropertiesOf<M>> {
  return { kind: "instrument", manifest, install };
}
