import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { openRecorder, recorded, type RecorderOptions } from "./recorder.ts";
import { fakeContext, frameOf, plug } from "./testing.ts";

const found = await new Deno.Command("sh", { args: ["-c", "command -v tshark"], stdout: "null" }).output();

/** Records with the guest's clock at `now()` nanoseconds after 2001-09-09 01:46:40 UTC; gives the file's bytes. */
async function recordOf(
  options: Omit<RecorderOptions, "file">,
  fill: (recorder: ReturnType<typeof openRecorder>, clock: { time: number }) => void,
) {
  const file = await Deno.makeTempFile({ suffix: ".pcap" });
  const clock = { time: 0 };
  const context = fakeContext({}, { now: () => clock.time, epoch: 1e18 });
  const recorder = openRecorder({ file, ...options }, context);
  fill(recorder, clock);
  await recorder.close();
  return { file, said: context.said, bytes: await Deno.readFile(file), missing: recorder.missing };
}

Deno.test("recorder writes a little-endian pcap of Ethernet frames with the guest's time", async () => {
  const { file, bytes } = await recordOf({}, (recorder, clock) => {
    clock.time = 1_234_567_999;
    recorder.record(frameOf(1, 60));
  });
  const view = new DataView(bytes.buffer);
  const words = [0, 8, 12, 16, 20, 24, 28, 32, 36].map((at) => view.getUint32(at, true));
  assertEquals([view.getUint16(4, true), view.getUint16(6, true)], [2, 4]);
  assertEquals(words, [0xa1b2c3d4, 0, 0, 65536, 1, 1_000_000_001, 234_567, 60, 60]);
  assertEquals(bytes.subarray(40), frameOf(1, 60));
  await Deno.remove(file);
});

Deno.test("recorder keeps the beginning of long frames, and tells their length", async () => {
  const { file, bytes } = await recordOf({ maxlen: 20 }, (recorder) => recorder.record(frameOf(1, 60)));
  const view = new DataView(bytes.buffer);
  assertEquals([view.getUint32(16, true), view.getUint32(32, true), view.getUint32(36, true)], [20, 20, 60]);
  assertEquals(bytes.subarray(40), frameOf(1, 20));
  await Deno.remove(file);
});

Deno.test("recorder with time=wall has the host's time", async () => {
  const before = Date.now();
  const { file, bytes } = await recordOf({ time: "wall" }, (recorder) => recorder.record(frameOf(1)));
  const view = new DataView(bytes.buffer);
  const at = view.getUint32(24, true) * 1e3 + view.getUint32(28, true) / 1e3;
  assertEquals(at >= before - 1 && at <= Date.now(), true);
  await Deno.remove(file);
});

Deno.test("recorder leaves out frames that a slow disk has no room for, and says how many", async () => {
  const { file, bytes, missing, said } = await recordOf({ limit: 24 + 3 * 76 }, (recorder) => {
    for (let i = 0; i < 10; i++) recorder.record(frameOf(i));
  });
  assertEquals(bytes.length, 24 + 3 * 76);
  assertEquals(missing, 7);
  assertMatch(said[0], /Cannot keep up with the network: 7 frames are not in/);
  await Deno.remove(file);
});

Deno.test("recorder says where it cannot write", () => {
  assertThrows(
    () => openRecorder({ file: "/nowhere/x.pcap" }, fakeContext({})),
    Error,
    "cannot write /nowhere/x.pcap",
  );
});

Deno.test("a recorded back end works as before, with the frames of both directions on record", async () => {
  let receive: ((frame: Uint8Array) => void) | undefined;
  const did: string[] = [];
  const inner = {
    send: (frame: Uint8Array) => void did.push(`send ${frame.length}`),
    connect: (to: { receive(frame: Uint8Array): void }) => void (receive = to.receive),
    ready: () => void did.push("ready"),
    close: () => void did.push("close"),
  };
  const { file, bytes } = await recordOf({}, (recorder) => {
    const backend = recorded(inner, recorder);
    const card = plug(backend);
    backend.send(frameOf(1, 60));
    receive!(frameOf(2, 70));
    backend.ready();
    assertEquals(card.got, [frameOf(2, 70)]);
    void backend.close();
  });
  assertEquals(did, ["send 60", "ready", "close"]);
  assertEquals(bytes.length, 24 + 16 + 60 + 16 + 70);
  await Deno.remove(file);
});

Deno.test({
  name: `tshark reads what the recorder writes${found.success ? "" : " (ignored: no tshark here)"}`,
  ignore: !found.success,
  async fn() {
    const { file } = await recordOf({}, (recorder, clock) => {
      for (let i = 0; i < 3; i++) {
        clock.time = i * 1.5e9;
        recorder.record(frameOf(0x0806, 60 + i));
      }
    });
    const args = ["-r", file, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "eth.type"];
    const { stdout } = await new Deno.Command("tshark", { args, stderr: "null" }).output();
    assertEquals(
      new TextDecoder().decode(stdout).trim().split("\n").map((line) => line.split("\t")),
      [
        ["1000000000.000000000", "60", "0x0806"],
        ["1000000001.500000000", "61", "0x0806"],
        ["1000000003.000000000", "62", "0x0806"],
      ],
    );
    await Deno.remove(file);
  },
});
