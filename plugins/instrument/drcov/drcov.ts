import { type Counter, defineInstrument } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

/** Bytes of an entry: offset in the module (4), size (2), number of the module (2). */
const ENTRY = 8;

/** The file that DynamoRIO's drcov writes, version 2. All of the address space is one module. */
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
    const head = new TextEncoder().encode(
      [
        "DRCOV VERSION: 2",
        "DRCOV FLAVOR: drcov-64",
        "Module Table: version 2, count 1",
        "Columns: id, base, end, entry, path",
        `0, 0x0, 0xffffffff, 0x0, ${emu.target.board}`,
        `BB Table: ${run.length} bbs`,
        "",
      ].join("\n"),
    );
    const bytes = new Uint8Array(head.length + ENTRY * run.length), view = new DataView(bytes.buffer);
    bytes.set(head);
    for (const [i, { address, size }] of run.entries()) {
      const at = head.length + ENTRY * i;
      view.setUint32(at, address, true);
      view.setUint16(at + 4, size, true);
      view.setUint16(at + 6, 0, true);
    }
    await emu.writeFile(filename, bytes);
  });
});
