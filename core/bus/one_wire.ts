import type { DeviceContext } from "../device/device.ts";

/**
 * 1-Wire (Maxim application note 126 and 187): resets and time slots, whatever makes them. Chips that have a ROM code
 * are made with `oneWireRom`.
 *
 * @module
 */

/** A chip on a 1-Wire bus: what a device plugin of bus "1-wire" gives as its `bus`. */
export interface OneWireTarget {
  /** Its 64-bit ROM code, the family code first. */
  readonly rom: Uint8Array;
  /** A reset pulse; whether a presence pulse answers it. */
  reset(): boolean;
  /**
   * A time slot: the master writes a 0 (a long low), or a 1, which is also how it reads. Gives 0 if the chip holds the
   * line low, else 1.
   */
  slot(bit: number): number;
}

/** A bus as its master sees it: the wired AND of all chips. */
export type OneWireBus = Omit<OneWireTarget, "rom">;

/**
 * The bus of the chips that are plugged into a master.
 *
 * @throws {Error} when two chips have the same ROM code.
 */
export function oneWireBus(context: Pick<DeviceContext, "children">): OneWireBus {
  const targets = context.children<OneWireTarget>("1-wire");
  const names = new Map<string, string>();
  for (const { name, device: { rom } } of targets) {
    const code = [...rom].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const other = names.get(code);
    if (other !== undefined) {
      throw new Error(
        `both "${other}" and "${name}" have ROM code ${code}; give one of them another serial=…`,
      );
    }
    names.set(code, name);
  }
  const chips = targets.map(({ device }) => device);

  return {
    reset() {
      let present = false;
      for (const chip of chips) present = chip.reset() || present;
      return present;
    },
    slot(bit) {
      let level = bit;
      for (const chip of chips) level &= chip.slot(bit);
      return level;
    },
  };
}

/** CRC-8 of 1-Wire (x⁸ + x⁵ + x⁴ + 1, least significant bit first; application note 27). */
export function oneWireCrc(bytes: Iterable<number>): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? crc >> 1 ^ 0x8c : crc >> 1;
  }
  return crc;
}
