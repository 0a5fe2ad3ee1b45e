import { GdbClient } from "./gdb_client.ts";

const QEMU = "qemu-system-arm";

/** Why there is no reference, in words for a test's name; empty if there is one. */
export const WITHOUT_QEMU: string = await new Deno.Command(QEMU, { args: ["--version"] }).output()
  .then(() => "", () => ` (ignored: no ${QEMU})`);

/** A stopped Integrator/CP in QEMU, and its debugging stub. */
export interface Qemu extends AsyncDisposable {
  readonly gdb: GdbClient;
}

/** Starts QEMU, stopped at its first instruction. */
export async function startQemu(): Promise<Qemu> {
  const folder = await Deno.makeTempDir(), path = `${folder}/gdb`;
  const process = new Deno.Command(QEMU, {
    args: [
      ...["-M", "integratorcp", "-cpu", "arm926", "-m", "128", "-S", "-display", "none", "-monitor", "none"],
      ...["-serial", "none", "-nic", "none", "-gdb", `unix:${path},server=on,wait=off`],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const end = async () => {
    process.kill("SIGKILL");
    await process.status;
    await Deno.remove(folder, { recursive: true });
  };
  try {
    const stream = await connect(path);
    const gdb = await GdbClient.connect(stream);
    return {
      gdb,
      async [Symbol.asyncDispose]() {
        gdb.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function connect(path: string): Promise<Deno.UnixConn> {
  const until = performance.now() + 10_000;
  for (;;) {
    try {
      return await Deno.connect({ transport: "unix", path });
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
