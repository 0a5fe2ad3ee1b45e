import type { NetReceiver } from "@emu/core";
import type { Traffic } from "./traffic.ts";

/** Frames that are kept while the guest's card has no room. */
const LIMIT = 256;

/**
 * Frames on their way to the guest. It loses none: whoever fills it stops reading from outside while it is `full`, so
 * that a peer's own queue grows rather than ours.
 */
export class Inbox {
  readonly #traffic: Traffic;
  readonly #limit: number;
  #receiver: NetReceiver | undefined;
  #waiting: Uint8Array[] = [];
  #space: PromiseWithResolvers<void> | undefined;
  #delivering = false;
  #open = true;

  constructor(traffic: Traffic, limit = LIMIT) {
    this.#traffic = traffic;
    this.#limit = limit;
  }

  /** Frames that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get full(): boolean {
    return this.#open && this.#waiting.length >= this.#limit;
  }

  connect(receiver: NetReceiver): void {
    this.#receiver = receiver;
    this.deliver();
  }

  /** Takes a frame; the bytes are only lent. */
  push(frame: Uint8Array): void {
    if (!this.#open) return;
    const receiver = this.#receiver;
    if (this.#waiting.length > 0 || this.#delivering || !receiver?.canReceive()) {
      this.#waiting.push(frame.slice());
      return;
    }
    this.#delivering = true;
    try {
      this.#traffic.received++;
      receiver.receive(frame);
    } finally {
      this.#delivering = false;
    }
  }

  /** Gives the guest what it has room for. */
  deliver(): void {
    const receiver = this.#receiver;
    if (this.#delivering || !receiver) return;
    this.#delivering = true;
    try {
      while (this.#waiting.length > 0 && receiver.canReceive()) {
        this.#traffic.received++;
        receiver.receive(this.#waiting.shift()!);
      }
    } finally {
      this.#delivering = false;
    }
    if (this.#waiting.length <= this.#limit / 2) this.#release();
  }

  /** Settles when less than half is taken. */
  async space(): Promise<void> {
    if (this.full) await (this.#space ??= Promise.withResolvers()).promise;
  }

  /** Forgets what waits, and takes no more. */
  close(): void {
    this.#open = false;
    this.#waiting = [];
    this.#release();
  }

  #release(): void {
    this.#space?.resolve();
    this.#space = undefined;
  }
}
