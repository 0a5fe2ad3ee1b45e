import type { Dma } from "../device/device.ts";
import { type Chain, walkChain } from "./chain.ts";
import { NO_INTERRUPT } from "./constants.ts";
import type { VirtqueueState } from "./state.ts";

/** What a queue has to know of its device. */
export interface VirtqueueHost {
  readonly dma: Dma;
  /** Most entries the rings may have. */
  readonly sizeMax: number;
  /** The state; asked for at each use, as a restore replaces it. */
  state(): VirtqueueState;
  /** Whether the driver has set everything up, and nothing is broken. */
  running(): boolean;
  readonly eventIdx: () => boolean;
  readonly indirect: () => boolean;
  /** The guest broke the rules: nothing goes on until it resets the device. */
  fail(message: string): void;
}

/** A split virtqueue (2.7), the device's side. Does nothing while the device is not running. */
export interface Virtqueue {
  /** Chains that the driver offers. If there are none it is asked to kick when there are. */
  available(): number;
  /** Takes the next chain; undefined if there is none. */
  pop(): Chain | undefined;
  /** Gives the chains taken last back to the ring, untouched. */
  unpop(count: number): void;
  /** The chain that begins with a descriptor; undefined, and a failure, if it makes no sense. */
  chain(head: number): Chain | undefined;
  /** Gives a chain back to the driver, with so many bytes written to it; `publish` follows. */
  push(chain: Pick<Chain, "head">, written: number): void;
  /** Shows the driver what was pushed; true if it wants an interrupt for it. */
  publish(): boolean;
}

export function createVirtqueue({ dma, sizeMax, state, running, ...host }: VirtqueueHost): Virtqueue {
  const raw = new Uint8Array(8), view = new DataView(raw.buffer);
  const half = raw.subarray(0, 2);
  const usable = () => state().ready && running();

  function readU16(address: number): number | undefined {
    if (dma.read(address, half)) return view.getUint16(0, true);
    host.fail("ring outside of memory");
    return undefined;
  }

  function writeU16(address: number, value: number): void {
    view.setUint16(0, value, true);
    if (!dma.write(address, half)) host.fail("ring outside of memory");
  }

  function available(): number {
    if (!usable()) return 0;
    const q = state();
    const index = readU16(q.driver + 2);
    if (index === undefined) return 0;
    const count = index - q.avail & 0xffff;
    if (count > q.size) {
      host.fail(`${count} entries available in a ring of ${q.size}`);
      return 0;
    }
    // 2.7.10: an index that is left behind tells the driver not to kick.
    if (count === 0 && host.eventIdx()) writeU16(q.device + 4 + 8 * q.size, q.avail);
    return count;
  }

  function chain(head: number): Chain | undefined {
    if (!usable()) return undefined;
    const { desc, size } = state();
    // Linux makes indirect tables longer than a ring that it made smaller than it might be.
    const limit = Math.max(size, sizeMax);
    const found = walkChain(dma, { address: desc, entries: size, limit, indirect: host.indirect() }, head);
    if (typeof found !== "string") return found;
    host.fail(found);
    return undefined;
  }

  return {
    available,
    chain,
    pop() {
      if (available() === 0) return undefined;
      const q = state();
      const head = readU16(q.driver + 4 + 2 * (q.avail % q.size));
      if (head === undefined) return undefined;
      q.avail = q.avail + 1 & 0xffff;
      return chain(head);
    },
    unpop(count) {
      const q = state();
      if (usable()) q.avail = q.avail - count & 0xffff;
    },
    push({ head }, written) {
      if (!usable()) return;
      const q = state();
      view.setUint32(0, head, true);
      view.setUint32(4, written, true);
      if (!dma.write(q.device + 4 + 8 * (q.used % q.size), raw)) host.fail("ring outside of memory");
      q.used = q.used + 1 & 0xffff;
    },
    publish() {
      const q = state();
      if (q.used === q.published || !usable()) return false;
      const fresh = q.used - q.published & 0xffff;
      q.published = q.used;
      writeU16(q.device + 2, q.used);
      if (host.eventIdx()) {
        const event = readU16(q.driver + 4 + 2 * q.size);
        // 2.7.7.2: the driver waits for the entry of index `event`.
        return event !== undefined && (q.used - event - 1 & 0xffff) < fresh;
      }
      const flags = readU16(q.driver);
      return flags !== undefined && (flags & NO_INTERRUPT) === 0;
    },
  };
}
