import type {
  Cpu,
  DeviceAccess,
  Discontinuity,
  DmaTransfer,
  LineChange,
  Report,
  Syscall,
  TranslatedBlock,
} from "./api.ts";
import type { DiscontinuityKind } from "./hook.ts";
import type { Owner } from "./owner.ts";

/** What plugins have registered for one kind of event, in order. */
export class HookList<F> {
  entries: readonly { readonly owner: Owner; readonly run: F }[] = [];

  add(owner: Owner, run: F): void {
    if (typeof run !== "function") throw new TypeError("Cannot register a callback: it is no function");
    this.entries = [...this.entries, { owner, run }];
  }

  remove(owner: Owner): void {
    this.entries = this.entries.filter((entry) => entry.owner !== owner);
  }
}

/** All kinds of events. */
export class Hooks {
  readonly translate = new HookList<(block: TranslatedBlock) => void>();
  readonly flush = new HookList<() => void>();
  readonly cpuInit = new HookList<(cpu: Cpu) => void>();
  readonly cpuExit = new HookList<(cpu: Cpu) => void>();
  readonly cpuIdle = new HookList<(cpu: Cpu) => void>();
  readonly cpuResume = new HookList<(cpu: Cpu) => void>();
  readonly interrupt = new HookList<(cpu: Cpu, event: Discontinuity) => void>();
  readonly exception = new HookList<(cpu: Cpu, event: Discontinuity) => void>();
  readonly hostcall = new HookList<(cpu: Cpu, event: Discontinuity) => void>();
  readonly syscall = new HookList<(cpu: Cpu, call: Syscall) => void>();
  readonly syscallReturn = new HookList<(cpu: Cpu, call: Syscall, result: number) => void>();
  readonly syscallFilter = new HookList<(cpu: Cpu, call: Syscall) => number | undefined>();
  readonly fork = new HookList<(cpu: Cpu) => void>();
  readonly device = new HookList<(access: DeviceAccess) => void>();
  readonly line = new HookList<(change: LineChange) => void>();
  readonly dma = new HookList<(transfer: DmaTransfer) => void>();
  readonly reset = new HookList<() => void>();
  readonly exit = new HookList<() => void | Promise<void>>();
  readonly report = new HookList<() => Report>();

  removeAll(owner: Owner): void {
    for (const list of Object.values(this)) (list as HookList<unknown>).remove(owner);
  }

  of(kind: DiscontinuityKind): HookList<(cpu: Cpu, event: Discontinuity) => void> {
    if (kind !== "interrupt" && kind !== "exception" && kind !== "hostcall") {
      throw new TypeError(
        `Cannot watch discontinuities of kind "${kind}": there are interrupt, exception, hostcall`,
      );
    }
    return this[kind];
  }
}
