import { defineDevice, NEVER, type State } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const SIZE = 0x1000, RECORD = 8;

/** Everything at once: memory of its own that guests read directly, DMA, lines in and out, both resets, old states. */
export default defineDevice(manifest, {
  size: SIZE,
  inputs: ["trigger"],
  outputs: ["stored"],
  traces: { record: { number: "number", at: "hex" } },
  state: {
    version: 2,
    // Version 1 counted bytes.
    migrate: (state: State) => {
      const { bytes, ...rest } = state as { bytes: number };
      return { ...rest, count: bytes / RECORD };
    },
  },
  create({ backing, clock, dma, log, out, properties: { room, hold }, trace }) {
    const memory = backing(SIZE), view = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, SIZE);
    const s = { base: 0, count: 0, until: NEVER };
    const alarm = clock.alarm(() => {
      s.until = NEVER;
      outputs();
    });

    function outputs(): void {
      alarm.at(s.until);
      out.stored(s.until !== NEVER);
    }

    function store(): void {
      const record = new Uint8Array(RECORD), fields = new DataView(record.buffer);
      fields.setUint32(0, s.count, true);
      fields.setUint32(4, clock.now(), true);
      const at = s.base + s.count * RECORD % room;
      trace.record?.({ number: s.count, at });
      if (!dma.write(at, record)) log.guestError(`no memory at 0x${at.toString(16)}`);
      view.setUint32(0, ++s.count, true);
      memory.changed(0, 4);
      s.until = clock.now() + hold * 1e3;
      outputs();
    }

    return {
      read: (offset, size) => size === 4 ? view.getUint32(offset, true) : memory.bytes[offset],
      write(offset, _size, value) {
        if (offset === 4) s.base = value;
        else log.guestError(`write at 0x${offset.toString(16)}`);
      },
      // The board's reset line does not take the count.
      reset(kind) {
        Object.assign(s, { base: 0, until: NEVER }, kind === "warm" ? {} : { count: 0 });
        view.setUint32(0, s.count, true);
        outputs();
      },
      snapshot: () => ({ ...s }),
      restore(state) {
        Object.assign(s, state);
        view.setUint32(0, s.count, true);
        memory.changed(0, 4);
        outputs();
      },
      inputs: {
        trigger(level) {
          if (level) store();
        },
      },
    };
  },
});
