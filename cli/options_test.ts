import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UserError } from "./error.ts";
import { normalise } from "./normalise.ts";
import { OPTIONS } from "./option_table.ts";
import { type Options, parseOptions } from "./options.ts";

const words = (text: string) => text.split(" ").filter(Boolean);

for (
  const [given, normal] of [
    ["-kernel x", "--kernel=x"],
    ["--kernel x", "--kernel=x"],
    ["--kernel=x", "--kernel=x"],
    ["-M integratorcp -m 128M", "--board=integratorcp --memory=128M"],
    ["-machine integratorcp", "--board=integratorcp"],
    ["-nographic -no-reboot", "--nographic --no-reboot"],
    ["-d in_asm,op -D log", "--log=in_asm,op --log-file=log"],
    ["-append -x", "--append=-x"],
    ["-append -", "--append=-"],
    ["-append a=b", "--append=a=b"],
    ["-serial null -serial stdio", "--serial=null --serial=stdio"],
    ["-global uart0.clock=1", "--property=uart0.clock=1"],
    ["-net none -netdev hub,id=a", "--net=none --netdev=hub,id=a"],
    ["-icount shift=3 -sd x -bios y", "--icount=shift=3 --sd=x --bios=y"],
    ["-semihosting", "--semihosting"],
  ] as const
) {
  Deno.test(`arguments "${given}" are understood as "${normal}"`, () => {
    assertEquals(normalise(words(given)), words(normal));
  });
}

Deno.test("a value may hold spaces, line breaks and an equals sign", () => {
  assertEquals(normalise(["-append", "console=ttyAMA0 run=a\nb"]), ["--append=console=ttyAMA0 run=a\nb"]);
});

Deno.test("no two options share a spelling", () => {
  const names = OPTIONS.flatMap(({ name, short, also = [] }) => [name, ...short ? [short] : [], ...also]);
  assertEquals(names.length, new Set(names).size);
});

const base = parseOptions(["--board", "b"]);
const parsed = (text: string) => parseOptions(["--board", "b", ...words(text)]);

const TABLE: readonly (readonly [string, Partial<Options>])[] = [
  ["", { ram: undefined, chardevs: { serial0: { type: "stdio" } }, noReboot: false }],
  ["-m 64", { ram: 64 << 20 }],
  ["-m 128M", { ram: 128 << 20 }],
  ["-m 1G", { ram: 1 << 30 }],
  ["-m size=32M", { ram: 32 << 20 }],
  ["-m 0x10", { ram: 16 }],
  ["-m 65536K", { ram: 64 << 20 }],
  ["--cpu arm926", { cpu: "arm926" }],
  ["--no-reboot --stats", { noReboot: true, stats: true }],
  ["--accel interp", { accel: "interp" }],
  ["--icount 3", { icount: 3 }],
  ["--icount shift=7", { icount: 7 }],
  ["--timeout 1.5", { timeout: 1500 }],
  ["--rtc base=utc", { epoch: undefined }],
  ["--rtc base=1970-01-01T00:00:01", { epoch: 1e9 }],
  ["--rtc base=1970-01-02", { epoch: 86400e9 }],
  ["--rtc 1970-01-01T01:00:00+01:00", { epoch: 0 }],
  ["-d unimp,guest_errors", { log: new Set(["unimp", "guest_errors"]) }],
  ["--device pl011,at=0x1000,irq=pic.9", {
    devices: [{ use: "pl011", properties: { at: "0x1000", irq: "pic.9" } }],
  }],
  ["--property uart0.clock=1 --property uart0.chardev=x --property kmi0.ps2-keyboard.a=b=c", {
    properties: { "uart0": { clock: "1", chardev: "x" }, "kmi0.ps2-keyboard": { a: "b=c" } },
  }],
  ["--serial null", { chardevs: { serial0: { type: "null" } } }],
  ["--serial mon:stdio --serial file:out.txt", {
    chardevs: {
      serial0: { type: "stdio", properties: { escape: "on" } },
      serial1: { type: "file", properties: { path: "out.txt" } },
    },
  }],
  ["--serial pipe:/tmp/a:b", { chardevs: { serial0: { type: "pipe", properties: { path: "/tmp/a:b" } } } }],
  ["--serial tcp:localhost:4444", {
    chardevs: {
      serial0: { type: "socket", properties: { host: "localhost", port: "4444", server: "off", wait: "on" } },
    },
  }],
  ["--serial tcp::4444,server,nowait", {
    chardevs: {
      serial0: { type: "socket", properties: { host: "0.0.0.0", port: "4444", server: "on", wait: "off" } },
    },
  }],
  ["--serial tcp:[::1]:4444,server=on,wait=off", {
    chardevs: {
      serial0: { type: "socket", properties: { host: "::1", port: "4444", server: "on", wait: "off" } },
    },
  }],
  ["--serial unix:/tmp/s,server", {
    chardevs: { serial0: { type: "socket", properties: { path: "/tmp/s", server: "on", wait: "on" } } },
  }],
  ["--chardev file,id=log,path=a,,b --serial chardev:log", {
    chardevs: { serial0: { type: "file", properties: { path: "a,b" } } },
  }],
  ["--chardev stdio,id=console", { chardevs: { console: { type: "stdio", properties: {} } } }],
  ["--sd card.img --pflash flash.img", {
    blocks: {
      sd0: { type: "raw", properties: { file: "card.img" } },
      pflash0: { type: "raw", properties: { file: "flash.img" } },
    },
  }],
  ["--drive id=a,file=x,readonly --drive if=sd,format=raw,file=y", {
    blocks: {
      a: { type: "raw", properties: { file: "x", readonly: "on" } },
      sd0: { type: "raw", properties: { file: "y" } },
    },
  }],
  ["--net none", { netdevs: {} }],
  ["--net nic --net hub", { netdevs: { net0: { type: "hub", properties: {} } } }],
  ["-net nic,model=smc91c111,macaddr=52:54:00:00:00:01 -net user", {
    netdevs: { net0: { type: "user", properties: {} } },
    card: { netdev: "net0", mac: "52:54:00:00:00:01" },
  }],
  ["-net nic -net user -net socket,listen=:1", {
    netdevs: {
      "net-0": { type: "user", properties: {} },
      "net-0-port": { type: "hub", properties: { hub: "--net", netdev: "net-0" } },
      "net-1": { type: "socket", properties: { listen: ":1" } },
      "net-1-port": { type: "hub", properties: { hub: "--net", netdev: "net-1" } },
      net0: { type: "hub", properties: { hub: "--net" } },
    },
    card: { netdev: "net0", mac: undefined },
  }],
  ["-netdev user,id=a -net nic,netdev=a", {
    netdevs: { a: { type: "user", properties: {} } },
    card: { netdev: "a", mac: undefined },
    devices: [],
  }],
  ["-nic user,hostfwd=tcp::1-:2,hostfwd=tcp::3-:4 -nic hub,mac=52:54:00:00:00:09", {
    netdevs: {
      net0: { type: "user", properties: { hostfwd: "tcp::1-:2;tcp::3-:4" } },
      nic1: { type: "hub", properties: {} },
    },
    card: { netdev: "net0", mac: undefined },
    devices: [{
      use: "virtio-net-mmio",
      properties: { id: "nic1", netdev: "nic1", mac: "52:54:00:00:00:09" },
    }],
  }],
  ["-nic user,model=virtio", {
    netdevs: { net0: { type: "user", properties: {} } },
    card: undefined,
    devices: [{ use: "virtio-net-mmio", properties: { id: "nic1", netdev: "net0" } }],
  }],
  ["-nic none", { netdevs: {}, card: undefined, devices: [] }],
  ["-netdev hubport,id=p,hubid=3,netdev=x", {
    netdevs: { p: { type: "hub", properties: { hub: "3", netdev: "x" } } },
  }],
  ["-netdev user,id=a -device virtio-net-device,netdev=a", {
    devices: [{ use: "virtio-net-mmio", properties: { netdev: "a" } }],
  }],
  ["--netdump net0,file=a.pcap,maxlen=96 -object filter-dump,id=f,netdev=b,file=b.pcap", {
    listeners: [
      { netdev: "net0", spec: { type: "dump", properties: { file: "a.pcap", maxlen: "96" } } },
      { netdev: "b", spec: { type: "dump", properties: { file: "b.pcap" } } },
    ],
  }],
  ["--netdev hub,id=net0,hub=lan", { netdevs: { net0: { type: "hub", properties: { hub: "lan" } } } }],
  ["--audio wav,path=x.wav", { audios: { audio0: { type: "wav", properties: { path: "x.wav" } } } }],
  ["-audiodev wav,id=snd,path=x.wav", { audios: { audio0: { type: "wav", properties: { path: "x.wav" } } } }],
  ["--semihosting", { semihosting: { directory: undefined, commandLine: "" } }],
  ["--semihosting-config enable=on,target=native,dir=d,arg=a", {
    semihosting: { directory: "d", commandLine: "a" },
  }],
  ["--semihosting-config enable=off", { semihosting: undefined }],
  ["--kernel k --dtb d --initrd i --append a", {
    files: { kernel: "k", dtb: "d", initrd: "i", bios: undefined },
    append: "a",
  }],
  ["--device help", { lists: [{ option: "device", of: undefined }] }],
  ["--device pl011,help", { lists: [{ option: "device", of: "pl011" }] }],
];
for (const [text, wanted] of TABLE) {
  Deno.test(`options "${text}" mean what they say`, () => {
    const options = parsed(text);
    for (const [name, value] of Object.entries(wanted)) {
      assertEquals(options[name as keyof Options], value as typeof options[keyof Options], name);
    }
  });
}

Deno.test("options that are not given leave everything to the board", () => {
  assertEquals([base.cpu, base.ram, base.accel, base.epoch, base.semihosting], Array(5).fill(undefined));
  assertEquals(base.netdevs, {});
});

const WRONG: readonly (readonly [string, string])[] = [
  ["--bord x", 'option --bord: there is none of that name (did you mean "board"?)'],
  ["-kernle x", '(did you mean "kernel"?)'],
  ["--kernel", "option --kernel: it wants a value, FILE"],
  ["-kernel -dtb x", "option -kernel: it wants a value, FILE"],
  ["--stats=3", 'option --stats: it takes no value, here "3"'],
  ["--kernel a --kernel b", 'option --kernel: it may be given only once, here again as "b"'],
  ["zImage", 'argument "zImage": it is no option; a kernel is given with --kernel'],
  ["-", 'argument "-"'],
  ["-m 0", "option --memory 0: a machine needs some memory"],
  ["-m lots", "option --memory lots: it is no size"],
  ["-m -64", "option --memory -64: a machine needs some memory"],
  ["--icount auto", "option --icount auto"],
  ["--icount 11", "N from 0 to 10"],
  ["--accel kvm", "option --accel kvm: it is jit or interp"],
  ["--timeout soon", "option --timeout soon: it wants a number of seconds"],
  ["--timeout 0", "option --timeout 0"],
  ["--rtc base=yesterday", "option --rtc base=yesterday"],
  ["--rtc base=utc,clock=vm", 'there is no "clock"'],
  ["-d in_asn", '(did you mean "in_asm"?); it knows in_asm, op'],
  ["--display sdl", 'option --display sdl: there is only "none" yet'],
  ["--bios b --kernel k", "options --bios and --kernel together"],
  ["--initrd i", "option --initrd i: it belongs to a kernel"],
  ["--property clock=1", "write it as DEVICE.PROPERTY=VALUE"],
  ["--property uart0.clock", "write it as DEVICE.PROPERTY=VALUE"],
  ["--serial stdio --serial mon:stdio", "standard input and output can be used only once"],
  ["--serial foo:bar", "option --serial foo:bar: it is stdio, mon:stdio"],
  ["--serial file:", "write it as file:PATH"],
  ["--serial tcp:4444", "write it as tcp:HOST:PORT"],
  ["--serial tcp::44,telnet", 'there is no "telnet"; it knows server and nowait'],
  ["--serial pty", "Deno cannot make pseudo-terminals; use unix:PATH,server"],
  ["--serial chardev:x", "there is no --chardev with that id"],
  ["--chardev file", "write it as TYPE,id=ID"],
  ["--chardev null,id=a --chardev null,id=a", 'there already is a channel "a"'],
  ["--chardev null,id=a,id=b", '"id" comes twice'],
  ["--drive file=x", "write it as id=ID,file=FILE"],
  ["--drive if=ide,file=x", "if= is sd, pflash or none"],
  ["--sd a --drive if=sd,file=b", 'there already is a drive "sd0"'],
  ["--netdev hub --netdev hub", 'there already is a network "net0"'],
  ["--netdev id=a", "it begins with the type"],
  ["--net nic,vlan=1", 'there is no "vlan"; it knows netdev, macaddr and model'],
  ["--nic user,model=e1000", 'there is no model "e1000"'],
  ["--nic user,model=smc91c111 --nic hub,model=smc91c111", "the board has one card of that model"],
  ["--nic user,id=net0 --netdev hub", 'there already is a network "net0"'],
  ["--netdev user,tftp=a,tftp=b", '"tftp" comes twice'],
  ["--netdump net0", "it wants a network's id and file=…"],
  ["--object secret,id=a", "there is only filter-dump"],
  ["--audio path=x", "it begins with the type"],
  ["--device at=1", "it begins with the name of a device"],
  ["--semihosting-config target=gdb", "there is no target=gdb"],
  ["--semihosting-config dri=x", 'there is no "dri"'],
];
for (const [text, message] of WRONG) {
  Deno.test(`options "${text}" are refused in one line that says why`, () => {
    const error = assertThrows(() => parsed(text), UserError);
    assertStringIncludes(error.message, message);
    assertEquals(error.message.startsWith("Cannot use "), true);
    assertEquals(error.message.includes("\n"), false);
    assertEquals(error.status, 2);
  });
}

Deno.test("options without a board are refused", () => {
  assertThrows(() => parseOptions(["-m", "64"]), UserError, "option --board is missing");
});
