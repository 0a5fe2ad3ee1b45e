import { createImage, defineDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };
import { type Content, createCells, PAGE } from "./cells.ts";
import { cfiQuery, CHIP_BLOCK, identifier } from "./cfi_query.ts";
import { chipState, createChip } from "./chip.ts";

const LANES = 2;
/** So many reads of cells that are not all in memory make it worth while to put them there. */
const MANY_READS = 1 << 14;

/**
 * NOR flash of two interleaved 16-bit chips with the Intel basic command set (28FxxxJ3 StrataFlash): chip 0 is
 * bits 15:0 of each word, chip 1 bits 31:16, and each sees its half of every access.
 */
export default defineDevice(manifest, {
  size: (properties) => properties.size,
  inputs: ["vpp"],
  create(context) {
    const { clock, log, properties } = context;
    const { size } = properties;
    if (size % (LANES * CHIP_BLOCK) !== 0 || !Number.isInteger(Math.log2(size))) {
      throw new Error(
        `Cannot make a flash of ${size} bytes: not a power of two of at least ${LANES * CHIP_BLOCK}`,
      );
    }
    const backing = context.backing(size);
    const block = context.block(properties.block);
    const readOnly = properties.readOnly || (block?.readOnly ?? false);
    const chipSize = size / LANES;
    const fresh = () => Array.from({ length: LANES }, () => chipState(chipSize / CHIP_BLOCK));
    /** The whole state but for the cells, which are the backing memory. */
    const s = {
      /** Level of the line that lets cells change; high where a board does not connect it. */
      vpp: true,
      chips: fresh(),
    };
    const cells = createCells(backing, (at, length) => {
      backing.changed(at, length);
      image.changed(at, length);
    });
    const image = createImage({
      block,
      readOnly,
      size,
      page: PAGE,
      content: (at, until) => backing.bytes.subarray(at, until),
      load: cells.load,
      complete: cells.completeAll,
      log,
    });
    const query = cfiQuery(chipSize);
    const chips = s.chips.map((_, lane) =>
      createChip({
        state: () => s.chips[lane],
        now: () => clock.now(),
        powered: () => s.vpp,
        readOnly,
        loading: () => image.loading,
        cell: (address) => cells.half(address * LANES + lane),
        setCell: (address, value) => cells.setHalf(address * LANES + lane, value),
        eraseBlock: (number) => cells.erase(number, lane, LANES),
        identifier: identifier(chipSize),
        query,
        guestError: (message) => log.guestError(`chip ${lane}: ${message}`),
      })
    );
    /** Array reads that came here while not all cells were in memory: the host's affair, so not state. */
    let slowReads = 0;
    outputs();

    /** Reads go straight to the cells while both chips show them and all are in memory. */
    function outputs(): void {
      backing.direct(cells.complete && s.chips.every(({ mode }) => mode === "array"));
    }

    function countSlowRead(): void {
      if (cells.complete || image.loading || ++slowReads < MANY_READS) return;
      cells.completeAll();
      outputs();
    }

    return {
      read(offset, bytes) {
        countSlowRead();
        const address = offset >>> 2, shift = 8 * (offset & 3);
        const word = (chips[0].read(address) | chips[1].read(address) << 16) >>> shift;
        return bytes === 4 ? word >>> 0 : word & 2 ** (8 * bytes) - 1;
      },
      write(offset, bytes, value) {
        const first = offset & 3;
        for (let lane = 0; lane < LANES; lane++) {
          // Bytes of the chip's half that are not written are as its data lines are when nobody drives them.
          let half = 0xffff, touched = false;
          for (let i = 0; i < 2; i++) {
            const byte = 2 * lane + i - first;
            if (byte < 0 || byte >= bytes) continue;
            half = half & ~(0xff << 8 * i) | (value >>> 8 * byte & 0xff) << 8 * i;
            touched = true;
          }
          if (touched) chips[lane].write(offset >>> 2, half);
        }
        outputs();
      },
      reset() {
        // Cells and lock bits are not volatile.
        s.vpp = true;
        s.chips = fresh().map((chip, lane) => ({ ...chip, locks: s.chips[lane].locks }));
        outputs();
      },
      // Before the content is there, it is what the image holds.
      snapshot: () => ({ ...structuredClone(s), cells: image.loading ? null : cells.content() }),
      restore(saved) {
        const { cells: content, ...state } = saved as typeof s & { cells: Content | null };
        Object.assign(s, structuredClone(state));
        if (content) {
          const unknown = image.supersede();
          if (unknown) cells.completeAll();
          cells.replace(content);
          if (unknown) image.changed(0, size);
        }
        outputs();
      },
      async ready() {
        await image.loaded;
        outputs();
      },
      dispose: image.finish,
      inputs: { vpp: (level) => void (s.vpp = level) },
    };
  },
});
