/** Words that a pass needs while it runs. Kept between runs: a typed array costs more than the pass itself. */
export class Scratch {
  #words = new Int32Array(4096);

  /** At least `length` words, of no particular contents. */
  words(length: number): Int32Array {
    if (length > this.#words.length) this.#words = new Int32Array(2 * length);
    return this.#words;
  }

  /** At least `length` words, the first `length` of them 0. */
  zeros(length: number): Int32Array {
    return this.words(length).fill(0, 0, length);
  }
}
