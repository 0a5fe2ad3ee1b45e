import { MAX_FRAME } from "@emu/core";

/** What went through a back end, in frames. */
export interface Traffic {
  /** From the guest, and handed to the other side. */
  sent: number;
  /** Taken by the guest. */
  received: number;
  /** From the guest, while nobody was there or the other side did not keep up. */
  dropped: number;
  /** Of either direction: too short or too long for an Ethernet. */
  malformed: number;
}

/** Two addresses and a type. */
const MIN_FRAME = 14;

export function noTraffic(): Traffic {
  return { sent: 0, received: 0, dropped: 0, malformed: 0 };
}

/** Whether a frame of that length exists; counts one that does not. */
export function fits(length: number, traffic: Traffic): boolean {
  if (length >= MIN_FRAME && length <= MAX_FRAME) return true;
  traffic.malformed++;
  return false;
}
