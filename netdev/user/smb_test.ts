import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { denoNetwork } from "./deno_network.ts";
import { addSmb } from "./smb.ts";
import { plugIn } from "./testing/guest.ts";

async function has(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", `PATH=$PATH:/usr/sbin command -v ${program}`],
    stdout: "null",
  }).output();
  return success;
}

Deno.test("a host without smbd is told so in a line that names property and package", async () => {
  const guest = await plugIn();
  await assertRejects(
    () => addSmb(guest.network.stack, () => {}, ["/no/such/smbd"]),
    Error,
    'property "smb": there is no smbd',
  );
  await guest.close();
});

const missing = (await Promise.all(["smbd", "smbclient"].map(has))).includes(false)
  ? " (ignored: no smbd or smbclient here)"
  : "";

Deno.test({
  name: `smbd serves the folder at the SMB server's address, and is gone when the network is${missing}`,
  ignore: missing !== "",
  async fn() {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/hello`, "from the host");
    const guest = await plugIn({ smb: folder }, denoNetwork);
    const forward = guest.network.stack.guestForwards.find(({ port }) => port === 445)!;
    assertEquals(forward.address.join("."), "10.0.2.4");
    // What the guest would say goes to the stream that its connection would get.
    const proxy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const accepted = proxy.accept().then(async (conn) => {
      const stream = await forward.open(new AbortController().signal);
      const up = (async () => {
        for (const buffer = new Uint8Array(65536);;) {
          const count = await conn.read(buffer).catch(() => null);
          if (count === null) return stream.close();
          for (let sent = 0; sent < count;) sent += await stream.write(buffer.subarray(sent, count));
        }
      })();
      for (const buffer = new Uint8Array(65536);;) {
        const count = await stream.read(buffer).catch(() => null);
        if (count === null) break;
        for (let sent = 0; sent < count;) sent += await conn.write(buffer.subarray(sent, count));
      }
      await up;
      conn.close();
    });
    const { code, stdout, stderr } = await new Deno.Command("smbclient", {
      args: ["//127.0.0.1/qemu", "-p", `${proxy.addr.port}`, "-N", "-c", "get hello -; put /etc/hostname up"],
    }).output();
    const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assertEquals(code, 0, output);
    assertStringIncludes(output, "from the host");
    assertEquals(await Deno.readTextFile(`${folder}/up`), await Deno.readTextFile("/etc/hostname"));
    await accepted;
    proxy.close();
    await guest.close();
    await Deno.remove(folder, { recursive: true });
  },
});
