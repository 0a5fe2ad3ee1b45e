import type { Picture } from "@emu/core";

/** How pixels lie in memory and what they mean. */
export interface Format {
  readonly width: number;
  /** Lines of a panel. */
  readonly rows: number;
  /** 1, 2, 4, 8, 16, or 32 for 24 bits in a word. */
  readonly bits: number;
  /** Big-endian bytes in a word (BEBO); big-endian pixels in a byte (BEPO). */
  readonly bigBytes: boolean;
  readonly bigPixels: boolean;
  readonly tft: boolean;
  /** Monochrome STN. */
  readonly mono: boolean;
  readonly bgr: boolean;
  /** 16-bit pixels are 5:6:5 rather than 5:5:5. */
  readonly green6: boolean;
  /** Palette RAM: two 16-bit entries a word. */
  readonly palette: Uint32Array;
}

/** Largest picture in either direction: what the timing registers can say of one panel. */
export const MAX_SIDE = 1024;
/** Bytes of pixel memory read at a time. */
const PIECE = 0x4000;
const OPAQUE = 0xff00_0000;

/** Bytes of pixel memory of a panel: pixels follow each other from word to word, whatever the lines are. */
export function panelBytes({ width, rows, bits }: Format): number {
  return Math.ceil(width * rows * bits / 32) * 4;
}

/** Renders the panels, one below the other, from where they begin in memory. */
export function render(
  format: Format,
  bases: readonly number[],
  read: (address: number, into: Uint8Array) => void,
): Picture {
  const { width, rows } = format;
  const height = Math.min(rows * bases.length, MAX_SIDE);
  const pixels = new Uint32Array(width * height);
  const colours = coloursOf(format);
  const shifts = pixelShifts(format);
  const mask = format.bits >= 24 ? 0xff_ffff : 2 ** format.bits - 1;
  const bytes = new Uint8Array(PIECE);
  const words = new Uint32Array(bytes.buffer);
  bases.forEach((base, panel) => {
    let at = panel * rows * width;
    const end = Math.min(at + rows * width, pixels.length);
    for (let offset = 0; at < end; offset += PIECE) {
      const length = Math.min(PIECE, panelBytes(format) - offset);
      read(base + offset >>> 0, bytes.subarray(0, length));
      for (let i = 0; 4 * i < length; i++) {
        const word = words[i];
        for (let j = 0; j < shifts.length && at < end; j++) pixels[at++] = colours(word >>> shifts[j] & mask);
      }
    }
  });
  return { width, height, pixels: new Uint8Array(pixels.buffer) };
}

/** By how much to shift a word for each of its pixels, first to last (DDI 0161, tables 2-4 to 2-6). */
function pixelShifts({ bits, bigBytes, bigPixels }: Format): number[] {
  return Array.from({ length: 32 / bits }, (_, i) => {
    if (bigBytes) return 32 - bits - i * bits;
    const inByte = i * bits & 7;
    return bigPixels && bits < 8 ? (i * bits - inByte) + 8 - bits - inByte : i * bits;
  });
}

/** From a pixel to red, green, blue, opaque: a word of the picture. */
function coloursOf(format: Format): (pixel: number) => number {
  const { bits, bgr, green6, tft } = format;
  if (bits === 32) {
    return (v) => (bgr ? v >> 16 & 0xff | v & 0xff00 | (v & 0xff) << 16 : v) | OPAQUE;
  }
  if (bits === 16) {
    const expand = tft ? (v: number) => v << 3 : (v: number) => (v >> 1) * 17;
    return (v) => {
      const low = expand(v & 31), green = green6 ? (v >> 5 & 63) << 2 : expand(v >> 5 & 31);
      const high = expand(v >> (green6 ? 11 : 10) & 31);
      return (bgr ? high | green << 8 | low << 16 : low | green << 8 | high << 16) | OPAQUE;
    };
  }
  const table = Uint32Array.from({ length: 2 ** bits }, (_, i) => paletteColour(format, i));
  return (v) => table[v];
}

/** A palette entry: red in bits 4:0, green 9:5, blue 14:10; STN uses the upper four bits of each, grey red's. */
function paletteColour({ palette, bigBytes, tft, mono }: Format, index: number): number {
  const entry = bigBytes ? index ^ 1 : index; // entries change places in a big-endian word (3.2.11)
  const raw = palette[entry >> 1] >>> 16 * (entry & 1);
  const expand = tft ? (v: number) => (v & 31) << 3 : (v: number) => (v >> 1 & 15) * 17;
  const red = expand(raw), green = expand(raw >> 5), blue = expand(raw >> 10);
  return !tft && mono ? red * 0x01_0101 | OPAQUE : red | green << 8 | blue << 16 | OPAQUE;
}
