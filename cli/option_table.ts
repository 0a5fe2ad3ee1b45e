/** One option of the command line. */
export interface Option {
  readonly name: string;
  /** What stands for its value in the help; absent: it takes none. */
  readonly value?: string;
  readonly short?: string;
  readonly repeatable?: boolean;
  readonly help: string;
  /** Other spellings, without dashes. */
  readonly also?: readonly string[];
}

/** All options, in the groups of the help. QEMU's spelling with one dash is taken for every one of them. */
export const GROUPS: Readonly<Record<string, readonly Option[]>> = {
  "Machine": [
    {
      name: "board",
      short: "M",
      value: "NAME[,PROP=VALUE]",
      also: ["machine"],
      help: "board, or a file that describes one (.json, .ts); `help` lists boards",
    },
    { name: "cpu", value: "MODEL", help: "CPU model; `help` lists them" },
    { name: "memory", short: "m", value: "SIZE", help: "RAM: 64 (MiB), 128M, 1G" },
    {
      name: "device",
      value: "NAME[,PROP=VALUE]",
      repeatable: true,
      help: "add a device; `help` lists them, `NAME,help` its properties",
    },
    {
      name: "property",
      value: "DEVICE.PROP=VALUE",
      repeatable: true,
      also: ["global"],
      help: "set a property of one of the board's devices",
    },
    {
      name: "plugin",
      value: "SPEC",
      repeatable: true,
      help: "use a plugin: path of its folder or manifest, https:…#sha256-…, npm: or jsr:",
    },
    { name: "watch-plugins", help: "start the machine anew when a file of a --plugin changes" },
    {
      name: "sandbox-plugins",
      help: "run devices of --plugin in sandboxes: no files, no network, two seconds to answer",
    },
    {
      name: "grant",
      value: "NAME",
      repeatable: true,
      help: "give a plugin in a sandbox the permissions that its manifest asks for",
    },
    { name: "trust", help: "take remote plugins without their hash or an entry in deno.lock" },
  ],
  "What to run": [
    { name: "kernel", value: "FILE", help: "zImage, U-Boot image, ELF program or plain code" },
    { name: "dtb", value: "FILE", help: "device tree for the kernel" },
    { name: "initrd", value: "FILE", help: "initial RAM disk" },
    { name: "append", value: "TEXT", help: "kernel command line" },
    {
      name: "bios",
      value: "FILE",
      help: "firmware in place of the board's own, which runs without --kernel",
    },
  ],
  "Consoles and channels": [
    {
      name: "serial",
      value: "CHANNEL",
      repeatable: true,
      help:
        "next serial port: stdio (first port's default), mon:stdio, null, file:PATH, pipe:PATH, tcp:HOST:PORT[,server[,nowait]], unix:PATH[,server[,nowait]], chardev:ID",
    },
    {
      name: "chardev",
      value: "TYPE,id=ID[,PROP=VALUE]",
      repeatable: true,
      help: "channel; `help` lists types",
    },
    { name: "nographic", help: "serial port on this terminal (as it is anyway)" },
    { name: "display", value: "none", help: "no display" },
    { name: "monitor", value: "none", help: "no monitor" },
    {
      name: "screendump",
      value: "FILE.png",
      help: "write the picture at exit, and on SIGUSR2 (or SIGUSR1, at which Deno opens its debugger too)",
    },
  ],
  "Storage": [
    { name: "sd", value: "FILE", help: "image of the SD card" },
    { name: "pflash", value: "FILE", help: "image of the flash memory" },
    {
      name: "drive",
      value: "id=ID,file=FILE[,readonly]",
      repeatable: true,
      help: "disk image for a device's property; `help` lists formats",
    },
  ],
  "Network and sound": [
    {
      name: "netdev",
      value: "TYPE[,id=ID][,PROP=VALUE]",
      repeatable: true,
      help: "network; `help` lists types",
    },
    {
      name: "nic",
      value: "none|TYPE[,mac=ADDRESS][,model=MODEL][,PROP=VALUE]",
      repeatable: true,
      help: "network and card in one: first the board's card, then further ones (virtio-net-mmio)",
    },
    {
      name: "net",
      value: "none|nic[,netdev=ID][,macaddr=ADDRESS]|TYPE",
      repeatable: true,
      help: "the same as QEMU spelled it of old: everything so given is on one hub",
    },
    {
      name: "netdump",
      value: "ID,file=FILE[,maxlen=N]",
      repeatable: true,
      help: "record what goes through network ID in a pcap file",
    },
    {
      name: "object",
      value: "filter-dump,netdev=ID,file=FILE",
      repeatable: true,
      help: "the same, as QEMU spells it",
    },
    { name: "audio", value: "TYPE[,PROP=VALUE]", also: ["audiodev"], help: "sound; `help` lists types" },
  ],
  "Execution": [
    { name: "accel", value: "jit|interp", help: "compile guest code, or interpret it" },
    {
      name: "icount",
      value: "N",
      help: "time by instructions: 2^N ns each; with --rtc base=TIME runs repeat exactly",
    },
    { name: "rtc", value: "base=TIME", help: "clock at start: utc, localtime, or 2006-06-17T16:01:21" },
    {
      name: "savevm",
      value: "FILE",
      help: "write a snapshot of the machine at exit; those that instruments ask for to FILE.NAME",
    },
    {
      name: "loadvm",
      value: "FILE",
      help: "go on from a snapshot; the other options describe the machine as they did then",
    },
    { name: "no-reboot", help: "end where the guest resets" },
    { name: "timeout", value: "SECONDS", help: "end after that time, with status 124" },
    { name: "semihosting", help: "serve the guest's semihosting calls" },
    {
      name: "semihosting-config",
      value: "[dir=DIR][,arg=TEXT]",
      help: "the same; with files of that directory, and a command line",
    },
  ],
  "Looking inside": [
    {
      name: "log",
      short: "d",
      value: "ITEM,…",
      help: "log in_asm, op, int, guest_errors, unimp; `help` explains",
    },
    { name: "log-file", short: "D", value: "FILE", help: "where the log goes; default: standard error" },
    {
      name: "trace",
      value: "EVENT[,file=FILE]",
      repeatable: true,
      help: "write what devices do: `pl011_*`, `*_irq`; `-EVENT` takes some away again; `help` lists them",
    },
    {
      name: "dump-board",
      value: "FILE",
      help: "write the machine to a file and end: .json (for --board), .dot (Graphviz), .mmd (Mermaid)",
    },
    { name: "stats", help: "print counters at exit" },
    {
      name: "instrument",
      value: "NAME[,PROP=VALUE]",
      repeatable: true,
      help:
        "watch the guest's code with a plugin: name, path or URL; `help` lists them, `NAME,help` its properties",
    },
    { name: "symbols", value: "FILE", help: "ELF file (vmlinux) with the guest's symbols, for --instrument" },
  ],
  "About": [
    { name: "version", help: "print the version" },
    { name: "help", short: "h", help: "print this" },
  ],
};

/** All options. */
export const OPTIONS: readonly Option[] = Object.values(GROUPS).flat();
