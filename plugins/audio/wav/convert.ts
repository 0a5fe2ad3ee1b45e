import type { AudioFormat } from "@emu/core";

/**
 * A converter of samples, for sound whose format changes while a file's cannot. Channels are copied or dropped, rates
 * changed by linear interpolation; the position is kept from call to call, so that pieces join without a click.
 */
export function converter(from: AudioFormat, to: AudioFormat): (samples: Int16Array) => Int16Array {
  if (from.rate === to.rate && from.channels === to.channels) return (samples) => samples;
  const step = from.rate / to.rate;
  const last = new Int16Array(to.channels);
  /** Where the next frame lies: 0 is `last`, 1 the first frame of the piece. */
  let position = 1;
  return (samples) => {
    const frames = Math.floor(samples.length / from.channels);
    const count = Math.max(0, Math.floor((frames - position) / step) + 1);
    const result = new Int16Array(count * to.channels);
    const at = (frame: number, channel: number) =>
      frame === 0
        ? last[channel]
        : samples[(frame - 1) * from.channels + Math.min(channel, from.channels - 1)];
    for (let i = 0; i < count; i++) {
      const place = position + i * step, whole = Math.floor(place), part = place - whole;
      for (let channel = 0; channel < to.channels; channel++) {
        const a = at(whole, channel), b = part > 0 ? at(whole + 1, channel) : a;
        result[i * to.channels + channel] = Math.round(a + (b - a) * part);
      }
    }
    if (frames > 0) {
      for (let channel = 0; channel < to.channels; channel++) last[channel] = at(frames, channel);
    }
    position += count * step - frames;
    return result;
  };
}
