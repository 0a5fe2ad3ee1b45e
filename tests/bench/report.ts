/** The results as a table. */
import type { Group, Unit } from "./items.ts";
import { type Results, summary } from "./results.ts";
import type { StartUp } from "./start_up.ts";

const GROUPS: readonly Group[] = ["whole process", "compute", "float", "system", "device access"];
/** Groups whose figures are of one kind, so that a mean of them means something. */
const WITH_MEAN: readonly Group[] = ["compute", "float", "system", "device access"];
const WIDTHS = { name: 24, value: 12, ratio: 11 };

/** The table: a line for each figure, then what is to be said about them. */
export function table(results: Results, startUp?: StartUp): string {
  const lines = [line(["", "Emu", "QEMU", "Emu/QEMU", "least – greatest"])];
  for (const group of GROUPS) {
    const rows = results.rows.filter((row) => row.group === group);
    if (rows.length === 0) continue;
    lines.push("", group);
    for (const row of rows) {
      const { emu, qemu, ratio } = summary(row);
      lines.push(line([
        row.name,
        quantity(emu, row.unit),
        qemu === undefined ? "–" : quantity(qemu, row.unit),
        ratio === undefined ? "" : ratio.middle.toFixed(2),
        ratio === undefined || row.emu.length < 2
          ? ""
          : `${ratio.least.toFixed(2)} – ${ratio.greatest.toFixed(2)}`,
      ]));
    }
    const mean = WITH_MEAN.includes(group) && rows.length > 1 ? results.mean(group) : undefined;
    if (mean !== undefined) lines.push(line(["geometric mean", "", "", mean.toFixed(2), ""]));
  }
  const { emu, qemu } = results.peaks;
  if (emu > 0) {
    const of = qemu > 0 ? [quantity(qemu, "memory"), (emu / qemu).toFixed(2)] : ["–", ""];
    lines.push("", "all runs", line(["peak memory, any run", quantity(emu, "memory"), ...of, ""]));
  }
  if (startUp !== undefined) {
    const { version, bare } = startUp;
    lines.push("", "start-up, without a machine");
    lines.push(line(["emu.ts --version", quantity(version, "ms")]));
    lines.push(line(["deno run, empty file", quantity(bare, "ms")]));
    lines.push(line(["difference", quantity(version - bare, "ms")]));
  }
  if (results.problems.length > 0) lines.push("", ...results.problems);
  return lines.join("\n");
}

function line([name, emu, qemu = "", ratio = "", spread = ""]: readonly string[]): string {
  const columns = [
    name.padEnd(WIDTHS.name),
    emu.padStart(WIDTHS.value),
    qemu.padStart(WIDTHS.value),
    ratio.padStart(WIDTHS.ratio),
    "  ",
    spread,
  ];
  return columns.join("").trimEnd();
}

/** A value with its unit, in three or four digits. */
export function quantity(value: number, unit: Unit): string {
  if (unit === "memory") return `${Math.round(value / 2 ** 20)} MiB`;
  if (unit === "ms" && value >= 1000) return `${(value / 1000).toFixed(2)} s`;
  return `${value < 100 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
