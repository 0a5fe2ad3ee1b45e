import { assertMatch, assertStringIncludes } from "@std/assert";
import { withFiles } from "./emu.ts";
import { codeOf, LOOP, PROMPT } from "./programs.ts";

const ENTRY = new URL("../../emu.ts", import.meta.url).pathname;
const found = await new Deno.Command("sh", {
  args: ["-c", "command -v script && command -v stty"],
  stdout: "null",
})
  .output();
const reason = found.success ? "" : " (ignored: no script(1) here to make a terminal)";

/** Runs a shell command on a terminal of its own; what is typed goes out when `prompt` has appeared. */
async function onTerminal(
  command: string,
  type: readonly { readonly after: string; readonly keys: string }[],
): Promise<string> {
  const child = new Deno.Command("script", {
    args: ["-qec", command, "/dev/null"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  let text = "", next = 0, from = 0;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    while (next < type.length && text.indexOf(type[next].after, from) >= 0) {
      from = text.indexOf(type[next].after, from) + type[next].after.length;
      await writer.write(new TextEncoder().encode(type[next++].keys));
    }
  }
  await writer.close().catch(() => {});
  await child.status;
  return text;
}

const emu = (folder: string, more = "") =>
  `${Deno.execPath()} run -A ${ENTRY} --board integratorcp --no-reboot --timeout 60 -d in_asm -D ${folder}/log ` +
  `--kernel ${folder}/kernel ${more}`;
/** Runs a command and tells whether the terminal is afterwards as it was. */
const framed = (command: string) =>
  `before=$(stty -g); echo READY; ${command}; status=$?; ` +
  `[ "$before" = "$(stty -g)" ] && echo "terminal restored, status $status" || echo "terminal lost, status $status"`;

Deno.test({
  name: `a terminal's keys reach the guest, C-a commands do not, and the terminal is restored${reason}`,
  ignore: !found.success,
  fn: () =>
    withFiles({ kernel: codeOf(PROMPT) }, async (folder) => {
      const text = await onTerminal(framed(emu(folder)), [
        { after: ">", keys: "\x03\x1a\x01\x01$" }, // ^C and ^Z are the guest's
        { after: "$", keys: "\x01h\x01c\x01x" },
      ]);
      assertStringIncludes(text, ">\x03\x1a\x01$");
      assertMatch(text, /C-a x {3}quit the emulator/);
      assertMatch(text, /There is no monitor yet/);
      assertMatch(text, /terminal restored, status 0/);
    }),
});

for (const [signal, status] of [["INT", 130], ["TERM", 143], ["HUP", 129]] as const) {
  Deno.test({
    name: `the terminal is restored when SIG${signal} ends the machine${reason}`,
    ignore: !found.success,
    fn: () =>
      withFiles({ kernel: codeOf(LOOP) }, async (folder) => {
        const killer =
          `(until grep -q eafffffe ${folder}/log 2>/dev/null; do sleep 0.1; done; kill -${signal} $(cat ${folder}/pid)) &`;
        const run = `sh -c 'echo $$ > ${folder}/pid; exec ${emu(folder)}'`;
        const text = await onTerminal(`${killer} ${framed(run)}`, []);
        assertMatch(text, new RegExp(`terminal restored, status ${status}`));
      }),
  });
}

Deno.test({
  name: `the terminal is restored when a plugin's code fails beyond any device's reach${reason}`,
  ignore: !found.success,
  fn: () =>
    withFiles({
      "kernel": codeOf(LOOP),
      "bomb/manifest.json": JSON.stringify({
        name: "bomb",
        kind: "audio",
        api: 1,
        version: "1",
        summary: "Fails later.",
        entry: "./bomb.ts",
      }),
      "bomb/bomb.ts": `export default { kind: "audio", create() {
        setTimeout(() => { throw new Error("boom"); }, 500);
        return { open: () => ({ format() {}, play() {} }), close() {} };
      } };`,
    }, async (folder) => {
      const text = await onTerminal(framed(emu(folder, `--plugin ${folder}/bomb --audio bomb`)), []);
      assertMatch(text, /emu: Cannot go on, through a mistake of Emu's own: Error: boom/);
      assertMatch(text, /terminal restored, status 70/);
    }),
});
