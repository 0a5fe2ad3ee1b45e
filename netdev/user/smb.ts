import { LOOPBACK_V4 } from "./address.ts";
import type { HostStream } from "./host_network.ts";
import type { Stack } from "./stack.ts";

/** Ports of SMB over TCP, and over NetBIOS. */
const PORTS = [445, 139] as const;
/** Milliseconds in which the server has to listen. */
const PATIENCE = 5000;
const TRY_EVERY = 50;

/** Where Debian and others put it; `sbin` is often not in the path. */
const PLACES = ["/usr/sbin/smbd", "/usr/local/sbin/smbd", "/usr/bin/smbd"] as const;

/**
 * Serves a folder at the SMB server's address, by Samba's `smbd`, which is started at the first connection and listens
 * at the loopback address. Gives what closes it.
 */
export async function addSmb(
  stack: Stack,
  warn: (message: string) => void,
  places: readonly string[] = PLACES,
): Promise<() => Promise<void>> {
  const { smbServer, smb } = stack.settings;
  const program = places.find((path) => isFile(path));
  if (!program) {
    throw new Error(`property "smb": there is no smbd here; Debian has it in the package "samba"`);
  }
  const folder = await Deno.realPath(smb);
  const work = await Deno.makeTempDir({ prefix: "emu-smb-" });
  let server: ReturnType<typeof start> | undefined;

  async function open(signal: AbortSignal): Promise<HostStream> {
    const { port } = await (server ??= start({ program: program!, folder, work }));
    const to = { address: LOOPBACK_V4, port };
    for (const deadline = performance.now() + PATIENCE;;) {
      try {
        return await stack.host.connect(to, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        if (performance.now() >= deadline) {
          warn(`Cannot serve ${folder}: smbd does not listen; see ${work}/log.smbd`);
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, TRY_EVERY));
      }
    }
  }
  for (const port of PORTS) stack.guestForwards.push({ address: smbServer, port, open });
  return async () => {
    try {
      const running = await server;
      running?.child.kill("SIGTERM");
      await running?.child.status;
    } catch { /* it has ended */ }
    await Deno.remove(work, { recursive: true });
  };
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** A port that is free now. */
function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function start({ program, folder, work }: {
  readonly program: string;
  readonly folder: string;
  readonly work: string;
}) {
  const port = freePort();
  await Deno.writeTextFile(`${work}/smb.conf`, configuration({ port, folder, work }));
  // Not with --no-process-group: at its end smbd sends SIGTERM to its group, and that would be ours.
  const child = new Deno.Command(program, {
    args: ["--foreground", `--configfile=${work}/smb.conf`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return { port, child };
}

/** Everything below one folder of its own, one share, no printers, and nobody but the loopback address. */
export function configuration(
  { port, folder, work }: { readonly port: number; readonly folder: string; readonly work: string },
): string {
  const places = [
    "private dir",
    "state directory",
    "cache directory",
    "lock directory",
    "pid directory",
    "ncalrpc dir",
  ];
  return [
    "[global]",
    "interfaces = lo",
    "bind interfaces only = yes",
    `smb ports = ${port}`,
    ...places.map((place) => `${place} = ${work}`),
    `log file = ${work}/log.smbd`,
    "security = user",
    "map to guest = Bad User",
    "load printers = no",
    "printing = bsd",
    "disable spoolss = yes",
    "usershare max shares = 0",
    "",
    "[qemu]",
    `path = ${folder}`,
    "read only = no",
    "guest ok = yes",
    `force user = ${Deno.env.get("USER") ?? "root"}`,
    "",
  ].join("\n");
}
