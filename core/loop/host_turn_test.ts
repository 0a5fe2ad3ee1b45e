import { assert } from "@std/assert";
import { HostTurns } from "./host_turn.ts";

// By `setImmediate` it takes 59 turns.
const WAYS = [["a Unix socket", "linux"], ["TCP", "darwin"]] as const;
for (const [name, os] of WAYS) {
  Deno.test(`a turn of the host's event loop brings what a socket has got, by ${name}`, async () => {
    const turns = await HostTurns.open(os);
    assert(turns.bySockets);
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { hostname, port } = listener.addr;
    using far = await Deno.connect({ hostname, port });
    using near = await listener.accept();
    let heard = false;
    const reading = near.read(new Uint8Array(8)).then(() => heard = true);
    await far.write(Uint8Array.of(1));
    for (let n = 0; n < 20 && !heard; n++) await turns.turn();
    assert(heard);
    await reading;
    turns.close();
  });
}

Deno.test({
  name: "without permission to use sockets there are turns all the same, and nobody is asked",
  permissions: "none",
  async fn() {
    const turns = await HostTurns.open();
    assert(!turns.bySockets);
    await turns.turn();
    turns.close();
  },
});
