/**
 * Writes WebAssembly's binary format (WebAssembly Core Specification 3.0, chapter 5).
 *
 * @module
 */

/** Value types. */
export const TYPE = { i32: 0x7f, i64: 0x7e } as const;

/** Opcodes that are no operation of the IR. */
export const W = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCallIndirect: 0x13,
  drop: 0x1a,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Load: 0x28,
  i64Load: 0x29,
  i32Load8S: 0x2c,
  i32Load8U: 0x2d,
  i32Load16S: 0x2e,
  i32Load16U: 0x2f,
  i32Store: 0x36,
  i64Store: 0x37,
  i32Store8: 0x3a,
  i32Store16: 0x3b,
  i32Const: 0x41,
  i64Const: 0x42,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32LtS: 0x48,
  i32LeU: 0x4d,
  i32GeU: 0x4f,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32And: 0x71,
  i32Or: 0x72,
  i32Xor: 0x73,
  i32Shl: 0x74,
  i32ShrU: 0x76,
  i64ShrU: 0x88,
  i32WrapI64: 0xa7,
  /** Block type: no result. */
  void: 0x40,
} as const;

/** A growing run of bytes with WebAssembly's number formats. */
export class Bytes {
  data = new Uint8Array(4096);
  length = 0;
  /** Where branches stand that mostly go one way, each followed by 1 if that way is to be taken, else 0. */
  readonly hints: number[] = [];

  clear(): this {
    this.length = 0;
    this.hints.length = 0;
    return this;
  }

  /** What has been written, as a function's. */
  body(): FunctionBody {
    return { code: this.view().slice(), hints: this.hints.slice() };
  }

  view(): Uint8Array<ArrayBuffer> {
    return this.data.subarray(0, this.length);
  }

  #room(count: number): void {
    if (this.length + count <= this.data.length) return;
    const data = new Uint8Array(Math.max(2 * this.data.length, this.length + count));
    data.set(this.data);
    this.data = data;
  }

  byte(value: number): this {
    if (this.length === this.data.length) this.#room(1);
    this.data[this.length++] = value;
    return this;
  }

  /** Unsigned LEB128 of an i32. */
  u32(value: number): this {
    value >>>= 0;
    while (value >= 0x80) {
      this.byte(value & 0x7f | 0x80);
      value >>>= 7;
    }
    return this.byte(value);
  }

  /** Signed LEB128 of an i32. */
  s32(value: number): this {
    value |= 0;
    for (;;) {
      const low = value & 0x7f;
      value >>= 7;
      if (value === 0 && (low & 0x40) === 0 || value === -1 && (low & 0x40) !== 0) return this.byte(low);
      this.byte(low | 0x80);
    }
  }

  /** Signed LEB128 of an i64. */
  s64(value: bigint): this {
    for (;;) {
      const low = Number(value & 0x7fn);
      value >>= 7n;
      if (value === 0n && (low & 0x40) === 0 || value === -1n && (low & 0x40) !== 0) return this.byte(low);
      this.byte(low | 0x80);
    }
  }

  raw(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.data.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  name(text: string): this {
    const bytes = new TextEncoder().encode(text);
    return this.u32(bytes.length).raw(bytes);
  }

  // Instructions.

  /** Says of the `if` or `br_if` that comes next whether its condition is mostly true. */
  hint(likely: boolean): this {
    this.hints.push(this.length, likely ? 1 : 0);
    return this;
  }

  constI(value: number): this {
    return this.byte(W.i32Const).s32(value);
  }
  get(local: number): this {
    return this.byte(W.localGet).u32(local);
  }
  set(local: number): this {
    return this.byte(W.localSet).u32(local);
  }
  tee(local: number): this {
    return this.byte(W.localTee).u32(local);
  }
  /** A load or store at the address on the stack plus `offset`; `align` is log2 of the alignment promised. */
  mem(op: number, offset: number, align = 2): this {
    return this.byte(op).u32(align).u32(offset);
  }
}

/** A function signature. */
export interface Signature {
  readonly params: readonly number[];
  readonly results: readonly number[];
}

/** An imported function. */
export interface FunctionImport {
  readonly name: string;
  readonly signature: Signature;
}

/** What there is to say of a function. */
export interface FunctionBody {
  /** Locals and code, without their size. */
  readonly code: Uint8Array;
  /** See `Bytes.hints`; offsets are into `code`. */
  readonly hints: readonly number[];
}

/** A module of functions that share imported memory and table and are put into the table, one after the other. */
export interface ModuleParts {
  /** Signature of all the functions; number 0 in the module's type section. */
  readonly signature: Signature;
  readonly imports: readonly FunctionImport[];
  readonly bodies: readonly FunctionBody[];
  /** Table index of the first function. */
  readonly firstIndex: number;
  readonly memoryPages: number;
}

// Kept from module to module: there are hundreds, and a new array costs more than what is written into it.
const MODULE = new Bytes(), SECTION = new Bytes();

/** Type number of each import's signature, given the module's; `emit` needs none but the functions' own, 0. */
export function encodeModule(parts: ModuleParts): Uint8Array<ArrayBuffer> {
  const { signature, imports, bodies, firstIndex, memoryPages } = parts;
  const out = MODULE.clear();
  out.raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

  section(out, 1, (s) => {
    s.u32(1 + imports.length);
    for (const { params, results } of [signature, ...imports.map((i) => i.signature)]) {
      s.byte(0x60).u32(params.length).raw(Uint8Array.from(params)).u32(results.length).raw(
        Uint8Array.from(results),
      );
    }
  });
  section(out, 2, (s) => {
    s.u32(2 + imports.length);
    s.name("e").name("m").byte(2).byte(1).u32(memoryPages).u32(memoryPages);
    s.name("e").name("t").byte(1).byte(0x70).byte(0).u32(1);
    imports.forEach(({ name }, i) => s.name("e").name(name).byte(0).u32(1 + i));
  });
  section(out, 3, (s) => {
    s.u32(bodies.length);
    for (let i = 0; i < bodies.length; i++) s.byte(0);
  });
  section(out, 9, (s) => {
    s.u32(1).byte(0).constI(firstIndex).byte(W.end).u32(bodies.length);
    for (let i = 0; i < bodies.length; i++) s.u32(imports.length + i);
  });
  section(out, 0, (s) => branchHints(s, { bodies, firstFunction: imports.length }));
  section(out, 10, (s) => {
    s.u32(bodies.length);
    for (const { code } of bodies) s.u32(code.length).raw(code);
  });
  return out.view().slice();
}

/** The section of the branch hinting proposal. An engine that heeds it keeps unlikely code, and its spills, apart. */
function branchHints(
  s: Bytes,
  { bodies, firstFunction }: { bodies: readonly FunctionBody[]; firstFunction: number },
): void {
  s.name("metadata.code.branch_hint");
  s.u32(bodies.reduce((count, { hints }) => count + (hints.length > 0 ? 1 : 0), 0));
  for (const [i, { hints }] of bodies.entries()) {
    if (hints.length === 0) continue;
    s.u32(firstFunction + i).u32(hints.length / 2);
    for (let k = 0; k < hints.length; k += 2) s.u32(hints[k]).u32(1).byte(hints[k + 1]);
  }
}

function section(out: Bytes, id: number, write: (section: Bytes) => void): void {
  const body = SECTION.clear();
  write(body);
  out.byte(id).u32(body.length).raw(body.view());
}
