import { KEYS } from "./scan_codes.ts";

/** Which of the keys that change others' codes are down. */
export interface Modifiers {
  readonly shift: boolean;
  readonly control: boolean;
  readonly alt: boolean;
}

/** The bytes that a key sends when it goes down, or up; none where it has no code. */
export function sequence(name: string, { set, down, ...modifiers }: Modifiers & {
  readonly set: number;
  readonly down: boolean;
}): readonly number[] {
  if (set === 3) return plain(KEYS[name][2], { set, down });
  const index = set === 1 ? 0 : 1;
  if (name === "Pause") return down ? PAUSE[index][modifiers.control ? "control" : "alone"] : [];
  if (name === "PrintScreen") return printScreen({ index, down, ...modifiers });
  return plain(KEYS[name][index], { set, down });
}

function plain(code: number, { set, down }: { set: number; down: boolean }): number[] {
  if (code === 0) return [];
  const prefix = code > 0xff ? [code >> 8] : [];
  if (down) return [...prefix, code & 0xff];
  return set === 1 ? [...prefix, code & 0xff | 0x80] : [...prefix, 0xf0, code & 0xff];
}

/** Pause says that it goes up as soon as it goes down; with Control it is Break, a key of its own. */
const PAUSE = [
  { alone: [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5], control: [0xe0, 0x46, 0xe0, 0xc6] },
  { alone: [0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77], control: [0xe0, 0x7e, 0xe0, 0xf0, 0x7e] },
] as const;

/** With Alt the key is SysRq; without Shift or Control it brings a shift of its own, as on the 84-key keyboard. */
function printScreen(how: Modifiers & { index: number; down: boolean }): number[] {
  const { index, down, alt, shift, control } = how;
  const set = index + 1;
  if (alt) return plain([0x54, 0x84][index], { set, down });
  const print = plain([0xe037, 0xe07c][index], { set, down });
  if (shift || control) return print;
  const fake = plain([0xe02a, 0xe012][index], { set, down });
  return down ? [...fake, ...print] : [...print, ...fake];
}
