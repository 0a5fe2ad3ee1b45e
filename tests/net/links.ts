/** Ways to connect our emulator with QEMU, as the options of both. */
export interface Link {
  readonly name: string;
  /** Our back end, without its id. */
  readonly ours: string;
  /** QEMU's arguments for a card on this network. */
  readonly theirs: readonly string[];
  /** QEMU has to be there before we start. */
  readonly theyListen?: boolean;
  /** Why it cannot be tried here. */
  readonly missing?: string;
}

/** QEMU's options for a back end that -nic does not know. */
function netdev(options: string): string[] {
  return ["-netdev", `${options},id=net0`, "-net", "nic,netdev=net0"];
}

/** What the links need of the host. */
export interface Host {
  /** For sockets. */
  readonly folder: string;
  /** Eight free ports. */
  readonly ports: readonly number[];
  /** Sockets of a running vde_switch, or why there is none. */
  readonly vde: { readonly sock: string } | { readonly missing: string };
  /** Two TAP interfaces on a bridge, or why there are none. */
  readonly taps: readonly [ours: string, theirs: string] | { readonly missing: string };
}

const HERE = "127.0.0.1";

/** The links, each with its own card at QEMU's side, numbered from 2. */
export function linksOn({ folder, ports, vde, taps }: Host): Link[] {
  const at = (index: number) => `${HERE}:${ports[index]}`;
  const mac = (index: number) => `mac=52:54:00:00:00:${(index + 2).toString(16).padStart(2, "0")}`;
  const tap = "missing" in taps ? taps : undefined, none = "missing" in vde ? vde : undefined;
  const [ourTap, theirTap] = "missing" in taps ? ["", ""] : taps;
  const sock = "missing" in vde ? "" : vde.sock;
  const links: Omit<Link, "theirs">[] = [];
  const add = (name: string, ours: string, theirs: (mac: string) => string[], more: Partial<Link> = {}) => {
    links.push({ name, ours, theirs: theirs(mac(links.length)), ...more } as Link);
  };
  add("socket listen=", `socket,listen=${at(0)}`, (mac) => ["-nic", `socket,connect=${at(0)},${mac}`]);
  add("socket connect=", `socket,connect=${at(1)}`, (mac) => ["-nic", `socket,listen=${at(1)},${mac}`], {
    theyListen: true,
  });
  const group = `mcast=239.66.0.1:${ports[2]},localaddr=${HERE}`;
  add("socket mcast=", `socket,${group}`, (mac) => ["-nic", `socket,${group},${mac}`]);
  add(
    "socket udp=",
    `socket,udp=${at(3)},localaddr=${at(4)}`,
    (mac) => ["-nic", `socket,udp=${at(4)},localaddr=${at(3)},${mac}`],
  );
  const wire = `addr.type=unix,addr.path=${folder}/wire`;
  add(
    "stream over a Unix socket",
    `stream,server=on,${wire}`,
    (mac) => nic(netdev(`stream,server=off,${wire}`), mac),
  );
  const inet = `addr.type=inet,addr.host=${HERE},addr.port=${ports[5]}`;
  add(
    "stream over TCP, calling until QEMU is there",
    `stream,server=off,${inet},reconnect=1`,
    (mac) => nic(netdev(`stream,server=on,${inet}`), mac),
  );
  const ends = (local: string, remote: string) =>
    `dgram,local.type=unix,local.path=${folder}/${local},remote.type=unix,remote.path=${folder}/${remote}`;
  add("dgram over Unix sockets", ends("a", "b"), (mac) => nic(netdev(ends("b", "a")), mac));
  add(
    "tap on a bridge",
    `tap,ifname=${ourTap}`,
    (mac) => ["-nic", `tap,ifname=${theirTap},script=no,downscript=no,${mac}`],
    tap,
  );
  add("vde", `vde,sock=${sock}`, (mac) => ["-nic", `vde,sock=${sock},${mac}`], none);
  return links as Link[];
}

function nic(args: string[], mac: string): string[] {
  return args.map((arg) => arg.startsWith("nic,") ? `${arg},macaddr=${mac.slice(4)}` : arg);
}
