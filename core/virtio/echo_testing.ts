import { defineDevice, type Manifest } from "@emu/core";
import type { Chain } from "./chain.ts";
import { type Virtio, virtioMmio } from "./mmio.ts";
import { virtioState } from "./state.ts";

const manifest = {
  name: "echo",
  kind: "device",
  api: 1,
  version: "1.0.0",
  summary: "gives back what it reads",
  entry: "./echo.ts",
} as const satisfies Manifest;

/** A feature bit of its own. */
export const EXTRA = 3;

/** A device whose queue 0 echoes; queue 1 keeps its chains in `kept`, while `room` lets it take them. */
export function echoDevice() {
  const held = {
    kept: [] as Chain[],
    room: true,
    taken: 0,
    cancelled: 0,
    virtio: undefined as Virtio | undefined,
  };
  const plugin = defineDevice(manifest, {
    size: 0x200,
    outputs: ["irq"],
    create(context) {
      const s = { ...virtioState(2), greeting: 0x21 };
      const virtio = virtioMmio(context, {
        state: s,
        deviceId: 42,
        features: [EXTRA],
        config: () => Uint8Array.of(s.greeting, 2, 3, 4, 5, 6),
        queues: [{
          size: 16,
          take(chain) {
            held.taken++;
            const bytes = new Uint8Array(Math.min(chain.readableLength, 4096));
            virtio.read(chain, 0, bytes);
            virtio.queue(0).push(chain, virtio.write(chain, 0, bytes) ? bytes.length : 0);
          },
        }, { size: 16, hasRoom: () => held.room, take: (chain) => void held.kept.push(chain) }],
        cancel: () => void held.cancelled++,
      });
      held.virtio = virtio;
      return virtio.device;
    },
  });
  return { plugin, held };
}
