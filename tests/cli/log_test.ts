import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { emu, withFiles } from "./emu.ts";
import { codeOf, ECHO } from "./programs.ts";

const BOARD = ["--board", "integratorcp", "--no-reboot", "--timeout", "20"];
const RESET = ECHO.slice(-4);

/** Reads a register of the UART that there is none of, and then makes one supervisor call. */
const FAULTY = codeOf([
  0xe285_5001, // add r5, r5, #1
  0xe355_0002, // cmp r5, #2
  0x0a00_0002, // beq 1f
  0xe3a0_0416, // mov r0, #0x16000000
  0xe590_10c8, // ldr r1, [r0, #0xc8]
  0xef00_0000, // svc 0: its handler are the zeros before this program
  ...RESET,
]);

for (const accel of ["jit", "interp"]) {
  Deno.test(`what a guest does wrong is logged with device, register and place (${accel})`, () =>
    withFiles({ faulty: FAULTY }, async (folder) => {
      const run = await emu([
        ...BOARD,
        "--accel",
        accel,
        "--kernel",
        `${folder}/faulty`,
        "-d",
        "guest_errors",
      ]);
      assertEquals([run.status, run.out], [0, ""]);
      assertMatch(run.err, /^uart0: read of unknown register 0x0c8 \(pc 0x0001001[0]\)\n$/);
    }));

  Deno.test(`exceptions are logged with their kind, place and handler (${accel})`, () =>
    withFiles({ faulty: FAULTY }, async (folder) => {
      const log = `${folder}/log`;
      const run = await emu([
        ...[...BOARD, "--accel", accel, "--kernel", `${folder}/faulty`],
        ...["-d", "int", "-D", log],
      ]);
      assertEquals([run.status, run.err], [0, ""]);
      // The write that resets the board also takes the memory away in which the program lies.
      const [first] = (await Deno.readTextFile(log)).split("\n");
      assertEquals(first, "int: supervisor call at 0x00010014 -> 0x00000008");
    }));
}

Deno.test("interrupts and aborts of the boot monitor's are logged", async () => {
  const run = await emu(
    [...BOARD.slice(0, 3), "--timeout", "3", "-d", "int"],
    new TextEncoder().encode("md 1f000000 1\r"),
  );
  assertMatch(run.err, /int: data abort \(DFSR 0x\w+, address 0x1f000000\) at 0x\w{8} -> 0x\w{8}\n/);
});

Deno.test("devices' events are traced to a file, and listed", () =>
  withFiles({ echo: codeOf(ECHO) }, async (folder) => {
    const file = `${folder}/trace`;
    const run = await emu(
      [...BOARD, "--kernel", `${folder}/echo`, "--trace", `pl011_sent,file=${file}`],
      new TextEncoder().encode("aq"),
    );
    assertEquals([run.status, run.out, run.err], [0, "aq", ""]);
    const lines = (await Deno.readTextFile(file)).trim().split("\n");
    assertEquals(lines.map((line) => line.split(" ").slice(1).join(" ")), [
      "uart0 pl011_sent byte=0x61",
      "uart0 pl011_sent byte=0x71",
    ]);
    const list = await emu(["--trace", "help"]);
    assertStringIncludes(list.out, "pl022_frame");
    assertStringIncludes(list.out, "sent received bits");
    const board = await emu(["--board", "integratorcp", "--trace", "help"]);
    assertEquals([board.status, board.out.includes("pl022"), board.out.includes("pl011_sent")], [
      0,
      false,
      true,
    ]);
  }));
