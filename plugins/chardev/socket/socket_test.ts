import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { bytesOf, fakeContext, listener } from "../testing.ts";
import socket from "./socket.ts";

const TCP = { host: "127.0.0.1", port: 0, path: "", server: false, wait: false };

async function readText(conn: Deno.Conn, length: number): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(length);
  while (text.length < length) {
    const count = await conn.read(buffer);
    if (count === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return text;
}

const portOf = (said: string[]) => Number(/port (\d+)/.exec(said[0])![1]);

Deno.test("socket channel as a server carries bytes both ways, and takes one peer after the other", async () => {
  const context = fakeContext({ ...TCP, server: true });
  const backend = await socket.create(context);
  const guest = listener();
  backend.connect(guest);
  backend.send(bytesOf("nobody hears this"));
  const said: string[] = [];
  for (const name of ["first", "second"]) {
    const peer = await Deno.connect({ port: portOf(context.said) });
    await peer.write(bytesOf(name));
    await guest.until(name);
    backend.send(bytesOf(`hello ${name}`));
    said.push(await readText(peer, 6 + name.length));
    peer.close();
    // The server has to see the end before it takes the next.
    while (guest.text().length === 0) await Promise.resolve();
  }
  assertEquals(said, ["hello first", "hello second"]);
  assertEquals(guest.text(), "firstsecond");
  await backend.close();
  await backend.close();
});

Deno.test("socket channel as a server waits for its first peer when it is to", async () => {
  const path = await Deno.makeTempFile();
  await Deno.remove(path);
  const opening = Promise.resolve(socket.create(fakeContext({ ...TCP, path, server: true, wait: true })));
  let open = false;
  opening.then(() => open = true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(open, false);
  using peer = await Deno.connect({ transport: "unix", path });
  const backend = await opening;
  backend.send(bytesOf("hello"));
  assertEquals(await readText(peer, 5), "hello");
  await backend.close();
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("socket channel takes over a Unix socket that was left behind, but not one that is in use", async () => {
  const path = await Deno.makeTempFile();
  await Deno.remove(path);
  const open = async () => await socket.create(fakeContext({ ...TCP, path, server: true }));
  // As after a process that was killed: Deno removes only the name that it knows.
  const killed = Deno.listen({ transport: "unix", path: `${path}-killed` });
  await Deno.link(`${path}-killed`, path);
  killed.close();
  assertEquals((await Deno.stat(path)).isSocket, true);
  const first = await open();
  await assertRejects(open, Error, `cannot listen at ${path}: another program listens there`);
  await first.close();
});

Deno.test("socket channel as a client says that its peer has gone", async () => {
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const context = fakeContext({ ...TCP, port: server.addr.port });
  const [backend, conn] = await Promise.all([socket.create(context), server.accept()]);
  const guest = listener();
  backend.connect(guest);
  await conn.write(bytesOf("hi"));
  await guest.until("hi");
  conn.close();
  while (context.said.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assertMatch(context.said[0], /Cannot reach 127\.0\.0\.1:\d+ any more/);
  backend.send(bytesOf("lost"));
  await backend.close();
  server.close();
});

Deno.test("socket channel keeps what a slow peer has not read, in order, and is congested", async () => {
  const context = fakeContext({ ...TCP, server: true });
  const backend = await socket.create(context) as Awaited<ReturnType<typeof socket.create>> & {
    congested(): Promise<void> | undefined;
  };
  using peer = await Deno.connect({ port: portOf(context.said) });
  const guest = listener();
  backend.connect(guest);
  await peer.write(bytesOf("x"));
  await guest.until("x");
  const line = "0123456789abcde\n";
  let sent = 0;
  while (!backend.congested()) {
    backend.send(bytesOf(line));
    sent++;
  }
  assertEquals(await readText(peer, sent * line.length), line.repeat(sent));
  await backend.congested();
  await backend.close();
});

Deno.test("socket channel says where it cannot connect or listen", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await assertRejects(
    async () => await socket.create(fakeContext({ ...TCP, port, server: true })),
    Error,
    `cannot listen at 127.0.0.1:${port}`,
  );
  taken.close();
  await assertRejects(
    async () => await socket.create(fakeContext({ ...TCP, port })),
    Error,
    `cannot connect to 127.0.0.1:${port}`,
  );
  await assertRejects(
    async () => await socket.create(fakeContext({ ...TCP, port: -1 })),
    Error,
    "is missing",
  );
});
