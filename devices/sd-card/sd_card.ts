import { defineDevice, registerDevice, type SdCard } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };
import { csd, geometryOf } from "./card_registers.ts";
import { AT } from "./card_status.ts";
import { createCommands } from "./commands.ts";
import { createTransfer, transferState } from "./transfer.ts";

/** SD memory card (SD Physical Layer specification 2.00): SDSC up to 2 GiB, SDHC above. */
export default defineDevice(manifest, {
  size: 0,
  create(context) {
    const block = context.block(context.properties.block);
    const geometry = block && geometryOf(block.size);
    if (block && geometry?.size !== block.size) {
      const size = geometry ? `rounded down to ${geometry.size}` : "too small for a card";
      context.log.unimplemented(`medium of ${block.size} bytes ${size}`);
    }
    if (!block || !geometry) {
      return { ...registerDevice(context, { state: {}, registers: {} }), bus: EMPTY_SLOT };
    }

    const s = {
      state: AT.IDLE as number,
      /** Error bits of the card status since the last answer. */
      errors: 0,
      /** The last command was CMD55. */
      app: false,
      rca: 0,
      highSpeed: false,
      wide: false,
      csd: csd(geometry),
      /** A bit for each write protection group. */
      protected: new Uint8Array(32),
      eraseStart: -1,
      eraseEnd: -1,
      ...transferState(),
    };
    let changed = () => {};
    const transfer = createTransfer({ block, geometry, s, changed: () => changed() });
    const command = createCommands({ geometry, readOnly: block.readOnly, s, transfer });

    const bus: SdCard = {
      inserted: true,
      writeProtected: block.readOnly,
      command,
      get transfer() {
        return transfer.direction();
      },
      read: transfer.read,
      write: transfer.write,
      connect: (listener) => void (changed = listener),
    };
    return {
      ...registerDevice(context, {
        state: s,
        registers: {},
        onReset: transfer.cancel,
        onRestore: transfer.resume,
      }),
      dispose: () => block.flush(),
      bus,
    };
  },
});

const EMPTY_SLOT: SdCard = {
  inserted: false,
  writeProtected: false,
  transfer: undefined,
  command: () => undefined,
  read: () => 0,
  write: () => 0,
  connect: () => {},
};
