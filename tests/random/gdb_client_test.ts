import { assertEquals, assertRejects } from "@std/assert";
import { frame, GdbClient, type GdbStream } from "./gdb_client.ts";

/** A stub that gives prepared answers, in pieces of `size` bytes, and notes what it is asked. */
function stub(answers: readonly string[], size = 1000): { stream: GdbStream; asked: string[] } {
  const asked: string[] = [], left = [...answers];
  let pending = "";
  return {
    asked,
    stream: {
      write(bytes) {
        const text = new TextDecoder().decode(bytes);
        asked.push(text);
        if (text.startsWith("$")) pending += left.shift() ?? "";
        return Promise.resolve(bytes.length);
      },
      read(into) {
        if (pending === "") return Promise.resolve(null);
        const piece = new TextEncoder().encode(pending.slice(0, size));
        pending = pending.slice(size);
        into.set(piece);
        return Promise.resolve(piece.length);
      },
      close() {},
    },
  };
}

Deno.test("gdb packets end with the sum of their bytes", () => {
  assertEquals([frame("OK"), frame("g"), frame("")], ["$OK#9a", "$g#67", "$#00"]);
});

Deno.test("gdb client acknowledges until the stub agrees not to", async () => {
  const { stream, asked } = stub([`+${frame("OK")}`, frame("S05"), frame("0102ff")]);
  const client = await GdbClient.connect(stream);
  assertEquals([...await client.readMemory(0x8000_0000, 3)], [1, 2, 255]);
  assertEquals(asked, [frame("QStartNoAckMode"), "+", frame("?"), frame("m80000000,3")]);
});

Deno.test("gdb client puts an answer together that comes in pieces, and undoes its run lengths", async () => {
  const { stream } = stub(["+$0* 01#aa"], 2);
  // A blank is 32, three more of the same: "0000" "01".
  assertEquals([...await new GdbClient(stream).readRegisters()], [0, 0, 1]);
});

Deno.test("gdb client says what the stub refused, and that it has gone", async () => {
  const refused = new GdbClient(stub([frame("E22")]).stream);
  await assertRejects(
    () => refused.readMemory(0, 4),
    Error,
    'Cannot carry out "m0,4": the stub answers "E22"',
  );
  const gone = new GdbClient(stub([]).stream);
  await assertRejects(() => gone.step(), Error, "the stub has closed the connection");
});
