import { Machine } from "./machine.ts";
import type { MachineSnapshot } from "./snapshot.ts";

/** A machine that back ends can hold: a slow reader of its output stops it instead of losing bytes. */
export class HoldableMachine extends Machine {
  readonly #holds = new Set<Promise<unknown>>();
  #over = Promise.withResolvers<void>();
  #ended = false;
  /** A hold has made the loop end. */
  #interrupted = false;

  /** Stops running between blocks until `until` settles. */
  hold(until: Promise<unknown>): void {
    this.#holds.add(until);
    this.#interrupted = true;
    const release = () => void this.#holds.delete(until);
    until.then(release, release);
    this.loop.end();
  }

  override async run(): Promise<number> {
    await Promise.race([this.ready(), this.#over.promise]);
    while (!this.#ended) {
      if (this.#holds.size > 0) await Promise.race([Promise.allSettled(this.#holds), this.#over.promise]);
      else {
        this.#interrupted = false;
        await this.loop.run();
        // The hold may be over by now.
        if (!this.#interrupted) break;
      }
    }
    return this.status;
  }

  /** A machine that has ended goes on from where the snapshot was taken. */
  override restore(snapshot: MachineSnapshot): void {
    super.restore(snapshot);
    if (!this.#ended) return;
    this.#ended = false;
    this.#over = Promise.withResolvers<void>();
    this.status = 0;
  }

  override end(status: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#over.resolve();
    super.end(status);
  }
}
