import { Machine } from "./machine.ts";

/** A machine that back ends can hold: a slow reader of its output stops it instead of losing bytes. */
export class HoldableMachine extends Machine {
  readonly #holds = new Set<Promise<unknown>>();
  readonly #over = Promise.withResolvers<void>();
  #ended = false;

  /** Stops running between blocks until `until` settles. */
  hold(until: Promise<unknown>): void {
    this.#holds.add(until);
    const release = () => void this.#holds.delete(until);
    until.then(release, release);
    this.loop.end();
  }

  override async run(): Promise<number> {
    await Promise.race([this.ready(), this.#over.promise]);
    while (!this.#ended) {
      if (this.#holds.size > 0) await Promise.race([Promise.allSettled(this.#holds), this.#over.promise]);
      else {
        await this.loop.run();
        if (this.#holds.size === 0) break;
      }
    }
    return this.status;
  }

  override end(status: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#over.resolve();
    super.end(status);
  }
}
