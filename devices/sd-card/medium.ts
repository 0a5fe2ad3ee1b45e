import type { BlockBackend } from "@emu/core";

/** Bytes fetched ahead of a read, and gathered before a write, so that the machine waits less often. */
export const WINDOW = 0x8000;
const ERASE_STEP = 0x1_0000;

/** What the medium is doing: part of the card's state. `at` and `length` are bytes. */
export interface MediumState {
  op: "none" | "load" | "store" | "erase";
  /** The part of the medium that `window` holds (load), or is to be written with it (store), or erased. */
  at: number;
  length: number;
  /** Bytes of `window` that are valid. */
  valid: number;
  window: Uint8Array;
}

export function mediumState(): MediumState {
  return { op: "none", at: 0, length: 0, valid: 0, window: new Uint8Array(WINDOW) };
}

/** The medium behind a card: one operation at a time, which a reset cancels and a restore begins again. */
export interface Medium {
  start(op: "load" | "store" | "erase", at: number, length: number): void;
  cancel(): void;
  resume(): void;
}

/** What the medium works with. */
export interface MediumOptions {
  readonly block: BlockBackend;
  /** The state; asked for at each use, as a restore replaces it. */
  state(): MediumState;
  /** Whether a byte must survive an erase. */
  spared(at: number): boolean;
  /** Called when the operation is done; not if it was cancelled. */
  done(ok: boolean, op: MediumState["op"]): void;
}

export function createMedium({ block, state, spared, done }: MediumOptions): Medium {
  // The host's side only: which operation is current, and whether the back end is still at an older one.
  let generation = 0;
  let working = false;

  function start(op: MediumState["op"], at: number, length: number): void {
    const m = state();
    m.op = op;
    m.at = at;
    m.length = length;
    generation++;
    kick();
  }

  // One request at the back end at a time: a guest that cancels and restarts gets no queue, and writes stay in order.
  function kick(): void {
    if (working || state().op === "none") return;
    working = true;
    const mine = generation;
    const finish = (ok: boolean, settle?: () => boolean) => {
      working = false;
      if (mine === generation && (!settle || settle())) {
        const op = state().op;
        state().op = "none";
        done(ok, op);
      } else kick();
    };
    perform().then((settle) => finish(true, settle), () => finish(false));
  }

  /** Does a step; what it returns changes the state and says whether that was the last. */
  async function perform(): Promise<() => boolean> {
    const { op, at, length, window } = state();
    if (op === "load") {
      const bytes = new Uint8Array(length);
      await block.read(at, bytes);
      return () => {
        state().window.set(bytes);
        state().valid = length;
        return true;
      };
    }
    if (op === "store") {
      await block.write(at, window.slice(0, length));
      return () => true;
    }
    const step = Math.min(length, ERASE_STEP - at % ERASE_STEP);
    if (!spared(at)) await block.write(at, new Uint8Array(step));
    else await Promise.resolve();
    return () => {
      state().at += step;
      state().length -= step;
      return state().length <= 0;
    };
  }

  return {
    start,
    cancel() {
      generation++;
      state().op = "none";
    },
    resume() {
      generation++;
      kick();
    },
  };
}
