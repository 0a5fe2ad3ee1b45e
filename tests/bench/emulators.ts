/** The two emulators as commands. Both take the same options, so that both get the same machine. */
import type { Guest } from "../guests/guests.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;
const QEMU = "qemu-system-arm";

/** The boot monitor, which QEMU has to be told to load. */
export const FIRMWARE = `${PROJECT}boards/integratorcp/firmware/monitor.bin`;

/** Name of an emulator in results. */
export type EmulatorName = "emu" | "qemu";

/** How an emulator is started. */
export interface Emulator {
  readonly name: EmulatorName;
  /** One line for the head of the report. */
  readonly version: string;
  /** Command and arguments before those for the guest. */
  readonly command: readonly string[];
  /** Arguments that start the boot monitor. */
  readonly firmware: readonly string[];
}

const MACHINE = ["-M", "integratorcp", "-m", "128", "-no-reboot"];
const CONSOLE = ["-display", "none", "-serial", "stdio", "-monitor", "none"];

/** Ours, started as a user does. */
export function emuEmulator(): Emulator {
  const command = [Deno.execPath(), "run", "-A", `${PROJECT}emu.ts`];
  return { name: "emu", version: versionOf([...command, "--version"]) ?? "Emu", command, firmware: [] };
}

/** QEMU, or undefined if it is not installed. */
export function qemuEmulator(): Emulator | undefined {
  const version = versionOf([QEMU, "--version"]);
  return version === undefined ? undefined : {
    name: "qemu",
    version,
    command: [QEMU],
    firmware: ["-device", `loader,file=${FIRMWARE},addr=0,cpu-num=0,force-raw=on`],
  };
}

/** The command that boots Linux with `run=` set. */
export function linuxCommand(emulator: Emulator, guest: Guest, run: string): string[] {
  return linux(emulator, guest, `console=ttyAMA0 run=${run}`);
}

/** The command that boots Linux to its shell. */
export function linuxShellCommand(emulator: Emulator, guest: Guest): string[] {
  return linux(emulator, guest, "console=ttyAMA0 quiet");
}

function linux({ command }: Emulator, { zImage, dtb, initrd }: Guest, append: string): string[] {
  const files = ["-kernel", zImage, "-dtb", dtb, "-initrd", initrd];
  return [...command, ...MACHINE, ...CONSOLE, ...files, "-append", append];
}

/** The command that starts the boot monitor. */
export function firmwareCommand({ command, firmware }: Emulator): string[] {
  return [...command, ...MACHINE, ...CONSOLE, ...firmware];
}

function versionOf([command, ...args]: readonly string[]): string | undefined {
  try {
    const { success, stdout } = new Deno.Command(command, { args, stderr: "null" }).outputSync();
    return success ? new TextDecoder().decode(stdout).split("\n")[0] : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
