import { ahead, type Connection, HOLES } from "./tcp_state.ts";

/** Notes data beyond what is missing. False if it would make one range too many: it must not be kept then. */
export function noteRange(c: Connection, start: number, end: number): boolean {
  const { holes } = c;
  let i = 0;
  while (i < c.holeCount && ahead(holes[2 * i + 1], start) < 0) i++;
  if (i === c.holeCount || ahead(holes[2 * i], end) > 0) {
    if (c.holeCount === HOLES) return false;
    holes.copyWithin(2 * i + 2, 2 * i, 2 * c.holeCount);
    holes[2 * i] = start;
    holes[2 * i + 1] = end;
    c.holeCount++;
    return true;
  }
  if (ahead(start, holes[2 * i]) < 0) holes[2 * i] = start;
  let last = i;
  let edge = ahead(end, holes[2 * i + 1]) > 0 ? end : holes[2 * i + 1];
  while (last + 1 < c.holeCount && ahead(holes[2 * last + 2], edge) <= 0) {
    last++;
    if (ahead(holes[2 * last + 1], edge) > 0) edge = holes[2 * last + 1];
  }
  holes[2 * i + 1] = edge;
  holes.copyWithin(2 * i + 2, 2 * last + 2, 2 * c.holeCount);
  c.holeCount -= last - i;
  return true;
}

/** How many bytes more are here now that all before `c.rcvNxt` are. */
export function joinRanges(c: Connection): number {
  const { holes } = c;
  let joined = 0;
  while (c.holeCount > 0 && ahead(holes[0], (c.rcvNxt + joined) | 0) <= 0) {
    joined = Math.max(joined, ahead(holes[1], c.rcvNxt));
    holes.copyWithin(0, 2, 2 * c.holeCount);
    c.holeCount--;
  }
  return joined;
}
