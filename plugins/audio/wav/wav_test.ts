import { assert, assertEquals, assertRejects } from "@std/assert";
import type { BackendContext } from "@emu/core";
import { converter } from "./convert.ts";
import wav from "./wav.ts";

function context(path: string): BackendContext<{ path: string }> {
  return {
    id: "audio0",
    properties: { path },
    clock: { now: () => 0, epoch: 0, alarm: () => ({ at() {} }) },
    warn() {},
    request() {},
  };
}

/** What a player reads of a WAV file. */
function parse(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset);
  const text = (at: number) => String.fromCharCode(...file.subarray(at, at + 4));
  assertEquals([text(0), text(8), text(12), text(36)], ["RIFF", "WAVE", "fmt ", "data"]);
  const data = view.getUint32(40, true);
  assertEquals(view.getUint32(4, true), data + 36);
  const channels = view.getUint16(22, true), rate = view.getUint32(24, true);
  assertEquals(view.getUint32(28, true), rate * channels * 2);
  assertEquals(view.getUint16(32, true), channels * 2);
  const samples = Array.from({ length: data / 2 }, (_, i) => view.getInt16(44 + i * 2, true));
  return { rate, channels, samples };
}

async function recorded(
  play: (sink: ReturnType<Awaited<ReturnType<typeof wav.create>>["open"]>) => unknown,
): Promise<ReturnType<typeof parse>> {
  const path = await Deno.makeTempFile();
  try {
    const audio = await wav.create(context(path));
    await play(audio.open({ rate: 44100, channels: 2 }));
    await audio.close();
    await audio.close();
    return parse(await Deno.readFile(path));
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("WAV file holds the samples in their format", async () => {
  assertEquals(await recorded((sink) => sink.play(Int16Array.of(1, -2, 32767, -32768))), {
    rate: 44100,
    channels: 2,
    samples: [1, -2, 32767, -32768],
  });
});

Deno.test("WAV file of silence is one", async () => {
  assertEquals((await recorded(() => {})).samples, []);
});

Deno.test("WAV file has the format of the first samples, not of an idle card", async () => {
  const { rate, channels } = await recorded((sink) => {
    sink.format({ rate: 8000, channels: 1 });
    sink.play(Int16Array.of(5));
  });
  assertEquals([rate, channels], [8000, 1]);
});

Deno.test("WAV file keeps its format when the card's changes, and the sound is converted", async () => {
  const { rate, samples } = await recorded((sink) => {
    sink.play(Int16Array.of(1, 2));
    sink.format({ rate: 22050, channels: 1 });
    sink.play(Int16Array.of(100, 200, 300));
  });
  assertEquals(rate, 44100);
  assertEquals(samples, [1, 2, 100, 100, 150, 150, 200, 200, 250, 250, 300, 300]);
});

Deno.test("WAV file of a run that was killed plays as far as it was written", async () => {
  const path = await Deno.makeTempFile();
  const audio = await wav.create(context(path));
  const sink = audio.open({ rate: 48000, channels: 2 });
  sink.play(new Int16Array(200_000).fill(7));
  let file = new Uint8Array(0);
  for (let tries = 0; tries < 500 && file.length < 44 + 400_000; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    file = await Deno.readFile(path);
  }
  const { samples } = parse(file); // not closed
  assert(samples.length > 100_000);
  assert(samples.every((sample) => sample === 7));
  await audio.close();
  await Deno.remove(path);
});

Deno.test("WAV recorder says which file it cannot write", async () => {
  await assertRejects(
    async () => await wav.create(context("/nonexistent/x.wav")),
    Error,
    'property "path": cannot write',
  );
});

Deno.test("sample converter gives the same whatever pieces the sound comes in", () => {
  const from = { rate: 44100, channels: 2 }, to = { rate: 48000, channels: 1 };
  const samples = Int16Array.from({ length: 2000 }, (_, i) => Math.round(1000 * Math.sin(i / 30)));
  const whole = converter(from, to)(samples);
  const convert = converter(from, to);
  const pieces: number[] = [];
  for (let at = 0, size = 2; at < samples.length; at += size, size = size % 14 + 2) {
    pieces.push(...convert(samples.subarray(at, at + size)));
  }
  assertEquals(pieces, [...whole]);
  assert(Math.abs(whole.length - 1000 * 48000 / 44100) < 2);
});
