import type { CharReceiver } from "@emu/core";

/** Bytes on their way to the guest, which takes them when it has room. */
export class InputQueue {
  readonly #limit: number;
  #receiver: CharReceiver | undefined;
  #bytes = new Uint8Array(0);
  #space: PromiseWithResolvers<void> | undefined;
  #delivering = false;

  /** `limit`: most bytes that wait. */
  constructor(limit = 4096) {
    this.#limit = limit;
  }

  /** How many bytes `push` takes. */
  get room(): number {
    return this.#limit - this.#bytes.length;
  }

  connect(receiver: CharReceiver): void {
    this.#receiver = receiver;
    this.deliver();
  }

  /** Queues bytes and returns how many; the rest finds no room. */
  push(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.room);
    const joined = new Uint8Array(this.#bytes.length + count);
    joined.set(this.#bytes);
    joined.set(bytes.subarray(0, count), this.#bytes.length);
    this.#bytes = joined;
    this.deliver();
    return count;
  }

  /** Queues all of them, however long that takes. */
  async pushAll(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const count = this.push(bytes.subarray(done));
      done += count;
      if (done < bytes.length) await this.empty();
    }
  }

  /** Settles when nothing waits any more. */
  empty(): Promise<void> {
    if (this.#bytes.length === 0) return Promise.resolve();
    return (this.#space ??= Promise.withResolvers()).promise;
  }

  /** Sends a break condition. */
  break(): void {
    this.#receiver?.break?.();
  }

  /** Hands over what the guest has room for. A receiver may call it while it receives. */
  deliver(): void {
    if (this.#delivering || !this.#receiver) return;
    this.#delivering = true;
    try {
      for (;;) {
        const count = Math.min(this.#bytes.length, this.#receiver.room());
        if (count <= 0) break;
        const now = this.#bytes.subarray(0, count);
        this.#bytes = this.#bytes.slice(count);
        this.#receiver.receive(now);
      }
    } finally {
      this.#delivering = false;
    }
    if (this.#bytes.length === 0) {
      this.#space?.resolve();
      this.#space = undefined;
    }
  }
}
