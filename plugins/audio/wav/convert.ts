import type { AudioFormat } from "@emu/core";

/**
 * A converter of samples, for sound whose format changes while a file's cannot. Channels are copied or dropped, rates
 * changed by linear interpolation; the position is kept from call to call, so that pieces join without a click.
 */
export function converter(from: AudioFormat, to: AudioFormat): (samples: Int16Array) => Int16Array {
  if (from.rate === to.rate && from.channels === to.channels) return (samples) => samples;
  const last = new Int16Array(to.channels);
  /** Where the next frame lies, in `to.rate`-ths of a frame: 0 is `last`, `to.rate` the first frame of the piece. */
  let position = to.rate;
  return (samples) => {
    const frames = Math.floor(samples.length / from.channels);
    const count = Math.max(0, Math.floor((frames * to.rate - position) / from.rate) + 1);
    const result = new Int16Array(count * to.channels);
    const at = (frame: number, channel: number) =>
      frame === 0
        ? last[channel]
        : samples[(frame - 1) * from.channels + Math.min(channel, from.channels - 1)];
    for (let i = 0; i < count; i++) {
      const place = position + i * from.rate, whole = Math.floor(place / to.rate), part = place % to.rate;
      for (let channel = 0; channel < to.channels; channel++) {
        const a = at(whole, channel), b = part > 0 ? at(whole + 1, channel) : a;
        result[i * to.channels + channel] = Math.round(a + (b - a) * part / to.rate);
      }
    }
    if (frames > 0) {
      for (let channel = 0; channel < to.channels; channel++) last[channel] = at(frames, channel);
    }
    position += count * from.rate - frames * to.rate;
    return result;
  };
}
