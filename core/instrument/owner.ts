import type { Output } from "./output.ts";

/** What is to be done when a plugin makes a mistake. */
export type OnError = "detach" | "stop";

/** A plugin at work: what its callbacks and hooks are accounted to. */
export class Owner {
  readonly name: string;
  readonly output: Output;
  readonly onError: OnError;
  /** It has been removed: nothing of it runs any more. */
  dead = false;
  /** Its code is about to be dropped, and does nothing until then. */
  muted = false;
  /** Its callbacks take the careful way: it is dead, or somebody is too slow. */
  careful = false;
  /** Numbers of its callbacks among the probes, by kind, since translated code was last dropped. */
  readonly numbers = new Map<string, Map<unknown, number>>();

  constructor(name: string, output: Output, onError: OnError) {
    this.name = name;
    this.output = output;
    this.onError = onError;
  }
}
