import { assert } from "@std/assert";
import { type BackendContext, type Clock, type NetBackend, type NetReceiver, NEVER } from "@emu/core";

/** What a network back end gets when a test opens it, and what it said. */
export function fakeContext<P>(
  properties: P,
  clock: Pick<Clock, "now" | "epoch"> = { now: () => 0, epoch: 0 },
): BackendContext<P> & { readonly said: string[] } {
  const said: string[] = [];
  return {
    id: "test",
    properties,
    said,
    clock: { ...clock, now: () => clock.now(), alarm: () => ({ at: (_deadline = NEVER) => {} }) },
    warn: (message) => said.push(message),
    request: (what) => said.push(what),
  };
}

/** A guest's card that takes frames while it is `open`. */
export interface FakeCard extends NetReceiver {
  open: boolean;
  readonly got: Uint8Array[];
}

/** Plugs a card into a back end. */
export function plug(backend: NetBackend): FakeCard {
  const card: FakeCard = {
    open: true,
    got: [],
    canReceive: () => card.open,
    receive: (frame) => void card.got.push(frame.slice()),
  };
  backend.connect(card);
  return card;
}

/** A broadcast frame with a number in it, and bytes that differ from place to place. */
export function frameOf(number: number, length = 60): Uint8Array<ArrayBuffer> {
  const frame = Uint8Array.from({ length }, (_, at) => at < 6 ? 0xff : at * 7 + number);
  new DataView(frame.buffer).setUint16(12, number);
  return frame;
}

/** The number in a frame. */
export function numberOf(frame: Uint8Array): number {
  return frame[12] << 8 | frame[13];
}

/** Waits until something holds; fails after two seconds. */
export async function until(condition: () => boolean, what = "what was waited for"): Promise<void> {
  for (const end = performance.now() + 2000; !condition();) {
    assert(performance.now() < end, `${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A path for a socket; short enough for one. */
export function socketPath(folder: string, name: string): string {
  return `${folder}/${name}`;
}

/** The port that a back end said it listens at. */
export function portOf({ said }: { readonly said: readonly string[] }): number {
  return Number(/port (\d+)/.exec(said[0])![1]);
}

/** Counts numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}
