/** Runs in a network namespace of its own: pings a host behind the TAP interface, and prints what happened. */
import { echoHost } from "../echo_testing.ts";
import { fakeContext } from "../testing.ts";
import tap from "./tap.ts";

const [script, ...names] = Deno.args;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

async function sh(command: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", command] }).output();
  return code === 0 ? text(stdout) : `failed: ${text(stderr)}`;
}

const context = fakeContext({ ifname: names[0] as string | undefined, fd: -1, script, downscript: script });
const backend = await tap.create(context);
const [name] = names.length > 0 ? names : [/tap\d+/.exec(context.said[0])![0]];
const pings = echoHost(backend, {
  mac: Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x99),
  ip: Uint8Array.of(10, 99, 0, 2),
});
const up = await sh(`ip addr add 10.99.0.1/24 dev ${name} && ip link set ${name} up`);
const ping = await sh("ping -c 5 -i 0.05 -W 2 -s 1400 10.99.0.2");
const again = fakeContext({ ...context.properties, ifname: name });
const second = await Promise.resolve().then(() => tap.create(again)).then(
  () => "opened twice",
  (error: Error) => error.message,
);
const cpu = await idleTime();
await backend.close();
const after = await sh(`ip link show ${name}`);
console.log(JSON.stringify({ name, up, ping, pings: pings(), second, cpu, after, said: context.said }));

/** Milliseconds of processor time that this process takes in half a second without frames. */
async function idleTime(): Promise<number> {
  const used = () => {
    const fields = Deno.readTextFileSync("/proc/self/stat").replace(/^.*\) /, "").split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10; // utime, stime in ticks of 10 ms (proc(5))
  };
  const before = used();
  await new Promise((resolve) => setTimeout(resolve, 500));
  return used() - before;
}
