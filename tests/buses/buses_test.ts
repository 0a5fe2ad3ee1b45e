/**
 * A guest that drives chips on I²C, SPI and 1-Wire, on a machine put together by options, as its user does it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { emu } from "../cli/emu.ts";
import { compile, compiledTest } from "./compiler.ts";

const FLAGS = ["-mcpu=arm926ej-s", "-Wl,-Ttext=0x8000,--section-start=.init=0x7000"];

/** The machine: a controller of each bus, and what is on it. */
const CHIPS = [
  "versatile-i2c,id=i2c0,at=0x1f000000",
  "24cxx,id=rom,bus=i2c0,address=0x50,block=rom",
  "lm75,bus=i2c0,temperature=-10.5",
  "pl022,id=spi0,at=0x1f001000",
  "25xx,id=flash,bus=spi0,select=-1,model=w25q32",
  "pl061,id=gpio0,at=0x1f002000,out3=spi0.flash.cs",
  "ds1wm,id=w1,at=0x1f003000",
  "ds18b20,bus=w1,serial=1,temperature=21.5",
  "ds18b20,id=cold,bus=w1,serial=2,temperature=-5",
].flatMap((device) => ["--device", device]);

const SAYS = `eeprom 45 4d 55 21
eeprom was busy
lm75 f5 80
flash ef 40 16
flash de ad be ef
ds18b20 58 01 4b 46 7f ff 0c 10 c2
ds18b20 b0 ff 4b 46 7f ff 0c 10 a0
`;

const test = (name: string, accel: string) =>
  Deno.test(compiledTest(name, async (folder) => {
    const program = `${folder}/program.elf`;
    await compile("program.c", program, FLAGS);
    await Deno.writeFile(`${folder}/rom.img`, new Uint8Array(256));
    const run = await emu([
      ...["--board", "integratorcp", "--kernel", program, "--no-reboot", "--timeout", "60"],
      ...["--drive", `id=rom,file=${folder}/rom.img`, "--accel", accel, "-d", "unimp,guest_errors"],
      ...CHIPS,
    ]);
    assertEquals([run.err, run.out, run.status], ["", SAYS, 0]);
    const image = await Deno.readFile(`${folder}/rom.img`);
    assertEquals([...image.subarray(0x0f, 0x15)], [0, 0x45, 0x4d, 0x55, 0x21, 0], "the EEPROM is saved");
  }));

test("a guest uses chips on I²C, SPI and 1-Wire, interpreted", "interp");
test("a guest uses chips on I²C, SPI and 1-Wire, compiled", "jit");
