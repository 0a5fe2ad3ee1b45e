/**
 * The same program on QEMU's boards that have a PL022, a PL061 or a Versatile serial bus controller, and on ours with
 * these added: the registers hold the same.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { emu } from "../cli/emu.ts";
import { compile, compiledTest } from "./compiler.ts";

const QEMU = "qemu-system-arm";
const ARM9 = ["-mcpu=arm926ej-s", "-Wl,-Ttext=0x18000,--section-start=.init=0x10000"];
const M3 = ["-mcpu=cortex-m3", "-mthumb", "-Wl,-Ttext=0x1000,--section-start=.init=0,-e,main"];

/** Board of QEMU's, how to compile for it, and the addresses of what is compared there. */
const BOARDS = {
  lm3s6965evb: { flags: M3, chips: false, at: { UART: 0x4000_c000, SSP: 0x4000_8000 } },
  versatilepb: { flags: ARM9, chips: true, at: { UART: 0x101f_1000, GPIO: 0x101e_4000, I2C: 0x1000_2000 } },
} as const;
/** Where the same is here. */
const HERE = { UART: 0x1600_0000, SSP: 0x1f00_0000, GPIO: 0x1f00_1000, I2C: 0x1f00_2000 } as const;
const DEVICES = [
  "pl022,at=0x1f000000",
  "pl061,at=0x1f001000",
  "versatile-i2c,id=i2c0,at=0x1f002000",
  "lm75,bus=i2c0,temperature=0",
  "24cxx,bus=i2c0,model=24c32",
].flatMap((device) => ["--device", device]);
/** Its TMP105 is an LM75 with more digits, its EEPROM takes two bytes of address. */
const CHIPS = ["tmp105,address=0x48", "at24c-eeprom,address=0x50,rom-size=4096"]
  .flatMap((device) => ["-device", device]);
const SECONDS = 30;

const defines = (at: Readonly<Record<string, number>>) =>
  Object.entries(at).map(([name, address]) => `-D${name}=0x${address.toString(16)}`);

/** What a program says on QEMU until it is done. */
async function onQemu(machine: readonly string[], program: string): Promise<string> {
  const child = new Deno.Command(QEMU, {
    args: ["-M", ...machine, "-kernel", program, "-display", "none", "-monitor", "none", "-serial", "stdio"],
    env: { QEMU_AUDIO_DRV: "none" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const end = () => {
    try {
      child.kill();
    } catch { /* it has ended */ }
  };
  const timer = setTimeout(end, SECONDS * 1000);
  let said = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (said.includes("done\n")) break;
  }
  clearTimeout(timer);
  end();
  await child.status;
  return said;
}

for (const [board, { flags, at, chips }] of Object.entries(BOARDS)) {
  const { UART: _, ...compared } = at;
  const names = Object.keys(compared) as (keyof typeof HERE)[];
  Deno.test(
    compiledTest(`registers hold what they do on QEMU's ${board}: ${names.join(", ")}`, async (folder) => {
      const there = `${folder}/there.elf`, here = `${folder}/here.elf`;
      const ours = Object.fromEntries(["UART" as const, ...names].map((name) => [name, HERE[name]]));
      await compile("registers.c", there, [...flags, ...defines(at)]);
      await compile("registers.c", here, [...ARM9, ...defines(ours), "-DRESET=0x1000000c"]);
      const run = await emu([
        ...["--board", "integratorcp", "--kernel", here, "--no-reboot", "--timeout", `${SECONDS}`],
        ...DEVICES,
      ]);
      assertEquals([run.status, run.err], [0, ""]);
      assertEquals(run.out, await onQemu([board, ...chips ? CHIPS : []], there));
    }, [QEMU]),
  );
}
