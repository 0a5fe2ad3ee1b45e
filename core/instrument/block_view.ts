import type { Block } from "../ir/block.ts";
import { OP } from "../ir/ops.ts";
import type {
  AccessCallback,
  CallbackOptions,
  ExecuteCallback,
  ExecuteOptions,
  InlineWriter,
  RegisterAccess,
  TranslatedBlock,
  TranslatedInstruction,
} from "./api.ts";
import type { AccessKind, Action, Attachments, Callback, CounterTest } from "./attachment.ts";
import { type Counter, CounterCell } from "./counters.ts";
import type { WeaveSource } from "./hook.ts";
import type { Owner } from "./owner.ts";

/** What there is to know of a callback to call it. */
export interface CallbackKind {
  readonly access: boolean;
  readonly registers: RegisterAccess;
  readonly later: boolean;
}

/** What a view of a block asks its surroundings. */
export interface ViewHost {
  readonly cpu: number;
  /** Number of a callback's function among the probes. */
  callbackNumber(owner: Owner, callback: unknown, kind: CallbackKind): number;
  failed(owner: Owner, error: unknown): void;
  bytes(host: number, size: number): Uint8Array;
  disassemble(bytes: Uint8Array, address: number, flags: number): string;
  symbol(address: number): string | undefined;
  physical(address: number): number | undefined;
}

const REGISTERS: readonly unknown[] = ["none", "read", "write"];
const KINDS: readonly unknown[] = ["read", "write", "both"];
const COMPARISONS: readonly unknown[] = ["==", "!=", "<", "<=", ">", ">="];

/** A block as plugins see it while it is translated; collects what they attach. */
export class BlockView implements TranslatedBlock, Attachments {
  readonly address: number;
  readonly size: number;
  readonly flags: number;
  readonly host: ViewHost;
  readonly start: Action[] = [];
  readonly before: (Action[] | undefined)[] = [];
  readonly access: ({ readonly kind: AccessKind; readonly action: Action }[] | undefined)[] = [];
  readonly instructions: readonly InstructionView[];
  /** Whose callback looks at it; undefined once it is translated. */
  owner: Owner | undefined;
  /** Plugins that have attached anything. */
  readonly attached = new Set<Owner>();

  constructor(block: Block, source: WeaveSource, host: ViewHost) {
    this.host = host;
    this.address = source.pc >>> 0;
    this.size = source.size;
    this.flags = source.flags;
    const starts: number[] = [];
    for (let i = 0; i < block.length; i++) if (block.op(i) === OP.insn) starts.push(block.x(i));
    this.instructions = starts.map((at, k) => {
      const offset = at - source.pc | 0,
        end = k + 1 < starts.length ? starts[k + 1] - source.pc | 0 : source.size;
      return new InstructionView(this, k, {
        address: at >>> 0,
        size: end - offset,
        host: source.host + offset,
      });
    });
  }

  get cpu(): number {
    return this.host.cpu;
  }
  get symbol(): string | undefined {
    return this.host.symbol(this.address);
  }
  get physical(): number | undefined {
    return this.host.physical(this.address);
  }

  add(counter: Counter, amount?: number): void {
    this.attach(this.start, addition(this, counter, amount));
  }
  set(counter: Counter, value: number | bigint): void {
    this.attach(this.start, storing(this, counter, value));
  }
  inline(write: InlineWriter): void {
    this.attach(this.start, inlining(this, write));
  }
  onExecute<D>(callback: ExecuteCallback<D>, options?: ExecuteOptions<D>): void {
    this.attach(this.start, { do: "call", callback: this.callback(callback, options, false) });
  }
  onExecuteIf<D>(condition: Condition, callback: ExecuteCallback<D>, options?: ExecuteOptions<D>): void {
    this.attach(this.start, this.conditional(condition, callback, options));
  }

  attach(list: Action[], action: Action): void {
    this.attached.add(this.current());
    list.push(action);
  }

  /** The plugin that attaches something. */
  current(): Owner {
    if (this.owner === undefined) throw new Error("Cannot attach anything: the block has been translated");
    return this.owner;
  }

  callback(run: unknown, options: ExecuteOptions<unknown> = {}, access: boolean): Callback {
    const { registers = "none", later = false, data } = options, owner = this.current();
    if (typeof run !== "function") throw new TypeError("Cannot attach a callback: it is no function");
    if (!REGISTERS.includes(registers)) {
      throw new TypeError(`Cannot attach a callback: registers "${registers}"`);
    }
    if (later && (access || registers !== "none")) {
      throw new TypeError(
        `Cannot attach a callback that comes later ${
          access ? "to accesses" : `with registers "${registers}"`
        }`,
      );
    }
    return {
      number: this.host.callbackNumber(owner, run, { access, registers, later }),
      registers,
      later,
      data,
    };
  }

  conditional([counter, is, value]: Condition, run: unknown, options?: ExecuteOptions<unknown>): Action {
    if (!COMPARISONS.includes(is)) {
      throw new TypeError(`Cannot attach a callback: there is no comparison "${is}"`);
    }
    return {
      do: "callIf",
      cell: cellOf(this, counter),
      is,
      value: constant(value),
      callback: this.callback(run, options, false),
    };
  }
}

type Condition = readonly [counter: Counter, is: CounterTest, value: number | bigint];

/** An instruction as plugins see it. */
export class InstructionView implements TranslatedInstruction {
  readonly index: number;
  readonly address: number;
  readonly size: number;
  readonly host: number;
  readonly #block: BlockView;

  constructor(block: BlockView, index: number, at: { address: number; size: number; host: number }) {
    this.#block = block;
    this.index = index;
    this.address = at.address;
    this.size = at.size;
    this.host = at.host;
  }

  get bytes(): Uint8Array {
    return this.#block.host.bytes(this.host, this.size);
  }
  get text(): string {
    return this.#block.host.disassemble(this.bytes, this.address, this.#block.flags);
  }
  get symbol(): string | undefined {
    return this.#block.host.symbol(this.address);
  }
  get physical(): number | undefined {
    return this.#block.host.physical(this.address);
  }

  add(counter: Counter, amount?: number): void {
    this.#attach(addition(this.#block, counter, amount));
  }
  set(counter: Counter, value: number | bigint): void {
    this.#attach(storing(this.#block, counter, value));
  }
  inline(write: InlineWriter): void {
    this.#attach(inlining(this.#block, write));
  }
  onExecute<D>(callback: ExecuteCallback<D>, options?: ExecuteOptions<D>): void {
    this.#attach({ do: "call", callback: this.#block.callback(callback, options, false) });
  }
  onExecuteIf<D>(condition: Condition, callback: ExecuteCallback<D>, options?: ExecuteOptions<D>): void {
    this.#attach(this.#block.conditional(condition, callback, options));
  }
  addPerAccess(kind: AccessKind, counter: Counter, amount?: number): void {
    this.#attachToAccess(kind, addition(this.#block, counter, amount));
  }
  setPerAccess(kind: AccessKind, counter: Counter, value: number | bigint): void {
    this.#attachToAccess(kind, storing(this.#block, counter, value));
  }
  inlinePerAccess(kind: AccessKind, write: InlineWriter): void {
    this.#attachToAccess(kind, inlining(this.#block, write));
  }
  onAccess<D>(kind: AccessKind, callback: AccessCallback<D>, options?: CallbackOptions<D>): void {
    this.#attachToAccess(kind, { do: "call", callback: this.#block.callback(callback, options, true) });
  }

  #attach(action: Action): void {
    this.#block.attach(this.#block.before[this.index] ??= [], action);
  }

  #attachToAccess(kind: AccessKind, action: Action): void {
    if (!KINDS.includes(kind)) throw new TypeError(`Cannot attach to accesses of kind "${kind}"`);
    this.#block.attached.add(this.#block.current());
    (this.#block.access[this.index] ??= []).push({ kind, action });
  }
}

function cellOf(block: BlockView, counter: Counter): number {
  block.current();
  if (!(counter instanceof CounterCell)) throw new TypeError("Cannot count: that is no counter");
  return counter.cell(block.cpu);
}

function addition(block: BlockView, counter: Counter, amount = 1): Action {
  if (!Number.isInteger(amount) || amount < 0 || amount > 0x7fff_ffff) {
    throw new RangeError(`Cannot add ${amount} to a counter: it takes a whole number from 0 to 2^31 - 1`);
  }
  return { do: "add", cell: cellOf(block, counter), amount };
}

function storing(block: BlockView, counter: Counter, value: number | bigint): Action {
  return { do: "set", cell: cellOf(block, counter), value: constant(value) };
}

function inlining(block: BlockView, write: InlineWriter): Action {
  const owner = block.current();
  if (typeof write !== "function") throw new TypeError("Cannot write inline code: that is no function");
  return { do: "inline", write, failed: (error) => block.host.failed(owner, error) };
}

function constant(value: number | bigint): bigint {
  return BigInt.asIntN(64, BigInt(value));
}
