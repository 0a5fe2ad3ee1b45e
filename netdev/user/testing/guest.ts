import { type Alarm, type CharBackend, type Clock, NEVER } from "@emu/core";
import type { HostNetwork } from "../host_network.ts";
import manifest from "../manifest.json" with { type: "json" };
import type { Options } from "../options.ts";
import { openUserNetwork, type UserNetwork } from "../user.ts";
import { ethernet, GUEST_MAC, read, type Seen } from "./frames.ts";
import { ip, mac, u16 } from "./bytes.ts";
import { FakeHost } from "./fake_host.ts";

/** The properties' defaults, with some of them set. */
export function optionsWith(set: Partial<Options> = {}): Options {
  const defaults = Object.entries(manifest.properties).map(([name, property]) => [name, property.default]);
  return { ...Object.fromEntries(defaults), ...set };
}

/** Time that passes when a test says so. */
export class TestClock implements Clock {
  readonly epoch = 0;
  time = 0;
  readonly #alarms: { deadline: number; fire: () => void }[] = [];

  now(): number {
    return this.time;
  }

  alarm(fire: () => void): Alarm {
    const entry = { deadline: NEVER, fire };
    this.#alarms.push(entry);
    return { at: (deadline) => void (entry.deadline = deadline) };
  }

  /** Lets time pass; alarms fire on the way. */
  pass(seconds: number): void {
    const end = this.time + seconds * 1e9;
    for (let limit = 0; limit < 100_000; limit++) {
      const first = this.#alarms.reduce((a, b) => a.deadline <= b.deadline ? a : b);
      if (first.deadline > end) break;
      this.time = Math.max(this.time, first.deadline);
      first.deadline = NEVER;
      first.fire();
    }
    this.time = end;
  }
}

/** A guest's end of the cable, in a test's hands. */
export interface TestGuest {
  readonly network: UserNetwork;
  readonly clock: TestClock;
  /** Frames that came, oldest first. */
  readonly frames: Uint8Array[];
  readonly warnings: string[];
  /** Large segments that came, with the size of their parts. They come while `takesLarge`. */
  readonly large: { readonly segment: Uint8Array; readonly size: number }[];
  takesLarge: boolean;
  /** While false, no frame is taken. */
  open: boolean;
  send(...frames: Uint8Array[]): void;
  /** Lets the event loop turn until nothing more comes; gives what came. */
  settle(): Promise<Seen[]>;
  /** Sends, and gives the answers. */
  ask(...frames: Uint8Array[]): Promise<Seen[]>;
  /** Lets the network know the guest's addresses. */
  announce(): Promise<void>;
  close(): Promise<void>;
}

/** Turns of the event loop after which a test takes it that nothing more comes. */
const TURNS = 12;

export async function plugIn(
  set: Partial<Options> = {},
  host: HostNetwork = new FakeHost(),
  channels: Readonly<Record<string, CharBackend>> = {},
): Promise<TestGuest> {
  const clock = new TestClock();
  const warnings: string[] = [];
  const network = await openUserNetwork({
    properties: optionsWith(set),
    clock,
    warn: (line) => void warnings.push(line),
    chardev: (id) => channels[id],
  }, host);
  const guest: TestGuest = {
    network,
    clock,
    frames: [],
    large: [],
    takesLarge: false,
    warnings,
    open: true,
    send: (...frames) => frames.forEach((frame) => network.send(frame)),
    async settle() {
      for (let i = 0; i < TURNS; i++) await new Promise((resolve) => setImmediate(resolve));
      return guest.frames.splice(0).map(read);
    },
    ask(...frames) {
      guest.send(...frames);
      return guest.settle();
    },
    async announce() {
      guest.send(arpRequest("10.0.2.2"));
      await guest.settle();
    },
    async close() {
      await network.close();
    },
  };
  network.connect({
    receive: (frame) => void guest.frames.push(frame.slice()),
    canReceive: () => guest.open,
    takesLarge: () => guest.takesLarge,
    receiveLarge: (segment, size) => void guest.large.push({ segment: segment.slice(), size }),
  });
  return guest;
}

/** The guest asks who has an address. */
export function arpRequest(target: string, from = "10.0.2.15"): Uint8Array {
  const message = [
    ...u16(1),
    ...u16(0x0800),
    6,
    4,
    ...u16(1),
    ...mac(GUEST_MAC),
    ...ip(from),
    0,
    0,
    0,
    0,
    0,
    0,
  ];
  return ethernet(0x0806, [...message, ...ip(target)], { toMac: "ff:ff:ff:ff:ff:ff" });
}
