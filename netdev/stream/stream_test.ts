import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fakeContext, frameOf, plug, portOf, socketPath, until } from "../testing.ts";
import stream from "./stream.ts";

const NOTHING = {
  server: false,
  "addr.type": undefined as string | undefined,
  "addr.host": "127.0.0.1",
  "addr.port": undefined as string | undefined,
  "addr.path": undefined as string | undefined,
  reconnect: 0,
};
type Properties = Partial<typeof NOTHING>;

const contextOf = (properties: Properties) => fakeContext({ ...NOTHING, ...properties });
const open = async (properties: Properties) => await stream.create(contextOf(properties));

Deno.test("stream network over TCP is a wire with a server's end and a client's", async () => {
  const context = contextOf({ server: true, "addr.type": "inet", "addr.port": "0" });
  const a = await stream.create(context);
  const b = await open({ "addr.port": `${portOf(context)}` });
  const card = plug(a);
  b.send(frameOf(1, 1514));
  await until(() => card.got.length === 1);
  assertEquals(card.got, [frameOf(1, 1514)]);
  await b.close();
  await a.close();
});

Deno.test("stream network over a Unix socket with reconnect= waits for its server, and for the next", async () => {
  const folder = await Deno.makeTempDir();
  const path = socketPath(folder, "wire");
  const client = await open({ "addr.path": path, reconnect: 1 });
  const cardOfClient = plug(client);
  for (const n of [1, 2]) {
    const server = await open({ server: true, "addr.type": "unix", "addr.path": path });
    const card = plug(server);
    await until(() => (client.send(frameOf(n)), card.got.length > 0));
    server.send(frameOf(10 + n));
    await until(() => cardOfClient.got.length === n);
    await server.close();
    assertThrows(() => Deno.lstatSync(path), Deno.errors.NotFound);
  }
  assertEquals(cardOfClient.got, [frameOf(11), frameOf(12)]);
  await client.close();
  await Deno.remove(folder);
});

const WRONG: [properties: Properties, says: string][] = [
  [{}, 'property "addr.port": is missing'],
  [{ "addr.port": "http" }, '"http" is no port'],
  [{ "addr.type": "unix" }, 'property "addr.path": is missing'],
  [{ server: true, "addr.port": "0", reconnect: 1 }, "is for clients"],
  [{ "addr.path": "/nowhere/at/all" }, "cannot connect to /nowhere/at/all"],
  [{ server: true, "addr.path": "/nowhere/at/all" }, "cannot listen at /nowhere/at/all"],
];
for (const [properties, says] of WRONG) {
  Deno.test(`stream network says what is wrong with ${JSON.stringify(properties)}`, async () => {
    await assertRejects(() => open(properties), Error, says);
  });
}
