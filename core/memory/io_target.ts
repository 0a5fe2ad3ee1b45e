import type { Device } from "../device/device.ts";

/** Told of a mistake of a device's code (not of the guest's). */
export type ReportFault = (device: string, error: unknown) => void;

/**
 * A device as the bus sees it. Splits accesses that are not aligned, stops a device from entering itself through
 * its own DMA, and keeps a device that throws from taking the machine with it.
 */
export class IoTarget {
  readonly name: string;
  /** Sees each access that reached the device, with what was read or written. */
  observe: ((write: boolean, offset: number, size: number, value: number) => void) | undefined;
  readonly #device: Pick<Device, "read" | "write">;
  readonly #report: ReportFault;
  #busy = false;

  constructor(name: string, device: Pick<Device, "read" | "write">, report: ReportFault) {
    this.name = name;
    this.#device = device;
    this.#report = report;
  }

  /** Reads 1, 2 or 4 bytes, little-endian, unsigned. */
  read(offset: number, size: number): number {
    if ((offset & (size - 1)) !== 0) {
      let value = 0;
      for (let i = 0; i < size; i++) value += this.read(offset + i, 1) * 2 ** (8 * i);
      return value;
    }
    if (this.#busy) return 0;
    this.#busy = true;
    try {
      const value = this.#device.read(offset, size);
      this.observe?.(false, offset, size, value);
      return value;
    } catch (error) {
      this.#report(this.name, error);
      return 0;
    } finally {
      this.#busy = false;
    }
  }

  write(offset: number, size: number, value: number): void {
    if ((offset & (size - 1)) !== 0) {
      for (let i = 0; i < size; i++) this.write(offset + i, 1, value >>> (8 * i) & 0xff);
      return;
    }
    if (this.#busy) return;
    this.#busy = true;
    try {
      this.#device.write(offset, size, value);
      this.observe?.(true, offset, size, value);
    } catch (error) {
      this.#report(this.name, error);
    } finally {
      this.#busy = false;
    }
  }
}
