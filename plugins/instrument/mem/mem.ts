import { type AccessKind, defineInstrument, type MemoryAccess } from "@emu/core";
import { hex } from "../hex.ts";
import manifest from "./manifest.json" with { type: "json" };

export default defineInstrument(manifest, (emu, properties) => {
  const { io, regions, print } = properties, track = properties.track as AccessKind;
  const callback = properties.callback || io || regions || print;
  const inline = properties.inline && !callback;
  const accesses = emu.counter();
  // A number in an array is not allocated anew when it grows large.
  const called = new Float64Array(1);
  let devices = 0;
  const byRegion = new Map<string, { reads: number; writes: number }>();

  emu.onTranslate((block) => {
    for (const instruction of block.instructions) {
      if (inline) instruction.addPerAccess(track, accesses);
      else instruction.onAccess(track, see);
    }
  });

  function see(_: unknown, access: MemoryAccess): void {
    called[0]++;
    if (io && access.io) devices++;
    if (regions) {
      const name = regionOf(access);
      let region = byRegion.get(name);
      if (region === undefined) byRegion.set(name, region = { reads: 0, writes: 0 });
      if (access.write) region.writes++;
      else region.reads++;
    }
    if (print) {
      const { address, size, write, value } = access;
      const text = `${write ? "write" : "read"} ${size} ${hex(address)} = 0x${value.toString(16)}`;
      emu.print(text, { address, size, write, value });
    }
  }

  /** Name on the board of what was accessed. */
  function regionOf(access: MemoryAccess): string {
    const { physical, device } = access;
    if (device !== undefined) return device;
    if (physical === undefined) return "unmapped";
    return emu.target.ram.find(({ address, size }) => physical >= address && physical < address + size)
      ?.name ??
      "other memory";
  }

  const result = () => ({
    accesses: inline ? accesses.sum() : called[0],
    ...io && { io: devices },
    ...regions && { regions: Object.fromEntries(byRegion) },
  });
  emu.report({
    text: () =>
      [
        `mem accesses: ${result().accesses}`,
        ...io ? [`io accesses: ${devices}`] : [],
        ...[...byRegion].map(([name, { reads, writes }]) => `${name}: ${reads} reads, ${writes} writes`),
      ].join("\n"),
    json: result,
  });
});
