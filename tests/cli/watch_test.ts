import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { emu, emuCommand, withFiles } from "./emu.ts";

/** A device whose register reads as a number from a file of its own, and one from a file beside its folder. */
const FILES = {
  "dev/manifest.json": JSON.stringify({
    name: "dev",
    kind: "device",
    api: 1,
    version: "1.0.0",
    summary: "A device under change",
    entry: "./dev.ts",
  }),
  "dev/dev.ts": `
    import { constant, defineDevice, registerDevice } from "@emu/core";
    import manifest from "./manifest.json" with { type: "json" };
    import { VALUE } from "./value.ts";
    import { OTHER } from "../other.ts";
    export default defineDevice(manifest, {
      size: 0x1000,
      create: (context) =>
        registerDevice(context, { state: {}, registers: { 0: constant("A", VALUE), 4: constant("B", OTHER) } }),
    });`,
  "dev/value.ts": "export const VALUE = 0x11111111;",
  "other.ts": "export const OTHER = 0x22222222;",
} as const;

const SHOW = new TextEncoder().encode("md 1f000000 2\r");

Deno.test("a machine starts anew with what its plugin's files say now, and waits where they are wrong", () =>
  withFiles(FILES, async (folder) => {
    const child = emuCommand([
      ...["--board=integratorcp", "--watch-plugins", "--timeout", "60", "--no-reboot"],
      ...["--plugin", `${folder}/dev`, "--device=dev,at=0x1f000000"],
    ], { stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
    const writer = child.stdin.getWriter();
    const out = new Heard(child.stdout), err = new Heard(child.stderr);
    await out.until("cp> ");
    await writer.write(SHOW);
    await out.until("11111111 22222222");
    await out.until("cp> ");

    await Deno.writeTextFile(`${folder}/dev/value.ts`, "export const VALUE = 0x33333333;");
    await err.until("emu: Plugins have changed: the machine starts anew\n");
    await out.until("cp> ");
    await writer.write(SHOW);
    await out.until("33333333 22222222");
    await out.until("cp> ");

    await Deno.writeTextFile(`${folder}/dev/value.ts`, "export const VALUE = ;");
    await err.until("emu: Waiting for the plugins to change\n");
    assertStringIncludes(err.text, `loading file://${folder}/dev/dev.ts failed: `);
    await Deno.writeTextFile(`${folder}/dev/value.ts`, "export const VALUE = 0x44444444;");
    await out.until("cp> ");

    await Deno.writeTextFile(`${folder}/other.ts`, "export const OTHER = 0x55555555;");
    await out.until("cp> ");
    await writer.write(SHOW);
    await out.until("44444444 55555555");
    await writer.write(new TextEncoder().encode("reset\r"));
    await writer.close();
    assertEquals((await child.status).code, 0);
    await Promise.all([out.done, err.done]);
  }));

Deno.test("--watch-plugins without a plugin is a mistake in a line", async () => {
  const run = await emu(["--board=integratorcp", "--watch-plugins"]);
  assertEquals([run.status, run.err.split("\n").length], [2, 2]);
  assertStringIncludes(run.err, "Cannot use option --watch-plugins: there is no --plugin to watch");
});

/** What a process says, as it says it. */
class Heard {
  text = "";
  readonly done: Promise<void>;
  #seen = 0;
  #wake: () => void = () => {};

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.done = (async () => {
      for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
        this.text += piece;
        this.#wake();
      }
      this.#wake();
    })();
  }

  /** Waits for a text behind the last one that was waited for. */
  async until(text: string): Promise<void> {
    for (let left = 200; left > 0; left--) {
      const at = this.text.indexOf(text, this.#seen);
      if (at >= 0) {
        this.#seen = at + text.length;
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 250);
      });
    }
    assert(false, `"${text}" did not come; there is: ${this.text.slice(-1000)}`);
  }
}
