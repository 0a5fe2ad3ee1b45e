import { bits, defineDevice, registerBank, registerDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

/** What is on the ring: the kind of bus is a name, its shape is what its host and its devices agree on. */
export interface RingNode {
  readonly number: number;
  value(): number;
}

const BANK = registerBank({
  SELECT: { at: 0x0, fields: { NODE: bits.rw(7, 0) } },
  VALUE: { at: 0x4, access: "r" },
  COUNT: { at: 0x8, access: "r" },
});

export default defineDevice(manifest, {
  size: 0x10,
  hosts: { bus: "sensor-ring", many: true },
  create(context) {
    const nodes = context.children<RingNode>("sensor-ring").map(({ device }) => device);
    const s = { ...BANK.reset }, { SELECT } = BANK.fields(s);
    return registerDevice(context, {
      state: s,
      registers: BANK.rows(s, {
        VALUE: { read: () => nodes.find(({ number }) => number === SELECT.NODE)?.value() ?? 0xffff_ffff },
        COUNT: { read: () => nodes.length },
      }),
    });
  },
});
