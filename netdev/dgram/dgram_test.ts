import { assertEquals, assertRejects } from "@std/assert";
import { fakeContext, frameOf, plug, portOf, socketPath, until } from "../testing.ts";
import dgram from "./dgram.ts";

const NOTHING = {
  "local.type": undefined as string | undefined,
  "local.host": undefined as string | undefined,
  "local.port": undefined as string | undefined,
  "local.path": undefined as string | undefined,
  "remote.type": undefined as string | undefined,
  "remote.host": undefined as string | undefined,
  "remote.port": undefined as string | undefined,
  "remote.path": undefined as string | undefined,
};
type Properties = Partial<typeof NOTHING>;

const HERE = "127.0.0.1";
const linux = Deno.build.os === "linux";
const contextOf = (properties: Properties) => fakeContext({ ...NOTHING, ...properties });
const open = async (properties: Properties) => await dgram.create(contextOf(properties));
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name: linux ? name : `${name} (ignored: needs Linux)`, ignore: !linux, fn });

/** Sends a frame from one back end to the other. */
async function carry(from: Awaited<ReturnType<typeof open>>, to: typeof from): Promise<void> {
  const card = plug(to);
  from.send(frameOf(1, 1514));
  await until(() => card.got.length === 1);
  assertEquals(card.got, [frameOf(1, 1514)]);
  await from.close();
  await to.close();
}

test("dgram network over UDP goes to the remote port", async () => {
  const context = contextOf({ "local.type": "inet", "local.host": HERE, "local.port": "0" });
  const to = await dgram.create(context);
  const remote = { "remote.type": "inet", "remote.host": "localhost", "remote.port": `${portOf(context)}` };
  await carry(await open({ "local.host": HERE, "local.port": "0", ...remote }), to);
});

test("dgram network over Unix sockets goes to the remote path", async () => {
  const folder = await Deno.makeTempDir();
  const [a, b] = ["a", "b"].map((name) => socketPath(folder, name));
  const to = await open({ "local.type": "unix", "local.path": a });
  await carry(
    await open({ "local.type": "unix", "local.path": b, "remote.type": "unix", "remote.path": a }),
    to,
  );
  await Deno.remove(folder);
});

test("dgram network with a multicast group as its remote end is one with everybody of it", async () => {
  using listener = Deno.listen({ hostname: HERE, port: 0 });
  const remote = {
    "remote.type": "inet",
    "remote.host": "239.7.7.8",
    "remote.port": `${listener.addr.port}`,
  };
  const properties = { ...remote, "local.type": "inet", "local.host": HERE };
  await carry(await open(properties), await open(properties));
});

const WRONG: [properties: Properties, says: string][] = [
  [{}, "give local.host and local.port, local.path, or a multicast group"],
  [{ "local.path": "/a", "remote.host": HERE }, "both ends are inet, or both unix"],
  [{ "local.type": "inet", "local.path": "/a" }, "goes with local.type=unix"],
  [{ "remote.path": "/a" }, 'property "local.path": is missing'],
  [{ "local.host": HERE }, 'property "local.port": is missing'],
  [{ "local.port": "1", "remote.host": HERE }, 'property "remote.port": is missing'],
  [{ "local.port": "99999" }, '"99999" is no port'],
];
for (const [properties, says] of WRONG) {
  test(`dgram network says what is wrong with ${JSON.stringify(properties)}`, async () => {
    await assertRejects(() => open(properties), Error, says);
  });
}
