import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { start } from "./test_session.ts";
import { exact, missing } from "./test_target.ts";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `boot monitor ${name}${missing}`, ignore: missing !== "", fn });
}

/** Parts of the hardware that a lax model, such as QEMU 7.2, leaves out. */
const LAX = [
  "cm spd",
  "cic software irq",
  "uart0 loop-back",
  "uart1 loop-back",
  "uart1 fifo levels",
  "uart1 receive timeout",
  "eth address",
  "eth loop-back 60",
  "eth loop-back 1514",
  "eth loop-back 301",
  "eth phy",
  "flash query",
  "flash erase and program",
];
/** What may be absent from any machine: no card is inserted, and an empty bus may answer. */
const ABSENT = ["mmci card", "cpu bus error"];

test("lists its commands", async () => {
  await using monitor = await start();
  const help = await monitor.command("help");
  for (const name of ["info", "memtest", "boot", "selftest", "reset"]) {
    assertStringIncludes(help, `\n  ${name} `);
  }
});

test("tells CPU, memory and devices", async () => {
  await using monitor = await start();
  const info = await monitor.command("info");
  assertMatch(info, /part 926, revision \d, ARMv5TEJ/);
  assertStringIncludes(info, "128 MB at 0");
  assertMatch(info, /16000000 {2}UART0 {2}PL011/);
  assertMatch(info, /c0000000 {2}CLCD {3}PL110/);
  assertMatch(info, /c8000000 {2}ETH {4}LAN91C111/);
});

test("edits the line with backspace, ^U, arrows and history", async () => {
  await using monitor = await start();
  await monitor.type("echo abX\x7fc\r");
  await monitor.expect("\nabc\n");
  await monitor.type("rubbish\x15echo d\r");
  await monitor.expect("\nd\n");
  await monitor.type("echo 13\x1b[D2\r");
  await monitor.expect("\n123\n");
  await monitor.type("\x1b[A\x1b[A\r"); // the line before the last
  await monitor.expect("\nd\n");
  await monitor.type("\x1b[A\x1b[A\x1b[B\r"); // up, up, down
  await monitor.expect("\nd\n");
  await monitor.type("gone\x03echo here\r");
  await monitor.expect("^C\n");
  await monitor.expect("\nhere\n");
});

test("loses nothing of 8 KB pasted at once", async () => {
  await using monitor = await start();
  const lines = Array.from({ length: 400 }, (_, i) => `echo line ${i} of it`);
  await monitor.type(lines.join("\n") + "\n");
  for (const i of lines.keys()) await monitor.expect(`\nline ${i} of it\n`);
});

test("reads and writes memory by bytes, half words and words", async () => {
  await using monitor = await start();
  await monitor.command("mw 300000 11223344");
  await monitor.command("mw.b 300001 aa");
  await monitor.command("mw.h 300002 beef");
  assertStringIncludes(await monitor.command("md 300000 1"), "00300000: beefaa44");
  assertStringIncludes(await monitor.command("md.b 300000 4"), "00300000: 44 aa ef be");
  assertStringIncludes(await monitor.command("md.h 300000 2"), "00300000: aa44 beef");
});

test("reports an abort and returns to the prompt, again and again", async () => {
  await using monitor = await start();
  for (const address of ["00300001", "00300002", "00300003"]) {
    const answer = await monitor.command(`md ${address} 1`);
    assertStringIncludes(answer, "*** data abort at pc ");
    assertStringIncludes(answer, `address ${address}, status 01 (alignment)`);
  }
  assertEquals(await monitor.command("echo alive"), "alive\n");
});

test("survives a jump to where no code is", async () => {
  await using monitor = await start();
  await monitor.command("mw 300000 e7f000f0"); // permanently undefined
  await monitor.type("go 300000\r");
  await monitor.expect("*** undefined instruction at pc 00300000");
});

test("takes back control when the code it went to returns", async () => {
  await using monitor = await start();
  await monitor.command("mw 300000 e12fff1e"); // bx lr
  assertEquals(await monitor.command("go 300000"), "going to 00300000\nreturned\n");
  assertStringIncludes(await monitor.command("selftest pic"), "PASS pic software irq\n");
});

test("finds memory good and refuses to test its own", async () => {
  await using monitor = await start();
  assertStringIncludes(await monitor.command("memtest 200000 2M"), "\n0 errors\n");
  assertStringIncludes(await monitor.command("memtest 0 64K"), "is the monitor's own memory");
});

test("runs the three timers and counts their interrupts", async () => {
  await using monitor = await start();
  const answer = await monitor.command("timer");
  const measured = [...answer.matchAll(/timer \d: (\d+) Hz.*; 20 interrupts at 5 ms took (\d+) us/g)].map((
    m,
  ) => [+m[1], +m[2]]);
  assertEquals(measured.length, 3);
  for (const [, time] of measured) assert(time >= 95_000, answer); // a busy host only makes it longer
  for (const [rate] of measured.slice(1)) assert(Math.abs(rate - 1_000_000) < 50_000, answer);
});

test("sets and shows the date", async () => {
  await using monitor = await start();
  await monitor.command("rtc set 2028-02-29 23:59:50");
  assertStringIncludes(await monitor.command("rtc"), "2028-02-29 23:59:5");
  assertStringIncludes(await monitor.command("rtc set 2027-02-29 00:00:00"), "usage:");
});

test("measures its loops with checked results", async () => {
  await using monitor = await start();
  const answer = await monitor.command("bench", 120_000);
  assertMatch(answer, /integer +4000000 items in +\d+ us, +\d+\.\d ns each, check 8156d5b6/);
  assertMatch(answer, /memory read .* check fff80000/);
  assertMatch(answer, /memory copy .* check 000ffffc/);
});

test("passes its self tests and exits with the number of failures", async () => {
  await using monitor = await start();
  await monitor.type("selftest exit\r");
  const answer = await monitor.expect("skipped\n", 120_000);
  const names = (verdict: string) =>
    [...answer.matchAll(new RegExp(`^${verdict} ([^:\\n]+)`, "gm"))].map((m) => m[1]);
  assertEquals(names("FAIL"), [], answer);
  const allowed = exact ? ABSENT : [...ABSENT, ...LAX];
  assertEquals(names("SKIP").filter((name) => !allowed.includes(name)), [], answer);
  assert(names("PASS").length >= 50, answer);
  assertEquals(await monitor.status(), 0);
});

test("ends the emulator with the status asked for", async () => {
  await using monitor = await start();
  await monitor.type("semi exit 7\r");
  assertEquals(await monitor.status(), 7);
});

test("starts again after reset", async () => {
  await using monitor = await start();
  await monitor.type("reset\r");
  await monitor.expect("resetting\n");
  await monitor.expect("Emu boot monitor");
  await monitor.expect("\ncp> ");
});

test("gives up on a card and a network that are not there", async () => {
  await using monitor = await start({ extra: ["-net", "none"] });
  assertStringIncludes(await monitor.command("sdls"), "sd: no card answers");
  assertStringIncludes(await monitor.command("tftp zImage 300000"), "zImage: no ");
});
