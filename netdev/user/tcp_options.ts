import { TCP, TCP_HEADER } from "./tcp_state.ts";

const OPTION = { END: 0, NOP: 1, MSS: 2, WINDOW_SCALE: 3 } as const;
/** Smallest maximum segment size that is taken seriously: less would be all headers. */
export const LEAST_MSS = 48;
/** Largest shift of a window (RFC 7323, 2.3). */
const MOST_SHIFT = 14;

/** What a SYN says. */
export interface SynOptions {
  readonly mss: number | undefined;
  readonly shift: number | undefined;
}

/** Reads the options of a SYN whose header is at an offset, and whole. Malformed ones end the list. */
export function readOptions(bytes: Uint8Array, header: number): SynOptions {
  let mss: number | undefined, shift: number | undefined;
  const end = header + 4 * (bytes[header + TCP.OFFSET] >> 4);
  for (let at = header + TCP_HEADER; at < end && bytes[at] !== OPTION.END;) {
    if (bytes[at] === OPTION.NOP) {
      at++;
      continue;
    }
    const length = at + 1 < end ? bytes[at + 1] : 0;
    if (length < 2 || at + length > end) break;
    if (bytes[at] === OPTION.MSS && length === 4) {
      mss = Math.max(LEAST_MSS, bytes[at + 2] << 8 | bytes[at + 3]);
    }
    if (bytes[at] === OPTION.WINDOW_SCALE && length === 3) shift = Math.min(MOST_SHIFT, bytes[at + 2]);
    at += length;
  }
  return { mss, shift };
}

/** Writes the options of a SYN; gives their length, a multiple of four. */
export function writeOptions(
  view: DataView,
  at: number,
  { mss, shift }: { readonly mss: number; readonly shift: number | undefined },
): number {
  view.setUint32(at, OPTION.MSS << 24 | 4 << 16 | mss);
  if (shift === undefined) return 4;
  view.setUint32(at + 4, OPTION.NOP << 24 | OPTION.WINDOW_SCALE << 16 | 3 << 8 | shift);
  return 8;
}
