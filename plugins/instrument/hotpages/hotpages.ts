import { defineInstrument, type MemoryAccess } from "@emu/core";
import { hex } from "../hex.ts";
import manifest from "./manifest.json" with { type: "json" };

interface Page {
  readonly address: number;
  reads: number;
  writes: number;
}

const ORDER: Readonly<Record<string, (a: Page, b: Page) => number>> = {
  all: (a, b) => b.reads + b.writes - a.reads - a.writes,
  reads: (a, b) => b.reads - a.reads,
  writes: (a, b) => b.writes - a.writes,
  address: (a, b) => a.address - b.address,
};

export default defineInstrument(manifest, (emu, { limit, pagesize, sortby, io }) => {
  if ((pagesize & (pagesize - 1)) !== 0) {
    throw new Error(`Cannot use pages of ${pagesize} bytes: no power of two`);
  }
  const shift = Math.log2(pagesize), pages = new Map<number, Page>();
  let last: Page | undefined;

  emu.onTranslate((block) => {
    for (const instruction of block.instructions) instruction.onAccess("both", see);
  });

  function see(_: unknown, access: MemoryAccess): void {
    if (io && !access.io) return;
    const at = (io ? access.physical! : access.address) >>> shift;
    let page = last?.address === at ? last : pages.get(at);
    if (page === undefined) pages.set(at, page = { address: at, reads: 0, writes: 0 });
    last = page;
    if (access.write) page.writes++;
    else page.reads++;
  }

  const hottest = () =>
    [...pages.values()].sort(ORDER[sortby]).slice(0, limit)
      .map(({ address, reads, writes }) => ({ address: address * pagesize, reads, writes }));
  emu.report({
    text: () =>
      ["Addr, Reads, Writes", ...hottest().map((p) => `${hex(p.address)}, ${p.reads}, ${p.writes}`)].join(
        "\n",
      ),
    json: () => ({ pages: pages.size, hottest: hottest() }),
  });
});
