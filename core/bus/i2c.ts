import type { DeviceContext } from "../device/device.ts";

/**
 * I²C (NXP UM10204): the bytes of transfers, whatever clocks them. A chip is an `I2cTarget`; a controller that works
 * by bytes uses `i2cBus`, one whose lines software moves uses `i2cLines` on top of it.
 *
 * @module
 */

/** A chip on an I²C bus: what a device plugin of bus "i2c" gives as its `bus`. */
export interface I2cTarget {
  /** The 7-bit addresses that it answers to. */
  readonly addresses: readonly number[];
  /** A START, or repeated START, with one of its addresses; whether it acknowledges. */
  start(address: number, reading: boolean): boolean;
  /** The controller sends a byte; whether it acknowledges. */
  write(byte: number): boolean;
  /** The controller takes a byte. */
  read(): number;
  /** The transfer is over. Not called between a START and a repeated one to the same chip. */
  stop(): void;
}

/** Who is being talked to: part of a controller's state. */
export interface I2cBusState {
  /** 7-bit address; -1: nobody that answers. */
  address: number;
}

/** State of a bus at rest. */
export function i2cBusState(): I2cBusState {
  return { address: -1 };
}

/** A bus as its controller sees it. */
export interface I2cBus {
  /** A START, or repeated START; whether somebody acknowledges. */
  start(address: number, reading: boolean): boolean;
  /** Sends a byte; whether it is acknowledged. */
  write(byte: number): boolean;
  /** Takes a byte: 0xff if nobody sends. */
  read(): number;
  /** Ends the transfer. */
  stop(): void;
}

/**
 * The bus of the chips that are plugged into a controller. `state` gives its part of the controller's state, asked for
 * at each use.
 *
 * @throws {Error} when two chips answer to one address.
 */
export function i2cBus(context: Pick<DeviceContext, "children">, state: () => I2cBusState): I2cBus {
  const targets = new Map<number, { readonly name: string; readonly device: I2cTarget }>();
  for (const target of context.children<I2cTarget>("i2c")) {
    for (const address of target.device.addresses) {
      const other = targets.get(address);
      if (other) {
        throw new Error(
          `both "${other.name}" and "${target.name}" answer to address 0x${
            address.toString(16)
          }; give one of them another address=…`,
        );
      }
      targets.set(address, target);
    }
  }
  const current = () => targets.get(state().address)?.device;

  function stop(): void {
    current()?.stop();
    state().address = -1;
  }

  return {
    start(address, reading) {
      const target = targets.get(address)?.device;
      if (current() !== target) stop();
      const there = target?.start(address, reading) ?? false;
      state().address = there ? address : -1;
      return there;
    },
    write: (byte) => current()?.write(byte & 0xff) ?? false,
    read: () => (current()?.read() ?? 0xff) & 0xff,
    stop,
  };
}
