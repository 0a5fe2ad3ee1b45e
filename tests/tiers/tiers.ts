import { POLICY } from "../../core/tier/policy.ts";

/** Policy of each tier: low thresholds, so that short programs come to run in it. */
const POLICIES = {
  /** Tier 0 alone: the reference. */
  interpreter: { accel: "interp", policy: {} },
  /** Blocks as functions, no regions. */
  blocks: { accel: "jit", policy: { hot: 2, batch: 1, urgent: 2, share: -1 } },
  /** Regions of whatever runs, as soon as it runs. */
  regions: {
    accel: "jit",
    policy: {
      hot: 2,
      batch: 1,
      urgent: 2,
      share: Infinity,
      samples: 1,
      recording: 60,
      rareEdge: 0,
      coverage: 0.001,
      regionsPerRecording: 8,
    },
  },
  /** The same, with several blocks a module and regions that leave rare edges out. */
  "small regions": {
    accel: "jit",
    policy: {
      hot: 3,
      batch: 4,
      urgent: 9,
      share: Infinity,
      samples: 1,
      recording: 40,
      rareEdge: 0.3,
      coverage: 0.05,
      regionBlocks: 4,
    },
  },
} as const;

export type TierName = keyof typeof POLICIES;

/** The reference first. */
export const TIERS = Object.keys(POLICIES) as readonly TierName[];

/** Whether a tier is to make regions. */
export function makesRegions(tier: TierName): boolean {
  return POLICIES[tier].accel === "jit" && POLICIES[tier].policy.share > 0;
}

/** Does something under the policy of a tier, which is global. */
export function inTier<T>(tier: TierName, work: (accel: "interp" | "jit") => T): T {
  const { accel, policy } = POLICIES[tier], before = { ...POLICY };
  Object.assign(POLICY, policy);
  try {
    return work(accel);
  } finally {
    Object.assign(POLICY, before);
  }
}
