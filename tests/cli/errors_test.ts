import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { guestTest } from "../guests/guests.ts";
import { emu, withFiles } from "./emu.ts";
import { codeOf, LOOP } from "./programs.ts";

const BOARD = ["--board", "integratorcp", "--timeout", "20"];
const loop = codeOf(LOOP);
/** A zImage's header that promises 4 KiB (Linux, arch/arm/boot/compressed/head.S: magic, start, end at 0x24). */
const ZIMAGE_HEADER = codeOf([...Array(9).fill(0xe1a0_0000), 0x016f_2818, 0, 0x1000, 0x0403_0201]);

/** Options, exit status, and what the line on standard error must hold. `$` is a folder with the files below. */
const TABLE: readonly (readonly [string, number, readonly string[]])[] = [
  ["--kernel $/gone", 1, ["Cannot read --kernel", "gone: there is no such file"]],
  ["--kernel $", 1, ["Cannot read --kernel", "it is a directory, not a file"]],
  ["--kernel $/loop/x", 1, ["Cannot read --kernel", "loop/x: part of its path is not a directory"]],
  ["--kernel $/empty", 1, ["Cannot boot --kernel", "kernel is empty"]],
  ["--kernel $/short", 1, ["Cannot boot --kernel", "zImage is truncated"]],
  ["--kernel $/loop --dtb $/loop", 1, ["Cannot boot --kernel", "--dtb", "device tree does not start with"]],
  ["--kernel $/loop --initrd $/big -m 1", 1, ["Cannot boot", "--initrd", "initrd of 2 MiB does not fit"]],
  ["--kernel $/loop -m 0", 2, ["Cannot use option --memory 0"]],
  ["--kernel $/loop -m 4G", 1, ['Cannot build "integratorcp": 4 GiB of memory; it takes 1 MiB to 512 MiB']],
  ["--cpu arm962", 1, ['there is no CPU "arm962" (did you mean "arm926"?)']],
  ["--bord x", 2, ['option --bord: there is none of that name (did you mean "board"?)']],
  ["--device pl012", 1, ['Cannot use device "pl012": there is none of that name (did you mean "pl011"?)']],
  ["--device pl011", 1, ['device "pl011": property "at": is missing']],
  ["--device ps2-mouse", 1, [
    'device "ps2-mouse": property "on": is missing; name a device with a bus of kind ps2, here kmi0 or kmi1',
  ]],
  ["--device ps2-mouse,on=mmci", 1, ['property "on": "mmci" (pl181) has a bus of kind sd; name a device']],
  ["--device pl011,on=kmi0", 1, [
    'property "on": "kmi0" (pl050) has a bus of kind ps2; it plugs into no bus',
  ]],
  ["--device 24cxx,bus=uart0", 1, [
    'device "24cxx": property "on": "uart0" (pl011) has no bus; the board has no device with a bus of kind i2c',
  ]],
  ["--device versatile-i2c,id=i2c0 --device 24cxx,bus=i2c1", 1, [
    'property "on": there is no device "i2c1"; name a device with a bus of kind i2c, here i2c0',
  ]],
  ["--device versatile-i2c,id=i2c0 --device 24cxx,bus=i2c0 --device 24cxx,bus=i2c0", 1, [
    'property "id": there already is a device "24cxx" on "i2c0"; give it another id=',
  ]],
  ["--device versatile-i2c,id=i2c0 --device 24cxx,bus=i2c0 --device 24cxx,bus=i2c0,id=rom", 1, [
    '(i2c0): create: both "i2c0.24cxx" and "i2c0.rom" answer to address 0x50; give one of them another address=',
  ]],
  ["--device versatile-i2c,id=i2c0 --device 24cxx,bus=i2c0,address=0x60", 1, [
    '(i2c0.24cxx): property "address": 96 must be <= 87',
  ]],
  ["--device versatile-i2c,id=i2c0 --device 24cxx,bus=i2c0,writeTime=5parsec", 1, [
    'property "writeTime": "5parsec" is no time; write it as 500us, 10ms or 2s',
  ]],
  ["--device pl011,at=0x1f000000,irq=pix.9", 1, [
    'line "pl011.irq" leads to "pix.9", and there is no device "pix" (did you mean "pic"?)',
  ]],
  ["--property uart0.clok=1", 1, [
    '"pl011" (uart0): property "clok": there is none of that name',
    '"clock"?',
  ]],
  ["--property uart9.clock=1", 1, ['there is no device "uart9" (did you mean "uart0"?)']],
  ["--property uart0.clock=abc", 1, [
    'property "clock": "abc" is no frequency; write it as 32768, 100kHz or 24MHz',
  ]],
  ["--property uart0.chardev=x", 1, ['there is no chardev "x"; add it with --chardev']],
  ["--property uart1.chardev=serial0", 1, ['two devices use chardev "serial0"']],
  ["--netdev user,id=net0,guestfwd=tcp:10.0.2.100:80-chardev:x", 1, ['there is no chardev "x"', "--chardev"]],
  [
    "--chardev null,id=c --netdev user,id=net0,guestfwd=:10.0.2.100:80-chardev:c --property uart1.chardev=c",
    1,
    ['chardev "c" belongs to a network'],
  ],
  ["--board integratorcp,speed=9", 2, ["option --board: it may be given only once"]],
  ["--sd $/gone", 1, ['(sd0): property "file": cannot open', "there is no such file"]],
  ["--sd $/empty", 1, ['(sd0): property "file":', "is empty"]],
  ["--pflash $", 1, ["(pflash0)", "it is a directory"]],
  ["--serial tcp:127.0.0.1:1", 1, ["(serial0): cannot connect to 127.0.0.1:1: Connection refused"]],
  ["--serial file:$/gone/x", 1, ['property "path": cannot write']],
  ["--serial stdio --chardev stdio,id=x", 2, ["standard input and output can be used only once"]],
  ["--netdev hubb", 1, ['Cannot use netdev "hubb": there is none of that name (did you mean "hub"?)']],
  ["--netdev hub,netdev=up", 1, ['there is no other network back end "up"']],
  ["--audio wav,path=$/gone/x.wav", 1, ['property "path": cannot write']],
  ["--plugin $/gone", 1, ["gone/manifest.json: manifest: there is no manifest.json"]],
  ["--semihosting-config dir=$/gone", 1, ["Cannot use --semihosting-config dir="]],
  ["--symbols $/loop --instrument insn", 1, ["Cannot read --symbols", "ELF file does not start with"]],
  ["--instrument inns", 1, ['Cannot use instrument "inns": there is none', '(did you mean "insn"?)']],
  ["--instrument insn,inlin=on", 1, ['"insn": property "inlin": there is none', '(did you mean "inline"?)']],
  ["--instrument insn,format=xml", 1, ['"insn": property "format": "xml" is neither text nor json']],
  ["--instrument insn,out=$/gone/x", 1, ["Cannot write", "gone/x"]],
  ["--instrument cache,dcachesize=100", 1, ['"cache"', "Cannot make a data cache of 100 bytes"]],
  ["--instrument heatmap,size=3M", 1, ['"heatmap"', "Cannot draw 3145728 bytes"]],
  ["--instrument stoptrigger,icount=x", 1, ['"stoptrigger"', 'Cannot understand "x"']],
  ["--instrument insn,inline=on,inline=off", 1, [
    '"insn": property "inline": it is given 2 times; give it once',
  ]],
  ["--trace pl01_*", 1, ['Cannot trace "pl01_*": no device here has such an event']],
  ["--trace pl011_*,fill=x", 2, ['option --trace pl011_*,fill=x: there is no "fill", only file=…']],
  ["--trace pl011_*,file=$/gone/x", 1, ["Cannot write --trace file"]],
  ["-d unimp -D $/gone/x", 1, ["Cannot write --log-file"]],
];
const files = {
  loop,
  empty: "",
  short: ZIMAGE_HEADER,
  big: new Uint8Array(2 << 20),
};

Deno.test("each mistake on the command line is one line and an exit status", () =>
  withFiles(files, async (folder) => {
    for (const [text, status, says] of TABLE) {
      const run = await emu([...BOARD, ...text.replaceAll("$", folder).split(" ")]);
      assertEquals(run.err.split("\n").length, 2, `${text}: ${run.err}`);
      assert(run.err.startsWith("emu: Cannot "), run.err);
      for (const part of says) assertStringIncludes(run.err, part);
      assertEquals([run.status, run.out], [status, ""], text);
    }
  }));

Deno.test(guestTest("arm", "a kernel that was cut off is refused", async ({ zImage }) => {
  const whole = await Deno.readFile(zImage);
  await withFiles({ cut: whole.subarray(0, whole.length / 2) }, async (folder) => {
    const run = await emu([...BOARD, "--kernel", `${folder}/cut`]);
    assertEquals(run.status, 1);
    assertStringIncludes(run.err, "zImage is truncated");
  });
}));

Deno.test("version, help and lists are printed without a machine", async () => {
  const [version, help, boards, devices, device, cpus] = await Promise.all([
    emu(["--version"]),
    emu(["--help"]),
    emu(["--board", "help"]),
    emu(["-device", "help"]),
    emu(["--device", "pl011,help"]),
    emu(["--board", "integratorcp", "--cpu", "help"]),
  ]);
  for (const run of [version, help, boards, devices, device, cpus]) {
    assertEquals([run.status, run.err], [0, ""]);
  }
  assertStringIncludes(version.out, `Deno ${Deno.version.deno}`);
  assertStringIncludes(help.out, "--semihosting-config");
  assertStringIncludes(boards.out, "integratorcp");
  assertStringIncludes(devices.out, "Arm PrimeCell UART (PL011)");
  assertStringIncludes(device.out, "default 24000000");
  assertStringIncludes(cpus.out, "arm926");
});
