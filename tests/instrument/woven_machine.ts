import type { TranslatedBlock } from "@emu/core";
import { CounterArena } from "../../core/instrument/counters.ts";
import { CpuWeaver, type WeaverHost } from "../../core/instrument/cpu_weaver.ts";
import type { Output } from "../../core/instrument/output.ts";
import { Owner } from "../../core/instrument/owner.ts";
import arm from "../../plugins/isa/arm/arm.ts";
import { prng } from "../prng.ts";
import type { Image } from "../tiers/compare.ts";
import { TierMachine } from "../tiers/machine.ts";
import type { TierName } from "../tiers/tiers.ts";

const NOWHERE: Output = { format: "text", line() {}, close: () => undefined };

/** A machine in one tier whose translated blocks a function sees; its mistakes are the test's. */
export class WovenTierMachine extends TierMachine {
  readonly counters: CounterArena;
  readonly weaver: CpuWeaver;
  /** "exception 8 > 18", as they came. */
  readonly discontinuities: string[] = [];

  constructor(tier: TierName, image: Image, seed: number) {
    const random = prng(seed);
    super(tier, () => 1 + random.below(150));
    for (const [at, words] of image) this.load(at, words);
    this.counters = new CounterArena(this.space.memory, 1);
    const host = this.#host();
    this.weaver = new CpuWeaver(host, { space: this.space, cpu: this.cpu, isa: arm as never }, 0);
  }

  readonly #hooks: { owner: Owner; run: (block: TranslatedBlock) => void }[] = [];

  /** Lets a function see blocks from here on. */
  watch(run: (block: TranslatedBlock) => void): this {
    this.#hooks.push({ owner: new Owner("test", NOWHERE, "detach"), run });
    this.cpu.instrument = this.weaver;
    return this;
  }

  #host(): WeaverHost {
    const { discontinuities } = this;
    return {
      translateHooks: this.#hooks,
      symbol: () => undefined,
      failed(_, error) {
        throw error;
      },
      guard: (_, run) => void run(),
      returned() {},
      begin() {},
      look() {},
      discontinuity: (_, { kind, from, to }) =>
        void discontinuities.push(`${kind} ${from.toString(16)} > ${to.toString(16)}`),
      flushed() {},
      reset() {},
    };
  }
}
