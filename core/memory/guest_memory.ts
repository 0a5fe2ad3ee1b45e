const WASM_PAGE = 0x1_0000;

/**
 * The machine's one `WebAssembly.Memory`: vCPU blocks, jump slots, guest RAM, flash. It never grows, so that views
 * stay valid for ever; what is not touched costs the host nothing.
 */
export class GuestMemory {
  readonly memory: WebAssembly.Memory;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  /** Bytes there are. */
  readonly size: number;
  // Address 0 stays unused: an offset of 0 is always a mistake.
  #next = WASM_PAGE;

  constructor(size: number) {
    const pages = Math.ceil(size / WASM_PAGE) + 1;
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { buffer } = this.memory;
    this.size = buffer.byteLength;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.i64 = new BigInt64Array(buffer);
  }

  /** Sets `size` bytes apart and returns their offset, a multiple of 64 KiB. */
  allocate(size: number): number {
    const at = this.#next;
    const end = at + Math.ceil(size / WASM_PAGE) * WASM_PAGE;
    if (end > this.size) throw new RangeError(`Cannot allocate ${size} bytes of machine memory: none left`);
    this.#next = end;
    return at;
  }
}
