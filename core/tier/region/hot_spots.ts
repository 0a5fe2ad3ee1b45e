import { PAGE_BITS } from "../../softmmu/tlb.ts";
import type { Region, Tb } from "../../translator/tb.ts";
import { POLICY } from "../policy.ts";
import type { WasmCompiler } from "../wasm/compiler.ts";
import { grow } from "./grow.ts";
import { Recorder } from "./recorder.ts";
import { uncovered } from "./uncovered.ts";

/** What finding hot spots needs of its vCPU. */
export interface HotSpotsClient {
  /** Compiles blocks; false if there is no room left. */
  compile(tbs: readonly Tb[]): boolean;
  readonly compiler: WasmCompiler;
  /** Milliseconds that the vCPU has been running. */
  readonly stats: { readonly runningMs: number };
  /** Makes all ways to a block lead to another compiled form of it. */
  setEntry(tb: Tb, index: number): void;
  /** There is no room left for code: drops all there is. */
  purge(): void;
}

/**
 * Decides what becomes a region. Where slices end is a sample of what is hot; a page that many of the last samples lie
 * on is recorded for a while, and regions are made of what the recording shows.
 */
export class HotSpots {
  /** While there is one, tier 0 runs every block and hands it to `record`. */
  recorder: Recorder | undefined;
  readonly stats = { recordings: 0, /** All that regions cost. */ ms: 0 };
  readonly #client: HotSpotsClient;
  /** Pages in which the last slices ended, 0 if in a region. */
  readonly #samples = new Int32Array(POLICY.window);
  #sampleAt = 0;
  #since = 0;
  /** The page whose samples led to the last recording; and to the last one that no region came of. */
  #recordedPage = 0;
  #fruitless = 0;

  constructor(client: HotSpotsClient) {
    this.#client = client;
  }

  /** A slice has run to its end before this block; undefined if in a region. */
  sample(tb: Tb | undefined): void {
    const samples = this.#samples, page = tb === undefined ? 0 : tb.host >>> PAGE_BITS;
    samples[this.#sampleAt++ % POLICY.window] = page;
    if (page === 0 || this.recorder !== undefined) return;
    if (this.stats.ms > POLICY.share * this.#client.stats.runningMs) return;
    let count = 0;
    for (const sample of samples) if (sample === page) count++;
    if (count < (page === this.#fruitless ? POLICY.samplesAgain : POLICY.samples)) return;
    samples.fill(0);
    this.stats.recordings++;
    this.#recordedPage = page;
    this.#since = performance.now();
    this.recorder = new Recorder(POLICY.recording);
  }

  /** A block runs while there is a recorder. */
  record(tb: Tb): void {
    const recorder = this.recorder!;
    recorder.note(tb);
    if (recorder.left > 0) return;
    this.recorder = undefined;
    this.#fruitless = this.#makeRegions(recorder) > 0 ? 0 : this.#recordedPage;
    this.stats.ms += performance.now() - this.#since;
  }

  /** Makes regions of what a recording shows to run outside of any, the hottest first; returns how many. */
  #makeRegions(recorder: Recorder): number {
    const { compiler } = this.#client;
    const least = POLICY.recording * POLICY.coverage;
    const tried = new Set<Tb>();
    let made = 0;
    while (made < POLICY.regionsPerRecording) {
      let entry: Tb | undefined, most = least / 10;
      for (const [tb, count] of uncovered(recorder.trace)) {
        if (count >= most && tb.valid && !tried.has(tb)) [entry, most] = [tb, count];
      }
      if (entry === undefined) break;
      tried.add(entry);
      const growth = grow(recorder, entry);
      if (growth.covered < least) continue;
      const cold = growth.tbs.filter((tb) => tb.own === 0);
      const room = cold.length === 0 || this.#client.compile(cold);
      const region = room ? compiler.compileRegion(growth) : undefined;
      if (region === undefined) {
        this.#client.purge();
        break;
      }
      for (const tb of region.tbs) tb.regions = [...tb.regions, region];
      this.#client.setEntry(entry, region.index);
      made++;
    }
    return made;
  }

  /** A block has gone, and with it the regions that hold it. */
  drop(tb: Tb): void {
    for (const region of tb.regions) this.#dropRegion(region);
  }

  #dropRegion(region: Region): void {
    for (const tb of region.tbs) tb.regions = tb.regions.filter((other) => other !== region);
    this.#client.compiler.dropRegion(region);
    this.#client.setEntry(region.entry, region.entry.own);
  }
}
