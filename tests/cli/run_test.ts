import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import { PNG } from "pngjs";
import { emu, emuCommand, withFiles } from "./emu.ts";
import { codeOf, ECHO, EXIT_42, FLOOD, FLOOD_BYTES, HELLO, LOOP } from "./programs.ts";

const BOARD = ["--board", "integratorcp", "--no-reboot", "--timeout", "60"];
const kernel = (folder: string) => [...BOARD, "--kernel", `${folder}/kernel`];

function isFlood(bytes: Uint8Array, length = FLOOD_BYTES.length): boolean {
  return bytes.length === length && bytes.every((byte, n) => byte === FLOOD_BYTES.at(n));
}

Deno.test("piped input reaches the guest byte for byte, at the guest's pace, and its end does not stop it", () =>
  withFiles({ kernel: codeOf(ECHO) }, async (folder) => {
    const input = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7 % 113);
    const q = "q".charCodeAt(0);
    input[input.length - 1] = q;
    assertEquals(input.indexOf(q), input.length - 1);
    const run = await emu(kernel(folder), input);
    assertEquals([run.status, run.err], [0, ""]);
    assertEquals(run.stdout, input);
    const ended = await emu([
      ...kernel(folder).slice(0, 3),
      "--timeout",
      "1",
      "--kernel",
      `${folder}/kernel`,
    ]);
    assertEquals(ended.status, 124);
    assertStringIncludes(ended.err, "--timeout 1 is over");
  }));

Deno.test("output is complete at the end of the machine, and after a slow reader", () =>
  withFiles({ kernel: codeOf(FLOOD) }, async (folder) => {
    const run = await emu(kernel(folder));
    assertEquals([run.status, run.err], [0, ""]);
    assert(isFlood(run.stdout));
    const child = emuCommand(kernel(folder), { stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const slow = await child.output();
    assertEquals(slow.code, 0);
    assert(isFlood(slow.stdout));
  }));

Deno.test("output to a file channel and a second serial port's default are complete and silent", () =>
  withFiles({ kernel: codeOf(FLOOD) }, async (folder) => {
    const run = await emu([...kernel(folder), "--serial", `file:${folder}/out`]);
    assertEquals([run.status, run.out, run.err], [0, "", ""]);
    assert(isFlood(await Deno.readFile(`${folder}/out`)));
  }));

Deno.test("a reader that goes away ends the machine with one line", () =>
  withFiles({ kernel: codeOf(FLOOD) }, async (folder) => {
    const child = emuCommand(kernel(folder), { stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const [err, { code }] = await Promise.all([new Response(child.stderr).text(), child.status]);
    assertEquals(code, 1);
    assertEquals(err, 'emu: Cannot complete "serial0": writing to standard output failed: Broken pipe\n');
  }));

Deno.test("escape commands come through a pipe only where that is asked for", () =>
  withFiles({ kernel: codeOf(ECHO) }, async (folder) => {
    const input = new TextEncoder().encode("ab\x01x");
    const quit = await emu([...kernel(folder), "--serial", "mon:stdio"], input);
    assertEquals([quit.status, quit.err], [0, ""]);
    const passed = await emu(kernel(folder), new TextEncoder().encode("ab\x01xq"));
    assertEquals([passed.status, passed.out], [0, "ab\x01xq"]);
  }));

Deno.test("semihosting prints on standard error and gives the guest's own exit status", () =>
  withFiles({ exit: codeOf(EXIT_42), hello: codeOf(HELLO) }, async (folder) => {
    const exit = await emu([...BOARD, "--semihosting", "--kernel", `${folder}/exit`]);
    assertEquals([exit.status, exit.err], [42, ""]);
    const hello = await emu([...BOARD, "--semihosting", "--kernel", `${folder}/hello`]);
    assertEquals([hello.status, hello.err], [0, "hello\n"]);
  }));

for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  Deno.test(`${signal} ends the machine with status ${status}`, () =>
    withFiles({ kernel: codeOf([...LOOP]) }, async (folder) => {
      const child = emuCommand([...kernel(folder), "--stats", "-d", "in_asm"], {
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const err = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      while (!text.includes("b 0x10000")) text += (await err.read()).value; // it runs
      child.kill(signal);
      for (let part = await err.read(); !part.done; part = await err.read()) text += part.value;
      assertEquals((await child.status).code, status);
      assertStringIncludes(text, "instructions ");
      assertStringIncludes(text, `emu: Ended by ${signal}\n`);
      await child.stdout.cancel();
    }));
}

Deno.test("QEMU's spellings run the same machine", () =>
  withFiles({ kernel: codeOf(ECHO) }, async (folder) => {
    const text =
      `-M integratorcp -cpu arm926 -m 16M -nographic -no-reboot -icount shift=0 -kernel ${folder}/kernel`;
    const run = await emu([...text.split(" "), "--timeout", "60"], new TextEncoder().encode("hello q"));
    assertEquals([run.status, run.out, run.err], [0, "hello q", ""]);
  }));

Deno.test("a Unix socket is a serial port", () =>
  withFiles({ kernel: codeOf(ECHO) }, async (folder) => {
    const path = `${folder}/socket`;
    const running = emu([...kernel(folder), "--serial", `unix:${path},server`]);
    let peer: Deno.UnixConn | undefined;
    while (!peer) {
      peer = await Deno.connect({ transport: "unix", path }).catch(() => undefined);
      if (!peer) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await peer.write(new TextEncoder().encode("over the wire q"));
    const run = await running;
    assertEquals(await new Response(peer.readable).text(), "over the wire q");
    assertEquals(run.status, 0);
    assertStringIncludes(run.err, `Waiting for a connection to ${path} (serial0)`);
  }));

Deno.test("a signal writes the picture, and so does the end", () =>
  withFiles({}, async (folder) => {
    const path = `${folder}/screen.png`;
    const child = emuCommand([...BOARD, "--screendump", path], {
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    })
      .spawn();
    const keys = child.stdin.getWriter(),
      screen = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const until = async (text: string) => {
      for (let seen = ""; !seen.includes(text);) seen += (await screen.read()).value;
    };
    // The board's firmware draws a test picture.
    await until("cp> ");
    await keys.write(new TextEncoder().encode("lcd\r"));
    await until("cp> ");
    child.kill("SIGUSR2");
    while (!(await Deno.stat(path).catch(() => undefined))?.size) await new Promise((r) => setTimeout(r, 10));
    await Deno.remove(path);
    child.kill("SIGTERM");
    const [err, { code }] = await Promise.all([new Response(child.stderr).text(), child.status]);
    assertEquals([code, err], [143, "emu: Ended by SIGTERM\n"]);
    const png = PNG.sync.read(Buffer.from(await Deno.readFile(path)));
    assertEquals([png.width, png.height], [640, 480]);
    assert(new Set(new Uint32Array(new Uint8Array(png.data).buffer)).size > 4, "it shows something");
    await keys.close().catch(() => {});
    await screen.cancel();
  }));
