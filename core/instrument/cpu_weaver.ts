import type { Block } from "../ir/block.ts";
import type { Builder, Value } from "../ir/builder.ts";
import { OP } from "../ir/ops.ts";
import type { IsaPlugin } from "../isa/isa.ts";
import { CPU } from "../isa/state.ts";
import type { AddressSpace } from "../memory/address_space.ts";
import type { VCpu } from "../vcpu/vcpu.ts";
import { CurrentAccess } from "./access.ts";
import type { Cpu, Inline, RegisterAccess, TranslatedBlock } from "./api.ts";
import type { Callback } from "./attachment.ts";
import { BlockView, type CallbackKind, type ViewHost } from "./block_view.ts";
import { type Counter, CounterCell, TableCells } from "./counters.ts";
import { CpuHandle, type Reach } from "./cpu_handle.ts";
import type { CpuInstrument, DiscontinuityKind, WeaveSource } from "./hook.ts";
import type { Owner } from "./owner.ts";
import type { BatchFunction, ProbeFunction } from "./probes.ts";
import { type Loom, weave } from "./weave.ts";

/** What a vCPU's weaver asks of the whole. */
export interface WeaverHost {
  readonly translateHooks: readonly {
    readonly owner: Owner;
    readonly run: (block: TranslatedBlock) => void;
  }[];
  symbol(address: number): string | undefined;
  /** A plugin has made a mistake; it is gone afterwards. */
  failed(owner: Owner, error: unknown): void;
  /** Runs something of a plugin's, with an eye on mistakes and on time. */
  guard(owner: Owner, run: () => unknown): void;
  /** A callback has returned something: it may be one that cannot be waited for. */
  returned(owner: Owner, given: unknown): void;
  begin(): void;
  /** Callbacks have been called: whether they take too long? */
  look(): void;
  discontinuity(cpu: Cpu, event: { kind: DiscontinuityKind; from: number; to: number }): void;
  flushed(): void;
  reset(): void;
}

/** What of a machine its code has to do with. */
export interface WovenMachine {
  readonly space: AddressSpace;
  readonly cpu: VCpu;
  readonly isa: IsaPlugin<unknown>;
}

/** Callbacks from one look at the time to the next. */
const SELDOM = 256;

/** The instrumentation of one vCPU: what its translator asks, and what its code calls. */
export class CpuWeaver implements CpuInstrument, ViewHost, Loom {
  readonly cpu: number;
  /** The vCPU between two blocks. */
  readonly handle: CpuHandle;
  readonly helpers: Loom["helpers"];
  readonly #host: WeaverHost;
  readonly #machine: WovenMachine;
  readonly #cpu: VCpu;
  readonly #handles: Readonly<Record<Exclude<Reach, "between">, CpuHandle>>;
  readonly #current: CurrentAccess;
  /** By site: what its callback gets, and the access that it follows. */
  readonly #data: unknown[] = [];
  readonly #accesses: number[] = [];
  /** What is counted ahead: counters and amounts, by number. */
  #undo: (readonly number[] | undefined)[] = [undefined];
  /** Plugins that have called for code since it was last dropped. */
  #numbered = new Set<Owner>();
  #failures = 0;
  /** Callbacks until time is looked at, and from then to the next time. */
  #untilLook = 1;
  #looksAfter = 1;

  constructor(host: WeaverHost, machine: WovenMachine, index: number) {
    this.#host = host;
    this.#machine = machine;
    this.#cpu = machine.cpu;
    this.cpu = index;
    this.helpers = Object.values(machine.isa.helpers);
    const handle = (reach: Reach) => new CpuHandle(this.#cpu, { index, reach, fields: machine.isa.state });
    this.handle = handle("between");
    this.#handles = {
      none: handle("none"),
      read: handle("read"),
      write: handle("write"),
      access: handle("access"),
    };
    this.#current = new CurrentAccess(this.#cpu, machine.space);
  }

  // What the vCPU tells.

  weave(block: Block, source: WeaveSource): Block | undefined {
    for (;;) {
      const failures = this.#failures;
      const woven = this.#weave(block, source);
      // What a plugin that has failed attached before is not wanted.
      if (failures === this.#failures) return woven;
    }
  }

  #weave(block: Block, source: WeaveSource): Block | undefined {
    const { translateHooks } = this.#host;
    if (translateHooks.length === 0) return block;
    const view = new BlockView(block, source, this);
    for (const { owner, run } of translateHooks) {
      view.owner = owner;
      this.#host.guard(owner, () => run(view));
    }
    view.owner = undefined;
    if (source.again) {
      view.start.length = 0;
      view.before.length = 0;
    }
    if (view.attached.size === 0) return block;
    const woven = weave(block, view, this);
    if (woven !== undefined || source.insns > 1) return woven;
    for (const owner of view.attached) {
      this.failed(owner, new Error("Cannot translate an instruction with so much attached"));
    }
    return block;
  }

  begin(): void {
    this.#untilLook = this.#looksAfter = 1;
    this.#host.begin();
  }

  raised(undo: number): void {
    const { i32 } = this.#cpu;
    if (undo === 0) return;
    i32[CPU.undo.index] = 0;
    const ahead = this.#undo[undo], { i64 } = this.#machine.space.memory;
    if (ahead === undefined) return;
    for (let k = 0; k < ahead.length; k += 2) i64[ahead[k] / 8] -= BigInt(ahead[k + 1]);
  }

  discontinuity(kind: "interrupt" | "exception", from: number): void {
    this.settle();
    const to = this.#cpu.i32[CPU.pc.index] >>> 0;
    const served = kind === "exception" && this.#cpu.semihosting !== undefined && to - (from >>> 0) <= 4;
    this.#host.discontinuity(this.handle, {
      kind: served && to > from >>> 0 ? "hostcall" : kind,
      from: from >>> 0,
      to,
    });
  }

  purged(): void {
    this.settle();
    this.#cpu.probes.clear();
    this.#data.length = 0;
    this.#accesses.length = 0;
    this.#undo = [undefined];
    for (const owner of this.#numbered) owner.numbers.clear();
    this.#numbered.clear();
    this.#host.flushed();
  }

  reset(): void {
    this.#host.reset();
  }

  /** Makes the calls that wait. */
  settle(): void {
    this.#cpu.probes.settle();
  }

  // What views of blocks ask.

  callbackNumber(
    owner: Owner,
    callback: unknown,
    { access, registers, later }: CallbackKind,
  ): number {
    const key = `${access} ${registers} ${later}`;
    let numbers = owner.numbers.get(key);
    if (numbers === undefined) owner.numbers.set(key, numbers = new Map());
    let number = numbers.get(callback);
    if (number !== undefined) return number;
    this.#numbered.add(owner);
    const { run, batches } = this.#cpu.probes;
    number = later
      ? batches.push(this.#batch(owner, callback as ExecuteFunction, batches.length)) - 1
      : run.push(
        access
          ? this.#accessProbe(owner, callback as AccessFunction, registers)
          : this.#executeProbe(owner, callback as ExecuteFunction, registers),
      ) - 1;
    numbers.set(callback, number);
    return number;
  }

  failed(owner: Owner, error: unknown): void {
    this.#failures++;
    this.#host.failed(owner, error);
  }

  bytes(host: number, size: number): Uint8Array {
    return this.#machine.space.memory.u8.slice(host, host + size);
  }
  disassemble(bytes: Uint8Array, address: number, flags: number): string {
    return this.#machine.isa.disassemble(bytes, address, flags).text;
  }
  symbol(address: number): string | undefined {
    return this.#host.symbol(address);
  }
  physical(address: number): number | undefined {
    return this.#cpu.mmu.physical(address | 0, this.#cpu.frontend.mmuIndex());
  }

  // What weaving asks.

  site({ number, data }: Callback, access: number): number {
    const { callbackOf } = this.#cpu.probes;
    const site = callbackOf.push(number) - 1;
    this.#data[site] = data;
    this.#accesses[site] = access;
    return site;
  }

  undo(ahead: ReadonlyMap<number, number>): number {
    return this.#undo.push([...ahead].flat()) - 1;
  }

  inline(ir: Builder, access: { readonly address: Value; readonly value: Value } | undefined): Inline {
    const { cpu } = this, { state } = this.#machine.isa;
    const cell = (counter: Counter): number => {
      if (!(counter instanceof CounterCell)) throw new TypeError("Cannot count inline: that is no counter");
      return counter.cell(cpu);
    };
    const operand = (name: "address" | "value"): Value => {
      if (access === undefined) throw new Error(`Cannot use an access's ${name}: the code follows no access`);
      return access[name];
    };
    return {
      ir,
      get address() {
        return operand("address");
      },
      get value() {
        return operand("value");
      },
      count: (counter, amount) => void ir.block.push(OP.count, amount, -1, -1, cell(counter)),
      countIn(table, index, amount = ir.const(1)) {
        if (!(table instanceof TableCells)) throw new TypeError("Cannot count inline: that is no table");
        const offset = ir.shl(ir.and(index, ir.const(table.length - 1)), ir.const(3));
        ir.block.push(OP.countAt, amount, offset, -1, table.cell(cpu));
      },
      read: (counter) => ir.block.push(OP.peek64, -1, -1, -1, cell(counter)) as Value<"l">,
      write: (counter, value) => void ir.block.push(OP.poke64, value, -1, -1, cell(counter)),
      register(name) {
        const field = Object.hasOwn(state, name) ? state[name] : undefined;
        if (field?.type !== "i32") throw new Error(`Cannot read register "${name}" inline: there is none`);
        return ir.block.push(OP.get, -1, -1, -1, field.offset) as Value;
      },
    };
  }

  // What translated code calls. One function for many sites, so that compiled code calls it directly.

  /** Looks at the time: often as a slice begins, then seldom, because that costs more than a callback. */
  #look(): void {
    this.#untilLook = this.#looksAfter;
    this.#looksAfter = Math.min(2 * this.#looksAfter, SELDOM);
    this.#host.look();
  }

  #executeProbe(owner: Owner, callback: ExecuteFunction, registers: RegisterAccess): ProbeFunction {
    const data = this.#data, handle = this.#handles[registers], host = this.#host;
    return (site) => {
      if (--this.#untilLook === 0) this.#look();
      if (owner.careful) return host.guard(owner, () => callback(handle, data[site]));
      try {
        const given = callback(handle, data[site]);
        if (given !== undefined) host.returned(owner, given);
      } catch (error) {
        host.failed(owner, error);
      }
    };
  }

  #batch(owner: Owner, callback: ExecuteFunction, number: number): BatchFunction {
    const data = this.#data, handle = this.#handles.none, host = this.#host;
    const { callbackOf, batches } = this.#cpu.probes, { i32 } = this.#machine.space.memory;
    return (at, end) => {
      if (owner.careful) {
        host.guard(owner, () => callback(handle, data[i32[at >>> 2]]));
        return at + 4;
      }
      const alone = batches.length === 1;
      try {
        for (let count = 1; at < end; count = Math.min(2 * count, SELDOM)) {
          for (const until = Math.min(end, at + 4 * count); at < until; at += 4) {
            const site = i32[at >>> 2];
            if (owner.careful || !alone && callbackOf[site] !== number) return at;
            const given = callback(handle, data[site]);
            if (given !== undefined) host.returned(owner, given);
          }
          host.look();
        }
        return at;
      } catch (error) {
        host.failed(owner, error);
        return at + 4;
      }
    };
  }

  #accessProbe(owner: Owner, callback: AccessFunction, registers: RegisterAccess): ProbeFunction {
    const data = this.#data, accesses = this.#accesses, access = this.#current, host = this.#host;
    const handle = this.#handles[registers === "write" ? "access" : registers];
    return (site, address, low, high) => {
      access.address = address >>> 0;
      access.descriptor = accesses[site];
      access.low = low;
      access.high = high;
      if (--this.#untilLook === 0) this.#look();
      if (owner.careful) return host.guard(owner, () => callback(handle, access, data[site]));
      try {
        const given = callback(handle, access, data[site]);
        if (given !== undefined) host.returned(owner, given);
      } catch (error) {
        host.failed(owner, error);
      }
    };
  }
}

type ExecuteFunction = (cpu: Cpu, data: unknown) => unknown;
type AccessFunction = (cpu: Cpu, access: CurrentAccess, data: unknown) => unknown;
