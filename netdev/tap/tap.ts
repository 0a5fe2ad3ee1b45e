import { defineNetdev } from "@emu/core";
import { descriptorBackend } from "../descriptor.ts";
import { libc } from "../libc.ts";
import type { CountingBackend } from "../stream_link.ts";
import { adoptInterface, type Interface, openInterface } from "./interface.ts";
import manifest from "./manifest.json" with { type: "json" };

/** An Ethernet interface of the host whose cable ends here (Linux, Documentation/networking/tuntap.rst). */
export default defineNetdev(manifest, async ({ id, properties, warn }): Promise<CountingBackend> => {
  const { ifname, fd, script, downscript } = properties;
  if (fd >= 0 && ifname !== undefined) throw new Error('property "fd": give it or ifname, not both');
  const say = (message: string) => warn(`${message} (${id})`);
  const tap = fd >= 0 ? adoptInterface(fd) : openInterface(ifname ?? "");
  if (fd < 0 && ifname === undefined) say(`TAP interface ${tap.name}`);
  try {
    await run(script, tap);
  } catch (error) {
    libc().close(tap.fd);
    throw error;
  }
  const { read, write } = libc();
  return descriptorBackend({
    fd: tap.fd,
    read: (buffer) => Number(read(tap.fd, buffer, BigInt(buffer.length))),
    write: (frame) => Number(write(tap.fd, frame, BigInt(frame.length))),
    closed: () => run(downscript, tap),
  }, say);
});

/** Runs a script of the user's with the interface's name. */
async function run(script: string, { name }: Interface): Promise<void> {
  if (script === "no" || script === "") return;
  let code: number;
  try {
    ({ code } = await new Deno.Command(script, { args: [name], stdin: "null", stdout: "null" }).spawn()
      .status);
  } catch (error) {
    throw new Error(`cannot run ${script}: ${(error as Error).message}`);
  }
  if (code !== 0) throw new Error(`cannot go on: ${script} ${name} gave status ${code}`);
}
