import type { CpuHost, Page } from "@emu/core";
import { ArmCpu } from "./cpu.ts";
import { MODELS } from "./cpus.ts";

/** What a test sees of the core's side. */
export interface FakeHost extends CpuHost {
  readonly memory: Map<number, number>;
  /** What was asked of the TLB: "all", or a page's address and size. */
  readonly flushes: string[];
  readonly messages: string[];
  pending: boolean;
}

/** A core of nothing but words: physical memory is a map, virtual memory is the same. */
export function fakeHost(changes: Partial<CpuHost> = {}): FakeHost {
  const memory = new Map<number, number>();
  const host: FakeHost = {
    i32: new Int32Array(256),
    memory,
    flushes: [],
    messages: [],
    pending: false,
    flushTlb: () => void host.flushes.push("all"),
    flushTlbPage: (address, size) => void host.flushes.push(`${address.toString(16)}+${size.toString(16)}`),
    interrupt: (pending) => void (host.pending = pending),
    readPhysical32: (address) => memory.get(address),
    readVirtual: (address, into) => {
      for (let i = 0; i < into.length; i++) {
        const word = memory.get(address + i & ~3);
        if (word === undefined) return false;
        into[i] = word >>> 8 * (address + i & 3);
      }
      return true;
    },
    writeVirtual: (address, from) => {
      for (let i = 0; i < from.length; i++) {
        const at = address + i & ~3, shift = 8 * (address + i & 3);
        const word = memory.get(at);
        if (word === undefined) return false;
        memory.set(at, word & ~(0xff << shift) | from[i] << shift);
      }
      return true;
    },
    semihosting: undefined,
    log: {
      guestError: (message) => void host.messages.push(message),
      unimplemented: (message) => void host.messages.push(message),
    },
    now: () => 0,
    ...changes,
  };
  return host;
}

/** A vCPU just reset, and its host, with nothing noted yet. */
export function fakeCpu(name: keyof typeof MODELS = "arm926", changes: Partial<CpuHost> = {}) {
  const host = fakeHost(changes);
  const cpu = new ArmCpu(host, MODELS[name]);
  cpu.reset();
  host.flushes.length = 0;
  return { cpu, host, i32: host.i32 };
}

/** An empty answer for `walk`. */
export function emptyPage(): Page {
  return { physical: 0, size: 0, readable: false, writable: false, executable: false };
}
