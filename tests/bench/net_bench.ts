/**
 * Measures a guest's way through the network "user", and QEMU's beside it: `deno task bench --net`. Linux copies with
 * `dd` from and to a server at the host's loopback address, so that neither a disk nor a small buffer counts.
 *
 * QEMU's integratorcp has one card, the SMC91C111; no virtio transport fits on it, and the kernel (ARMv5, Integrator
 * only) does not run on `-M virt`. So virtio-net stands beside QEMU's only card.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { findGuests, type Guest } from "../guests/guests.ts";
import {
  emuEmulator,
  type Emulator,
  type EmulatorName,
  linuxShellCommand,
  qemuEmulator,
} from "./emulators.ts";
import { watch, type Watched } from "./process.ts";
import { median } from "./statistics.ts";

/** A card, how each emulator gets it, and how many bytes go each way: enough for a second, not for a minute. */
interface Card {
  readonly name: string;
  readonly args: Readonly<Partial<Record<EmulatorName, readonly string[]>>>;
  readonly bytes: Readonly<Record<EmulatorName, { readonly download: number; readonly upload: number }>>;
}

const MIB = 1 << 20;
const CARDS: readonly Card[] = [{
  name: "virtio-net",
  args: { emu: ["--netdev", "user,id=n1", "--device", "virtio-net-mmio,netdev=n1"] },
  bytes: { emu: { download: 64 * MIB, upload: 64 * MIB }, qemu: { download: 0, upload: 0 } },
}, {
  name: "smc91c111",
  args: { emu: ["--netdev", "user,id=net0"], qemu: ["-nic", "user"] },
  // QEMU's card loses most of what comes faster than the guest takes it: 0.3 Mbit/s.
  bytes: { emu: { download: 16 * MIB, upload: 16 * MIB }, qemu: { download: MIB / 2, upload: 8 * MIB } },
}];
const PINGS = 100;
/** Time over which an idle machine is watched, in ms. */
const IDLE = 5000;

/** The figures of one run: rates in Mbit/s, the median round trip in ms, the share of a processor that idling takes. */
const FIGURES = { download: "Mbit/s", upload: "Mbit/s", ping: "ms", idle: "%" } as const;
type Figures = Record<keyof typeof FIGURES, number>;

/** A server at the loopback address that takes one connection after the other. */
class Server {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly port = this.#listener.addr.port;
  readonly #buffer = new Uint8Array(1 << 18);

  /** Sends so many bytes to the next caller, and waits until it has hung up; gives the time, in ms. */
  async send(bytes: number): Promise<number> {
    using conn = await this.#listener.accept();
    const began = performance.now();
    for (let left = bytes; left > 0;) {
      left -= await conn.write(this.#buffer.subarray(0, Math.min(left, this.#buffer.length)));
    }
    await conn.closeWrite();
    while (await conn.read(this.#buffer) !== null);
    return performance.now() - began;
  }

  /** Takes so many bytes from the next caller; gives the time, in ms. */
  async receive(bytes: number): Promise<number> {
    using conn = await this.#listener.accept();
    const began = performance.now();
    let left = bytes;
    for (let count; (count = await conn.read(this.#buffer)) !== null;) left -= count;
    if (left !== 0) throw new Error(`Cannot measure: ${left} bytes of ${bytes} are missing`);
    return performance.now() - began;
  }

  close(): void {
    this.#listener.close();
  }
}

/** Types commands at a guest's shell. */
class Shell {
  #commands = 0;

  constructor(readonly process: Watched) {}

  /** Gives what the command printed. */
  async run(command: string): Promise<string> {
    const mark = `END${++this.#commands}.`;
    await this.process.type(`${command}; echo ${mark.replace("END", "E''ND")}\n`);
    return (await this.process.expect(`\n${mark}`)).before;
  }
}

async function runOnce(emulator: Emulator, guest: Guest, { args, bytes }: Card): Promise<Figures> {
  const { download, upload } = bytes[emulator.name];
  await using process = watch([...linuxShellCommand(emulator, guest), ...args[emulator.name]!]);
  await process.expect("BOOT-OK");
  const shell = new Shell(process), server = new Server();
  try {
    await shell.run("dmesg -n 1; ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up");
    // The first two of each are thrown away: what they run is not compiled yet.
    const rate = async (transfer: () => Promise<number>, size: number, command: string) => {
      let time = 0;
      for (let i = 0; i < 3; i++) [time] = await Promise.all([transfer(), shell.run(command)]);
      return size * 8 / 1e3 / time;
    };
    const call = `nc 10.0.2.2 ${server.port} -e dd bs=64k`;
    const down = await rate(() => server.send(download), download, `${call} of=/dev/null 2>/dev/null`);
    const up = await rate(
      () => server.receive(upload),
      upload,
      `${call} if=/dev/zero count=${upload / 65536} 2>/dev/null`,
    );
    const answers = await shell.run(`ping -c ${PINGS} -i 0.02 10.0.2.2`);
    const times = [...answers.matchAll(/time=([\d.]+) ms/g)].map(([, time]) => Number(time));
    if (times.length < PINGS / 2) throw new Error(`Cannot measure: the guest's ping says\n${answers}`);
    const before = process.processorTime();
    await new Promise((resolve) => setTimeout(resolve, IDLE));
    const idle = 100 * (process.processorTime() - before) / IDLE;
    return { download: down, upload: up, ping: median(times), idle };
  } finally {
    server.close();
  }
}

/** Entry of `deno task bench --net`; gives the exit status. */
export async function netBench(args: readonly string[]): Promise<number> {
  const runs = Number(parseArgs([...args], { string: ["runs"] }).runs ?? 3);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`Cannot run "${args.join(" ")}": use --runs N`);
  const guest = findGuests("arm");
  if ("missing" in guest) throw new Error(`Cannot measure: ${guest.missing}`);
  const emulators = [emuEmulator(), qemuEmulator()].filter((one) => one !== undefined);
  const results = new Map<string, Figures[]>();
  for (let run = 1; run <= runs; run++) {
    for (const card of CARDS) {
      for (const emulator of emulators.filter(({ name }) => card.args[name])) {
        console.error(`${card.name} ${run}/${runs} ${emulator.name}`);
        const key = `${card.name} ${emulator.name}`;
        results.set(key, [...results.get(key) ?? [], await runOnce(emulator, guest, card)]);
      }
    }
  }
  console.log(emulators.map(({ version }) => version).join("\n"));
  const load = Deno.loadavg()[0].toFixed(1);
  console.log(`${navigator.hardwareConcurrency} processors, load ${load}; medians of ${runs} runs each\n`);
  console.log(line(["", "Emu", "QEMU", "Emu/QEMU"]));
  const theirs = results.get("smc91c111 qemu");
  for (const { name } of CARDS) {
    for (const [figure, unit] of Object.entries(FIGURES) as [keyof Figures, string][]) {
      const of = (all: readonly Figures[]) => median(all.map((one) => one[figure]));
      const ours = of(results.get(`${name} emu`)!), other = theirs && of(theirs);
      const show = (value: number) => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ${unit}`;
      const ratio = other ? (ours / other).toFixed(2) : "";
      console.log(line([`${name} ${figure}`, show(ours), other === undefined ? "–" : show(other), ratio]));
    }
  }
  console.log(
    "\nQEMU's figures are those of its SMC91C111 everywhere: its integratorcp takes no virtio card.",
  );
  return 0;
}

function line([name, ...values]: readonly string[]): string {
  return (name.padEnd(24) + values.map((value) => value.padStart(14)).join("")).trimEnd();
}
