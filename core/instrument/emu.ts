import type { Cpu, Emu, ExportKey, Target, TimeControl } from "./api.ts";
import type { Instruments } from "./instruments.ts";
import type { Owner } from "./owner.ts";

/** What one plugin gets. */
export function emuFor(instruments: Instruments, owner: Owner): Emu {
  const { machine, hooks, options, counters } = instruments, { output } = owner;
  const { loop, space, memory } = machine;

  /** Nothing is registered for a plugin that is gone. */
  const alive = () => {
    if (owner.dead) throw new Error("Cannot register anything: the plugin has been removed");
  };
  const register = <F>(list: { add(owner: Owner, run: F): void }) => (run: F) => {
    alive();
    list.add(owner, run);
  };

  const emu: Emu = {
    name: owner.name,
    target: targetOf(instruments),

    counter: () => counters.counter(),
    table: (length) => counters.table(length),

    onTranslate(callback) {
      alive();
      hooks.translate.add(owner, callback);
      instruments.retranslate();
    },
    onFlush: register(hooks.flush),
    onCpuInit: register(hooks.cpuInit),
    onCpuExit: register(hooks.cpuExit),
    onCpuIdle: register(hooks.cpuIdle),
    onCpuResume: register(hooks.cpuResume),
    onDiscontinuity(kinds, callback) {
      for (const kind of kinds) register(hooks.of(kind))(callback);
    },
    onEdge(callback) {
      let last = -1, direct = true;
      const enter = (cpu: Cpu, to: number) => {
        if (last >= 0) callback(cpu, last, to, direct);
        last = to;
        direct = true;
      };
      emu.onDiscontinuity(["interrupt", "exception", "hostcall"], () => void (direct = false));
      emu.onTranslate((block) => block.onExecute(enter, { data: block.address }));
    },
    onSyscall: register(hooks.syscall),
    onSyscallReturn: register(hooks.syscallReturn),
    filterSyscall: register(hooks.syscallFilter),
    onFork: register(hooks.fork),
    onDevice(callback, { device } = {}) {
      alive();
      instruments.countExactly();
      hooks.device.add(
        owner,
        device === undefined ? callback : (access) => access.device === device && callback(access),
      );
    },
    onLine(callback) {
      instruments.countExactly();
      register(hooks.line)(callback);
    },
    onDma(callback) {
      instruments.countExactly();
      register(hooks.dma)(callback);
    },
    onReset: register(hooks.reset),
    onExit: register(hooks.exit),

    provide<T>({ name }: ExportKey<T>, value: T) {
      if (instruments.exports.has(name)) {
        throw new Error(`Cannot offer "${name}": another plugin offers it already`);
      }
      instruments.exports.set(name, value);
    },
    use: <T>({ name }: ExportKey<T>) => instruments.exports.get(name) as T | undefined,

    takeTime(): TimeControl | undefined {
      alive();
      if (instruments.timeOwner !== undefined && !instruments.timeOwner.dead) return undefined;
      instruments.timeOwner = owner;
      return {
        update(time) {
          if (!Number.isFinite(time)) throw new RangeError(`Cannot set virtual time to ${time}`);
          loop.setTime(time);
        },
      };
    },
    now: () => loop.now(),
    hold: (until) => options.hold(until),
    stop(reason) {
      options.warn(`Stopped by instrument "${owner.name}": ${reason}`);
      machine.end(0);
    },
    exit: (status) => machine.end(status & 0xff),
    requestSnapshot(name) {
      if (options.snapshot === undefined) {
        throw new Error(`Cannot make snapshot "${name}": this machine makes none`);
      }
      options.snapshot(name);
    },

    readPhysical(address, length) {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const region = space.find(address + done);
        if (region === undefined || region.host < 0) return undefined;
        const count = Math.min(length - done, region.end - address - done);
        const from = region.host + (address + done - region.start);
        bytes.set(memory.u8.subarray(from, from + count), done);
        done += count;
      }
      return bytes;
    },
    writePhysical: (address, bytes) => machine.poke(address, bytes),
    symbol(address) {
      const found = options.symbols?.lookup(address);
      return found && { name: found.symbol.name, offset: found.offset };
    },
    findSymbol(name) {
      const found = options.symbols?.find(name);
      return found && Number(found.address);
    },

    print: (line, record) => output.line(output.format === "json" ? JSON.stringify(record ?? line) : line),
    report(report) {
      alive();
      if (typeof report?.text !== "function" || typeof report.json !== "function") {
        throw new TypeError("Cannot report: it takes an object with functions text and json");
      }
      hooks.report.add(owner, () => report);
    },
    writeFile: (path, content) =>
      typeof content === "string" ? Deno.writeTextFile(path, content) : Deno.writeFile(path, content),

    clear: (then = () => {}) => instruments.clear(owner, then),
    uninstall: (then) => instruments.remove(owner, then),
  };
  return emu;
}

function targetOf({ machine, options }: Instruments): Target {
  const { isa, board } = machine;
  return {
    isa: board.cpu.isa,
    board: options.board,
    model: board.cpu.model,
    cpus: 1,
    addressBits: isa.addressBits,
    bigEndian: isa.bigEndian,
    mode: "system",
    ram: Object.entries(board.memory).map(([name, { at, size }]) => ({ name, address: at, size })),
  };
}
