import { type Counter, defineInstrument } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

/** Bytes of an entry: offset in the module (4), size (2), number of the module (2). */
const ENTRY = 8;
/** Bytes that an offset can tell apart. */
const MODULE = 2 ** 32;

/** The file that DynamoRIO's drcov writes, version 2. Each 4 GiB of the address space are a module. */
export default defineInstrument(manifest, (emu, { filename }) => {
  const blocks = new Map<
    string,
    { readonly address: number; readonly size: number; readonly runs: Counter }
  >();
  emu.onTranslate((block) => {
    const { address, size } = block, key = `${address} ${size}`;
    let seen = blocks.get(key);
    if (seen === undefined) blocks.set(key, seen = { address, size, runs: emu.counter() });
    block.add(seen.runs);
  });

  emu.onExit(async () => {
    const run = [...blocks.values()].filter(({ runs }) => runs.sum() > 0);
    const modules = [...new Set(run.map(({ address }) => Math.floor(address / MODULE)))];
    const head = new TextEncoder().encode(
      [
        "DRCOV VERSION: 2",
        "DRCOV FLAVOR: drcov-64",
        `Module Table: version 2, count ${modules.length}`,
        "Columns: id, base, end, entry, path",
        ...modules.map((module, id) => {
          const base = module * MODULE, end = base + MODULE - 1;
          return `${id}, 0x${base.toString(16)}, 0x${end.toString(16)}, 0x0, ${emu.target.board}`;
        }),
        `BB Table: ${run.length} bbs`,
        "",
      ].join("\n"),
    );
    const bytes = new Uint8Array(head.length + ENTRY * run.length), view = new DataView(bytes.buffer);
    bytes.set(head);
    for (const [i, { address, size }] of run.entries()) {
      const at = head.length + ENTRY * i;
      view.setUint32(at, address % MODULE, true);
      view.setUint16(at + 4, size, true);
      view.setUint16(at + 6, modules.indexOf(Math.floor(address / MODULE)), true);
    }
    await emu.writeFile(filename, bytes);
  });
});
