import { type Chain, defineDevice, virtioMmio, virtioState } from "@emu/core";
import {
  BLK_S,
  BLK_T,
  configOf,
  featuresOf,
  LENGTH_MAX,
  QUEUE_SIZE,
  SECTOR,
  sectorsOf,
  writeZeros,
} from "./disk.ts";
import manifest from "./manifest.json" with { type: "json" };

const BLOCK_DEVICE = 2;
const QUEUE = 0;
const HEADER = 16;
const ID_LENGTH = 20;
/** What the back end is given at most at a time, by all guests' resets and restores. */
const IN_FLIGHT = { REQUESTS: 32, BYTES: 2 * LENGTH_MAX } as const;

/** What a request comes to: a failure, data for the guest (maybe none), or that later. */
type Outcome = number | Uint8Array | Promise<Uint8Array>;
const NO_DATA = new Uint8Array(0);

/** Virtio disk (virtio 1.2, 5.2). Requests are carried out side by side and end in any order. */
export default defineDevice(manifest, {
  size: 0x200,
  compatible: "virtio,mmio",
  outputs: ["irq"],
  create(context) {
    const { clock, log, properties } = context;
    const block = context.block(properties.block);
    const sectors = sectorsOf(block);
    const config = configOf(block);
    const s = {
      ...virtioState(1),
      /** First descriptors of the requests that the back end works on, in the order they were taken. */
      inFlight: [] as number[],
    };
    // The host's side only: what a reset or a restore has made void still occupies the back end.
    let generation = 0, requests = 0, bytes = 0;
    const reissue = clock.alarm(() => {
      const heads = s.inFlight.splice(0);
      for (const head of heads) {
        const chain = virtio.queue(QUEUE).chain(head);
        if (chain) take(chain);
      }
      virtio.update();
    });

    const virtio = virtioMmio(context, {
      state: s,
      deviceId: BLOCK_DEVICE,
      features: featuresOf(block),
      config: () => config,
      queues: [{ size: QUEUE_SIZE, take, hasRoom }],
      cancel() {
        generation++;
        s.inFlight = [];
      },
      onRestore() {
        generation++;
        // Later: guest memory may be restored after the devices.
        if (s.inFlight.length > 0) reissue.at(clock.now());
      },
    });
    return virtio.device;

    function hasRoom(): boolean {
      return requests < IN_FLIGHT.REQUESTS && bytes < IN_FLIGHT.BYTES;
    }

    function take(chain: Chain): void {
      const header = new DataView(new ArrayBuffer(HEADER));
      if (!virtio.read(chain, 0, new Uint8Array(header.buffer)) || chain.writableLength === 0) {
        return virtio.fail("request without header or status");
      }
      const outcome = begin(chain, header);
      if (!(outcome instanceof Promise)) return end(chain, outcome);

      const mine = generation, length = Math.max(chain.readableLength, chain.writableLength);
      s.inFlight.push(chain.head);
      requests++;
      bytes += length;
      outcome.catch(() => BLK_S.IOERR).then((outcome) => {
        requests--;
        bytes -= length;
        if (mine === generation) {
          s.inFlight.splice(s.inFlight.indexOf(chain.head), 1);
          end(chain, outcome);
        }
        virtio.resume(QUEUE);
      });
    }

    function begin(chain: Chain, header: DataView): Outcome {
      const type = header.getUint32(0, true);
      const sector = header.getUint32(8, true) + header.getUint32(12, true) * 2 ** 32;
      switch (type) {
        case BLK_T.IN: {
          const length = chain.writableLength - 1;
          if (!isInside(sector, length)) return BLK_S.IOERR;
          const data = new Uint8Array(length);
          return block!.read(sector * SECTOR, data).then(() => data);
        }
        case BLK_T.OUT: {
          const length = chain.readableLength - HEADER;
          if (!isInside(sector, length) || block!.readOnly) return BLK_S.IOERR;
          const data = new Uint8Array(length);
          if (!virtio.read(chain, HEADER, data)) return BLK_S.IOERR;
          return block!.write(sector * SECTOR, data).then(() => NO_DATA);
        }
        case BLK_T.FLUSH:
          return block ? block.flush().then(() => NO_DATA) : NO_DATA;
        case BLK_T.GET_ID: {
          const id = new Uint8Array(Math.min(ID_LENGTH, chain.writableLength - 1));
          new TextEncoder().encodeInto(properties.serial, id);
          return id;
        }
        case BLK_T.WRITE_ZEROES:
          return zero(chain);
        default:
          log.guestError(`request of unknown type ${type}`);
          return BLK_S.UNSUPP;
      }
    }

    function zero(chain: Chain): Outcome {
      const range = new DataView(new ArrayBuffer(16));
      if (!virtio.read(chain, HEADER, new Uint8Array(range.buffer))) return BLK_S.IOERR;
      const sector = range.getUint32(0, true) + range.getUint32(4, true) * 2 ** 32;
      const length = range.getUint32(8, true) * SECTOR;
      if (range.getUint32(12, true) !== 0) return BLK_S.UNSUPP; // unmap was not offered
      if (chain.readableLength > HEADER + 16 || !isInside(sector, length) || block!.readOnly) {
        return BLK_S.IOERR;
      }
      return writeZeros(block!, sector * SECTOR, length).then(() => NO_DATA);
    }

    function isInside(sector: number, length: number): boolean {
      return length % SECTOR === 0 && length <= LENGTH_MAX && sector + length / SECTOR <= sectors &&
        length > 0;
    }

    /** Writes data and status, and gives the chain back. */
    function end(chain: Chain, outcome: number | Uint8Array): void {
      const [status, data] = typeof outcome === "number" ? [outcome, NO_DATA] : [BLK_S.OK, outcome];
      const moved = virtio.write(chain, 0, data);
      const at = chain.writableLength - 1;
      virtio.write(chain, at, Uint8Array.of(moved ? status : BLK_S.IOERR));
      virtio.queue(QUEUE).push(chain, data.length + 1);
    }
  },
});
