import type { DeviceContext } from "../device/device.ts";

/** A chip on an SPI bus: what a device plugin of bus "spi" gives as its `bus`. */
export interface SpiTarget {
  /** Which of the controller's chip selects is its own; undefined: none, a line of its own selects it. */
  readonly chipSelect: number | undefined;
  /** The chip select's state; what goes by while it is not selected is not its own. */
  select(active: boolean): void;
  /**
   * Exchanges a word of so many bits (1 to 32), most significant first: takes the controller's, gives its own. All ones
   * while it is not selected: nobody drives the line then.
   */
  transfer(word: number, bits: number): number;
}

/** A bus as its controller sees it. */
export interface SpiBus {
  /** Selects the chips of a chip select; -1: none. */
  select(chipSelect: number): void;
  /** Exchanges a word with whoever is selected. */
  transfer(word: number, bits: number): number;
}

/**
 * The bus of the chips that are plugged into a controller.
 *
 * @throws {Error} when two chips have the same chip select.
 */
export function spiBus(context: Pick<DeviceContext, "children">): SpiBus {
  const targets = context.children<SpiTarget>("spi");
  const names = new Map<number, string>();
  for (const { name, device: { chipSelect } } of targets) {
    if (chipSelect === undefined) continue;
    const other = names.get(chipSelect);
    if (other !== undefined) {
      throw new Error(
        `both "${other}" and "${name}" have chip select ${chipSelect}; give one of them another select=…`,
      );
    }
    names.set(chipSelect, name);
  }
  const chips = targets.map(({ device }) => device);

  return {
    select(chipSelect) {
      for (const chip of chips) {
        if (chip.chipSelect !== undefined) chip.select(chip.chipSelect === chipSelect);
      }
    },
    transfer(word, bits) {
      let answer = bits === 32 ? 0xffff_ffff : (1 << bits) - 1;
      for (const chip of chips) answer &= chip.transfer(word, bits);
      return answer >>> 0;
    },
  };
}
