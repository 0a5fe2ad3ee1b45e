import type { Emu } from "@emu/core";

/** An address as users write it: a number or a symbol. */
export function addressOf(emu: Emu, text: string): number {
  const address = /^\d/.test(text) ? Number(text) : emu.findSymbol(text);
  if (address !== undefined && Number.isSafeInteger(address)) return address;
  throw new Error(`Cannot find address "${text}": it is no number, and no symbol of --symbols`);
}
