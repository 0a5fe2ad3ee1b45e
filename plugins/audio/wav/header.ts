import type { AudioFormat } from "@emu/core";

/** Bytes before the samples. */
export const HEADER_SIZE = 44;
/** Most bytes of samples: the sizes in the header are 32 bits wide. */
export const MOST_SAMPLE_BYTES = 0xffff_ffff - HEADER_SIZE;
const PCM = 1, BITS = 16;

/** Header of a WAV file of 16-bit samples (Multimedia Programming Interface and Data Specifications 1.0, chapter 3). */
export function wavHeader({ rate, channels }: AudioFormat, sampleBytes: number): Uint8Array {
  const header = new Uint8Array(HEADER_SIZE), view = new DataView(header.buffer);
  const frame = channels * BITS / 8;
  const text = (at: number, name: string) => header.set(new TextEncoder().encode(name), at);
  text(0, "RIFF");
  view.setUint32(4, HEADER_SIZE - 8 + sampleBytes, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * frame, true);
  view.setUint16(32, frame, true);
  view.setUint16(34, BITS, true);
  text(36, "data");
  view.setUint32(40, sampleBytes, true);
  return header;
}
