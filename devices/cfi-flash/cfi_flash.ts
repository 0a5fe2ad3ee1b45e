import { defineDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };
import { cfiQuery, CHIP_BLOCK, identifier } from "./cfi_query.ts";
import { chipState, createChip } from "./chip.ts";
import { createImage, trimmed } from "./image.ts";

const LANES = 2;

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
    backing.bytes.fill(0xff);
    const halves = new Uint16Array(backing.bytes.buffer, backing.bytes.byteOffset, size / 2);
    const block = context.block(properties.block);
    const chipSize = size / LANES;
    const fresh = () => Array.from({ length: LANES }, () => chipState(chipSize / CHIP_BLOCK));
    /** The whole state but for the cells, which are the backing memory. */
    const s = {
      /** Level of the line that lets cells change. */
      vpp: false,
      chips: fresh(),
    };
    const image = createImage({ block, bytes: backing.bytes, log, loaded: () => {} });
    const query = cfiQuery(chipSize);
    const chips = s.chips.map((_, lane) =>
      createChip({
        state: () => s.chips[lane],
        now: () => clock.now(),
        powered: () => s.vpp,
        readOnly: properties.readOnly || (block?.readOnly ?? false),
        loading: () => image.loading,
        cell: (address) => halves[address * LANES + lane],
        setCell(address, value) {
          halves[address * LANES + lane] = value;
          image.changed((address * LANES + lane) * 2, 2);
        },
        eraseBlock(number) {
          const bytes = LANES * CHIP_BLOCK, at = number * bytes;
          for (let i = at / 2 + lane; i < (at + bytes) / 2; i += LANES) halves[i] = 0xffff;
          image.changed(at, bytes);
        },
        identifier: identifier(chipSize),
        query,
        guestError: (message) => log.guestError(`chip ${lane}: ${message}`),
      })
    );

    /** Reads go straight to the cells while both chips show them. */
    function outputs(): void {
      backing.direct(s.chips.every(({ mode }) => mode === "array"));
    }

    return {
      read(offset, bytes) {
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
        // Cells and lock bits are not volatile, and the wire keeps its level.
        s.chips = fresh().map((chip, lane) => ({ ...chip, locks: s.chips[lane].locks }));
        outputs();
      },
      snapshot: () => ({ ...structuredClone(s), cells: trimmed(backing.bytes) }),
      restore(saved) {
        const { cells, ...state } = structuredClone(saved) as typeof s & { cells: Uint8Array };
        Object.assign(s, state);
        image.replace(cells);
        outputs();
      },
      inputs: { vpp: (level) => void (s.vpp = level) },
    };
  },
});
