import { assertEquals, assertStringIncludes } from "@std/assert";
import { emu, withFiles } from "./emu.ts";

Deno.test("the boot monitor uses a new device in a sandbox", () =>
  withFiles({}, async (folder) => {
    await emu(["new", "device", "my-uart", `${folder}/my-uart`]);
    const run = await emu(
      [
        ...["--board=integratorcp", "--no-reboot", "--timeout", "60", "--sandbox-plugins"],
        ...["--plugin", `${folder}/my-uart`, "--device=my-uart,at=0x1f000000,irq=pic.9"],
      ],
      new TextEncoder().encode("mw 1f00000c 5\rmw 1f000004 1\recho wait\rmd 1f000000 4\rreset\r"),
    );
    assertEquals([run.status, run.err], [0, ""]);
    assertStringIncludes(run.out, "4d590001 00000000 00000001 00000019");
  }));

Deno.test("wrong uses of sandboxes are one line each", () =>
  withFiles({}, async (folder) => {
    await emu(["new", "board", "tiny", `${folder}/tiny`]);
    const wrong: readonly (readonly [string[], number, string])[] = [
      [
        ["--board=integratorcp", "--sandbox-plugins", "--grant=a"],
        1,
        'Cannot grant "a" its permissions: no plugin',
      ],
      [["--board=integratorcp", "--grant=a"], 2, "--grant a: it belongs to --sandbox-plugins"],
      [
        ["--sandbox-plugins", "--plugin", `${folder}/tiny`, "--board=tiny"],
        1,
        "kind: a board cannot be put into a sandbox, only a device; leave out --sandbox-plugins",
      ],
    ];
    for (const [args, status, says] of wrong) {
      const run = await emu(args);
      assertEquals([run.status, run.out, run.err.split("\n").length], [status, "", 2], run.err);
      assertStringIncludes(run.err, says);
    }
  }));
