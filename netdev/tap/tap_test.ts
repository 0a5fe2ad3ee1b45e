import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fakeContext } from "../testing.ts";
import tap from "./tap.ts";

const NAMESPACE = ["unshare", ...Deno.uid() === 0 ? ["-n"] : ["-r", "-n"]];

async function output([command, ...args]: string[]) {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  return { success, text: new TextDecoder().decode(stdout), errors: new TextDecoder().decode(stderr) };
}

/** Why there can be no TAP interface here; "" if there can. */
async function obstacle(): Promise<string> {
  if (Deno.build.os !== "linux") return "needs Linux";
  for (const tool of ["ip", "ping", "unshare", "setpriv"]) {
    const { success } = await output(["sh", "-c", `command -v ${tool}`]);
    if (!success) return `no ${tool} here`;
  }
  try {
    (await Deno.open("/dev/net/tun", { read: true, write: true })).close();
  } catch {
    return "no right to /dev/net/tun, or no such device";
  }
  const { success } = await output([...NAMESPACE, "ip", "tuntap", "add", "dev", "emutest0", "mode", "tap"]);
  return success ? "" : "no right to make network namespaces with TAP interfaces";
}

const why = await obstacle();
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name: why ? `${name} (ignored: ${why})` : name, ignore: why !== "", fn });

/** What `tap_testing.ts` found in a namespace of its own. */
async function inNamespace(...args: string[]) {
  const program = new URL("tap_testing.ts", import.meta.url).pathname;
  const { success, text, errors } = await output([
    ...NAMESPACE,
    Deno.execPath(),
    "run",
    "-A",
    program,
    ...args,
  ]);
  assert(success, errors);
  return JSON.parse(text) as Record<"name" | "up" | "ping" | "second" | "after", string> & {
    pings: number;
    cpu: number;
    said: string[];
  };
}

test("tap lets the host ping what is behind its interface, and costs nothing while it is quiet", async () => {
  const { name, up, ping, pings, second, cpu, after } = await inNamespace("no", "emutest0");
  assertEquals([name, up], ["emutest0", ""]);
  assertMatch(ping, /5 packets transmitted, 5 received, 0% packet loss/);
  assertEquals(pings, 5);
  assertMatch(second, /cannot use TAP interface emutest0: another program has it/);
  assert(cpu <= 50, `${cpu} ms of 500`);
  assertMatch(after, /^failed: .*does not exist/);
});

test("tap without a name takes a free one and says which, and runs the scripts with it", async () => {
  const folder = await Deno.makeTempDir();
  const script = `${folder}/script`;
  await Deno.writeTextFile(script, `#!/bin/sh\necho "$1" >>${folder}/log\n`, { mode: 0o755 });
  const { name, said, pings } = await inNamespace(script);
  assertMatch(name, /^tap\d+$/);
  assertEquals(said, [`TAP interface ${name} (test)`]);
  assertEquals(pings, 5);
  assertEquals(await Deno.readTextFile(`${folder}/log`), `${name}\n${name}\n`);
  await Deno.remove(folder, { recursive: true });
});

const DEFAULTS = { ifname: undefined, fd: -1, script: "no", downscript: "no" };
const open = async (properties: Partial<Record<keyof typeof DEFAULTS, string | number>>) =>
  await tap.create(fakeContext({ ...DEFAULTS, ...properties } as typeof DEFAULTS));

test("tap says what is wrong with its properties", async () => {
  await assertRejects(() => open({ ifname: "a-name-that-is-too-long" }), Error, "is longer than 15 bytes");
  await assertRejects(() => open({ ifname: "x", fd: 3 }), Error, "give it or ifname, not both");
  using file = await Deno.open("/dev/null");
  assert(file);
  await assertRejects(() => open({ fd: 0 }), Error, 'property "fd": 0 is not an open TAP interface');
});

test("tap says what helps where the right is missing", async () => {
  const code = `
    import { openInterface } from "${new URL("interface.ts", import.meta.url)}";
    try { openInterface("emutest1"); } catch (error) { console.log(error.message); }`;
  const deno = [Deno.execPath(), "eval", code];
  // In a namespace with no rights at all, to a device that anybody may open.
  const { text } = await output(["setpriv", "--bounding-set=-all", "--inh-caps=-all", ...deno]);
  assertMatch(
    text,
    /cannot use TAP interface emutest1: no right to it; run as root, or .* mode tap user \$USER/,
  );
});
