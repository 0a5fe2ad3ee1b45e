import { type AudioFormat, defineAudio } from "@emu/core";
import { converter } from "./convert.ts";
import { HEADER_SIZE, MOST_SAMPLE_BYTES, wavHeader } from "./header.ts";
import manifest from "./manifest.json" with { type: "json" };

/** Most bytes that wait for the disk; beyond, sound is lost. */
const LIMIT = 16 << 20;
/** The header is brought up to date after that many bytes of samples, so that the file of a killed run plays. */
const PATCH_EVERY = 1 << 16;

/** A WAV file in the format of the first samples; what comes in another one later is converted. */
export default defineAudio(manifest, async ({ properties: { path }, warn }) => {
  const file = await Deno.open(path, { read: true, write: true, create: true, truncate: true }).catch(
    (error) => {
      throw new Error(`property "path": cannot write "${path}": ${(error as Error).message}`);
    },
  );
  let wanted: AudioFormat = { rate: 48000, channels: 2 };
  let format: AudioFormat | undefined;
  let convert = converter(wanted, wanted);
  let waiting: Uint8Array[] = [], held = 0, accepted = 0, written = 0, patched = -1;
  let writing: Promise<void> | undefined;
  let open = true, complained = false;

  const complain = (why: string) => {
    if (!complained) warn(`Cannot record all sound in "${path}": ${why}`);
    complained = true;
  };
  const writeAll = async (bytes: Uint8Array) => {
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
  };
  const patch = async () => {
    await file.seek(0, Deno.SeekMode.Start);
    await writeAll(wavHeader(format ?? wanted, written));
    await file.seek(HEADER_SIZE + written, Deno.SeekMode.Start);
    patched = written;
  };
  const run = async () => {
    try {
      if (patched < 0) await patch();
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        await writeAll(next);
        held -= next.length;
        written += next.length;
        if (written - patched >= PATCH_EVERY) await patch();
      }
    } catch (error) {
      complain((error as Error).message);
      waiting = [];
      held = 0;
    } finally {
      writing = undefined;
    }
  };
  await patch();
  return {
    open(first: AudioFormat) {
      const sink = {
        format(next: AudioFormat) {
          wanted = next;
          convert = converter(wanted, format ?? wanted);
        },
        play(samples: Int16Array) {
          if (!open || samples.length === 0) return;
          if (!format) {
            format = wanted;
            patched = -1; // the header names another format so far
          }
          const bytes = littleEndian(convert(samples));
          if (held + bytes.length > LIMIT) return complain("the disk is too slow");
          if (accepted + bytes.length > MOST_SAMPLE_BYTES) return complain("a WAV file ends at 4 GiB");
          waiting.push(bytes);
          held += bytes.length;
          accepted += bytes.length;
          writing ??= run();
        },
      };
      sink.format(first);
      return sink;
    },
    async close() {
      if (!open) return;
      open = false;
      while (writing) await writing;
      try {
        await patch();
      } finally {
        file.close();
      }
    },
  };
});

function littleEndian(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2), view = new DataView(bytes.buffer);
  for (let i = 0; i < samples.length; i++) view.setInt16(i * 2, samples[i], true);
  return bytes;
}
