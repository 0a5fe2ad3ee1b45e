/** Stacks, outermost first, with their weights, as a file of https://www.speedscope.app. */
export function speedscope(
  name: string,
  stacks: ReadonlyMap<string, { readonly frames: readonly string[]; readonly weight: number }>,
): object {
  const numbers = new Map<string, number>();
  const numberOf = (frame: string) => {
    let number = numbers.get(frame);
    if (number === undefined) numbers.set(frame, number = numbers.size);
    return number;
  };
  const samples = [...stacks.values()].map(({ frames }) => frames.map(numberOf));
  const weights = [...stacks.values()].map(({ weight }) => weight);
  return {
    $schema: "https://www.speedscope.app/file-format-schema.json",
    exporter: "emu",
    name,
    activeProfileIndex: 0,
    shared: { frames: [...numbers.keys()].map((frame) => ({ name: frame })) },
    profiles: [{
      type: "sampled",
      name: "instructions",
      unit: "none",
      startValue: 0,
      endValue: weights.reduce((sum, weight) => sum + weight, 0),
      samples,
      weights,
    }],
  };
}
