/**
 * Two guests, one of ours and one of QEMU's or both ours, over every kind of wire there is: they ping each other and
 * copy files both ways. The other machine gets QEMU's options, which ours understands too. `EMU_COPY_MIB=20` copies more
 * than the two MiB of every day, and prints the rates.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Guest, guestTest } from "../guests/guests.ts";
import { bootConsole, type Console } from "./console.ts";
import { type Host, type Link, linksOn } from "./links.ts";

const QEMU = "qemu-system-arm";
const EMU = [Deno.execPath(), "run", "-A", new URL("../../emu.ts", import.meta.url).pathname];
/** MiB that are copied each way. */
const COPY = Number(Deno.env.get("EMU_COPY_MIB") ?? 2);
const NAMESPACE = `emu-peers-${Deno.pid}`;
const TAPS = ["emutap0", "emutap1"] as const;

async function sh(command: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", { args: ["-c", command], stdout: "null", stderr: "null" })
    .output();
  return success;
}

const has = (tool: string) => sh(`command -v ${tool}`);

/** A network of the test's own, with two TAP interfaces on a bridge; undefined where there is no right to. */
async function makeNamespace(): Promise<string[] | undefined> {
  const inside = `ip -n ${NAMESPACE}`;
  const made = Deno.uid() === 0 && await has("ip") && await sh([
    `ip netns add ${NAMESPACE}`,
    `${inside} link set lo up`,
    `${inside} link add br0 type bridge`,
    `${inside} link set br0 up`,
    ...TAPS.flatMap((tap) => [
      `${inside} tuntap add dev ${tap} mode tap`,
      `${inside} link set ${tap} master br0`,
      `${inside} link set ${tap} up`,
    ]),
  ].join(" && "));
  if (made) return ["ip", "netns", "exec", NAMESPACE];
  await removeNamespace();
  return undefined;
}

const removeNamespace = () => sh(`ip netns del ${NAMESPACE}`);

function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  return listeners.map((listener) => {
    listener.close();
    return listener.addr.port;
  });
}

function machine({ zImage, dtb, initrd }: Guest): string[] {
  const files = ["-kernel", zImage, "-dtb", dtb, "-initrd", initrd, "-append", "console=ttyAMA0 quiet"];
  return ["-M", "integratorcp", "-m", "128", "-no-reboot", "-display", "none", "-monitor", "none", ...files];
}

/** Our guest, with all links on one hub. */
function ourMachine(guest: Guest, links: readonly Link[]): string[] {
  const netdevs = links.flatMap(({ ours }, n) => [
    "--netdev",
    `${ours},id=link${n}`,
    "--netdev",
    `hub,id=port${n},hub=lan,netdev=link${n}`,
  ]);
  return [...EMU, ...machine(guest), "--netdev", "hub,id=net0,hub=lan", ...netdevs, "-serial", "stdio"];
}

const addressOf = (number: number) => `10.66.0.${number}`;
const setUp = (console: Console, number: number) =>
  console.run(`ip addr add ${addressOf(number)}/24 dev eth0; ip link set eth0 up`);

/** Copies from one guest to the other; gives the sum at both ends. */
async function copy(from: Console, to: Console, address: string): Promise<string[]> {
  const receiving = to.run("nc -l -p 5000 >/tmp/copy && md5sum </tmp/copy");
  // The listener may come later than the caller: a try more does not hurt.
  const sending = from.run(`for i in 1 2 3 4 5; do nc ${address} 5000 </tmp/data && break; sleep 1; done`);
  const [sum] = await Promise.all([receiving, sending]);
  return [await from.run("md5sum </tmp/data"), sum].map((text) => /[0-9a-f]{32}/.exec(text)?.[0] ?? text);
}

async function tryLink(ours: Console, theirs: Console, number: number): Promise<void> {
  await setUp(theirs, number);
  const address = addressOf(number);
  await ours.run(`ping -c 1 -W 5 ${address} || ping -c 1 -W 5 ${address}`); // the wire may need a second to be up
  const pings = await Promise.all([
    ours.run(`ping -c 2 -s 1400 ${address}`),
    theirs.run(`ping -c 2 -s 1400 ${addressOf(1)}`),
  ]);
  for (const ping of pings) assertMatch(ping, / 0% packet loss/);
  const begin = performance.now();
  const [sent, received] = await copy(ours, theirs, address);
  assertEquals(received, sent);
  const middle = performance.now();
  await theirs.run("mv /tmp/copy /tmp/data");
  assertEquals(await copy(theirs, ours, addressOf(1)), [sent, sent]);
  const rate = (from: number, to: number) => `${(COPY * 1000 / (to - from)).toFixed(2)} MiB/s`;
  if (COPY > 2) console.log(`${rate(begin, middle)} out, ${rate(middle, performance.now())} in`);
}

interface Other {
  readonly name: string;
  readonly command: readonly string[];
  readonly missing?: string;
}

const OTHERS: readonly Other[] = [
  { name: "QEMU's", command: [QEMU], ...!await has(QEMU) && { missing: `no ${QEMU} here` } },
  { name: "another of ours", command: EMU },
];

for (const { name, command, missing } of OTHERS) {
  const title = `our guest and ${name} ping each other and copy files`;
  const test = guestTest("arm", missing ? `${title} (ignored: ${missing})` : title, async (guest, t) => {
    const folder = await Deno.makeTempDir();
    const inside = await makeNamespace();
    await using cleaning = new AsyncDisposableStack();
    cleaning.defer(async () => {
      if (inside) await removeNamespace();
      await Deno.remove(folder, { recursive: true });
    });
    const run = (args: readonly string[]) => bootConsole([...inside ?? [], ...args]);
    const host: Host = {
      folder,
      ports: freePorts(8),
      taps: inside ? TAPS : { missing: "no right to make a network namespace with TAP interfaces" },
      vde: await has("vde_switch") ? { sock: `${folder}/vde` } : { missing: "no vde_switch here" },
    };
    if ("sock" in host.vde) {
      const vde = new Deno.Command("vde_switch", {
        args: ["-s", host.vde.sock, "-x"],
        stdin: "piped",
        stdout: "null",
      })
        .spawn();
      cleaning.defer(async () => {
        vde.kill();
        await vde.status;
        await vde.stdin.close().catch(() => {});
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const links = linksOn(host);
    const possible = links.filter(({ missing }) => !missing);
    const peers = new Map<Link, Promise<Console>>();
    const start = async (link: Link | undefined) => {
      if (!link || peers.has(link)) return;
      peers.set(link, run([...command, ...machine(guest), ...link.theirs, "-serial", "stdio"]));
      cleaning.use(await peers.get(link)!);
    };
    for (const link of possible) if (link.theyListen) await start(link);
    const ours = cleaning.use(await run(ourMachine(guest, possible)));
    await setUp(ours, 1);
    await ours.run(`dd if=/dev/urandom of=/tmp/data bs=1024 count=${COPY * 1024}`);
    for (const [index, link] of links.entries()) {
      const { name, missing } = link;
      await t.step({
        name: missing ? `${name} (ignored: ${missing})` : name,
        ignore: missing !== undefined,
        async fn() {
          await start(link);
          await using theirs = await peers.get(link)!;
          const next = start(possible[possible.indexOf(link) + 1]); // boots meanwhile
          await tryLink(ours, theirs, index + 2);
          await next;
        },
      });
    }
    assert(possible.length >= 7, "hardly anything could be tried");
  });
  Deno.test({ ...test, ignore: test.ignore === true || missing !== undefined });
}
