/** Collects the figures of all runs and says what they come to. */
import type { EmulatorName } from "./emulators.ts";
import type { Figure, Group, Item, Sample, Unit } from "./items.ts";
import { geometricMean, median } from "./statistics.ts";

/** A kernel that the slower emulator takes less for says little: start and compile times dominate. */
const SHORTEST_MS = 500;

/** One figure over all runs. */
export interface Row {
  readonly group: Group;
  readonly name: string;
  readonly unit: Unit;
  /** Values in the order of the runs. */
  readonly emu: number[];
  /** Empty without QEMU. */
  readonly qemu: number[];
}

/** What a row comes to. */
export interface Summary {
  readonly emu: number;
  readonly qemu?: number;
  /** Ours by QEMU's, each run by the one beside it: middle, least and greatest. Below 1, ours is better. */
  readonly ratio?: { readonly middle: number; readonly least: number; readonly greatest: number };
}

/** The figures of all runs. */
export class Results {
  readonly rows: Row[] = [];
  /** Results that are wrong or not to be trusted, one line each. */
  readonly problems: string[] = [];
  /** Most memory that any run had, in bytes. */
  readonly peaks: Record<EmulatorName, number> = { emu: 0, qemu: 0 };
  readonly #checks = new Map<string, string>();

  add(item: Item, emulator: EmulatorName, { figures, check, peak }: Sample): void {
    for (const figure of figures) this.#row(figure)[emulator].push(figure.value);
    this.peaks[emulator] = Math.max(this.peaks[emulator], peak);
    if (check === undefined) return;
    const before = this.#checks.get(item.name);
    this.#checks.set(item.name, before ?? check);
    if (before !== undefined && before !== check) {
      this.problems.push(`${item.name}: WRONG: check is ${check} on ${emulator}, was ${before} before`);
    }
  }

  /** Whether all emulators computed the same. */
  get right(): boolean {
    return !this.problems.some((problem) => problem.includes("WRONG"));
  }

  /** Notes kernels that were too short to say much. */
  judge(kernels: readonly string[]): void {
    for (const { name, emu, qemu } of this.rows) {
      if (!kernels.includes(name)) continue;
      const slower = Math.max(median(emu), qemu.length > 0 ? median(qemu) : 0);
      if (slower < SHORTEST_MS) {
        this.problems.push(`${name}: too short: the slower took ${Math.round(slower)} ms; raise its scale`);
      }
    }
  }

  /** Geometric mean of a group's ratios, or undefined if there are none. */
  mean(group: Group): number | undefined {
    const ratios = this.rows.filter((row) => row.group === group).map((row) => summary(row).ratio?.middle);
    const known = ratios.filter((ratio) => ratio !== undefined);
    return known.length > 0 ? geometricMean(known) : undefined;
  }

  #row({ name, group, unit }: Figure): Row {
    const known = this.rows.find((row) => row.name === name);
    if (known !== undefined) return known;
    const row: Row = { group, name, unit, emu: [], qemu: [] };
    this.rows.push(row);
    return row;
  }
}

/** What a row comes to. */
export function summary({ emu, qemu }: Row): Summary {
  if (qemu.length === 0) return { emu: median(emu) };
  const ratios = emu.slice(0, qemu.length).map((value, i) => value / qemu[i]);
  return {
    emu: median(emu),
    qemu: median(qemu),
    ratio: { middle: median(ratios), least: Math.min(...ratios), greatest: Math.max(...ratios) },
  };
}
