/**
 * The emulator the monitor is tested on: QEMU where installed, or any other by command line:
 *
 *     deno test -A boards/integratorcp/firmware -- --emulator "deno run -A emu.ts … -bios {firmware}" --exact
 *
 * The command must join the guest's UART0 with its standard input and output and understand QEMU's
 * `-semihosting`, `-net none`, `-no-reboot`, `-sd FILE` (`--sd "… {file}"` says otherwise) and
 * `-nic user,tftp=DIR` (`--tftp "… {dir}"` says otherwise).
 * `--exact` forbids the skips that only lax models need. `--guests DIR` names a folder with
 * `integratorcp-zImage`, `integratorcp.dtb` and `initrd.cpio.gz` for the tests that boot Linux.
 */

const QEMU = "qemu-system-arm -M integratorcp -m 128 -display none -serial stdio -monitor none" +
  " -device loader,file={firmware},addr=0,cpu-num=0,force-raw=on";

export const FIRMWARE = new URL("monitor.bin", import.meta.url).pathname;

function option(name: string): string | undefined {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? undefined : Deno.args[at + 1];
}

function installed(command: string): boolean {
  try {
    return new Deno.Command(command, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

function words(text: string, values: Record<string, string>): string[] {
  return text.trim().split(/\s+/).map((word) => word.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? ""));
}

const other = option("emulator");

/** True when the tests run on QEMU rather than on an emulator of the command line. */
export const onQemu = other === undefined;
/** True when a skip that a lax model would need counts as a failure. */
export const exact = Deno.args.includes("--exact");
/** Folder with a Linux kernel, or undefined. */
export const guests = option("guests") ?? Deno.env.get("EMU_GUESTS");
/** Why the tests cannot run, in words for their names, or "". */
export const missing = onQemu && !installed("qemu-system-arm")
  ? " (ignored: qemu-system-arm is not installed)"
  : "";

export interface Devices {
  /** Image file of the SD card. */
  sd?: string;
  /** Directory served by TFTP. */
  tftp?: string;
  /** Further arguments, as QEMU spells them. */
  extra?: string[];
}

/** Command and arguments that start the monitor with these devices. */
export function commandLine({ sd, tftp, extra = [] }: Devices): string[] {
  return [
    ...words(other ?? QEMU, { firmware: FIRMWARE }),
    "-semihosting",
    ...(sd === undefined ? [] : words(option("sd") ?? "-sd {file}", { file: sd })),
    ...(tftp === undefined ? [] : words(option("tftp") ?? "-nic user,tftp={dir}", { dir: tftp })),
    ...extra,
  ];
}
