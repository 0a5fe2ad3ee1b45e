import type { BlockBackend } from "@emu/core";

/** A medium whose operations wait until the test lets them be done. */
export class SlowBlock implements BlockBackend {
  readonly readOnly = false;
  readonly #bytes: Uint8Array;
  #waiting: ((fail: boolean) => void)[] = [];

  constructor(readonly size: number) {
    this.#bytes = new Uint8Array(size);
  }

  read(offset: number, into: Uint8Array): Promise<void> {
    return this.#later(offset, into, () => into.set(this.#bytes.subarray(offset, offset + into.length)));
  }

  write(offset: number, from: Uint8Array): Promise<void> {
    const bytes = from.slice();
    return this.#later(offset, bytes, () => this.#bytes.set(bytes, offset));
  }

  flush(): Promise<void> {
    return this.#later(0, { length: 0 }, () => {});
  }

  /** Does what waits and what comes of it; `fails` says of each operation whether the medium reports an error. */
  async settle(fails: () => boolean = () => false): Promise<void> {
    // A device that never stops asking is not this loop's affair.
    for (let round = 0; round < 64; round++) {
      for (const done of this.#waiting.splice(0)) done(fails());
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#waiting.length === 0) return;
    }
  }

  #later(offset: number, { length }: { length: number }, work: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push((fail) => {
        if (fail || offset < 0 || offset + length > this.size) return reject(new Error("medium error"));
        work();
        resolve();
      });
    });
  }
}
