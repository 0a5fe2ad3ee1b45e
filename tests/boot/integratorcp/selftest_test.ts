import { assertEquals } from "@std/assert";

const EMU = new URL("../../../emu.ts", import.meta.url).pathname;

for (const accel of ["interp", "jit"]) {
  Deno.test(`the boot monitor's self test passes every device with --accel ${accel}`, async () => {
    const card = await Deno.makeTempFile({ suffix: ".img" });
    try {
      await Deno.truncate(card, 8 << 20);
      const args = [
        "--board",
        "integratorcp",
        "--semihosting",
        "--accel",
        accel,
        "--sd",
        card,
        "--timeout",
        "100",
      ];
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", EMU, ...args],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode("selftest exit\n"));
      await writer.close();
      const { code, stdout, stderr } = await child.output();
      const lines = new TextDecoder().decode(stdout).split(/\r?\n/);
      const failed = lines.filter((line) => line.startsWith("FAIL"));
      assertEquals([code, failed, new TextDecoder().decode(stderr)], [0, [], ""], lines.join("\n"));
      // A monitor that tested nothing would fail nothing.
      const passed = lines.filter((line) => line.startsWith("PASS")).length;
      assertEquals(passed > 60, true, `only ${passed} tests passed`);
    } finally {
      await Deno.remove(card);
    }
  });
}
