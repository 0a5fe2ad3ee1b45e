import type {
  DeviceRig,
  I2cTarget,
  InputEvent,
  OneWireTarget,
  Ps2Device,
  SdCard,
  SpiTarget,
} from "@emu/core";
import type { Random } from "../prng.ts";
import type { Subject } from "./device_subject.ts";

/** Does random things to a device, as guest, user, network and time do. */
export class Poker {
  readonly #subject: Subject;
  readonly #random: Random;
  /** Offsets of words that answer without a complaint. */
  readonly #known: number[] = [];

  constructor(subject: Subject, random: Random) {
    this.#subject = subject;
    this.#random = random;
    const { rig, device, window } = subject;
    for (let offset = 0; offset < Math.min(window, 0x1000); offset += 4) {
      const before = rig.log.length;
      device.read(offset, 4);
      if (rig.log.length === before) this.#known.push(offset);
    }
    rig.log.length = 0;
    subject.reset();
  }

  /** One random deed, told in words. */
  deed(): string {
    const random = this.#random, { rigs, window } = this.#subject;
    const what = random.below(16);
    if (what < 2) return this.#time();
    const rig = random.pick(rigs);
    if (what < 5) return outside(rig, random) ?? this.#time();
    if (window > 0) return this.#access();
    const { bus } = this.#subject.plugin.manifest;
    const poke = bus === undefined ? undefined : BUSES[bus];
    if (poke === undefined) throw new Error(`Cannot poke bus "${bus}": ${import.meta.url} does not know how`);
    return poke(this.#subject.device.bus, random);
  }

  #time(): string {
    // Mostly what accesses are apart, now and then a second: timers may tick every few nanoseconds.
    const random = this.#random, nanoseconds = random.oneIn(2048) ? 1e9 : random.below(10 ** random.below(7));
    this.#subject.advance(nanoseconds);
    return `${nanoseconds} ns pass`;
  }

  #access(): string {
    const random = this.#random, { device, window } = this.#subject;
    const size = 1 << random.below(3);
    const base = this.#known.length > 0 && !random.oneIn(4) ? random.pick(this.#known) : random.below(window);
    const offset = Math.min(base + (random.oneIn(4) ? random.below(4) : 0), window - 1) & -size;
    if (random.oneIn(2)) {
      const value = device.read(offset, size);
      checkRange(value, size, offset);
      return `read of ${size} at 0x${offset.toString(16)}: 0x${value.toString(16)}`;
    }
    const value = (random.word() & (size === 4 ? -1 : (1 << 8 * size) - 1)) >>> 0;
    device.write(offset, size, value);
    return `write of ${size} at 0x${offset.toString(16)}: 0x${value.toString(16)}`;
  }
}

/** Throws unless a value that a device gave for an access fits its width. */
export function checkRange(value: number, size: number, offset: number): void {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** (8 * size)) return;
  throw new Error(`read of ${size} bytes at 0x${offset.toString(16)} gave ${value}`);
}

/** Something from outside, if the device has a way for it in. */
function outside(rig: DeviceRig, random: Random): string | undefined {
  const inputs = Object.entries(rig.device.inputs ?? {});
  switch (random.below(4)) {
    case 0: {
      if (inputs.length === 0) return undefined;
      const [name, line] = random.pick(inputs), level = random.oneIn(2);
      line(level);
      return `input ${name} goes ${level ? "high" : "low"}`;
    }
    case 1: {
      if (rig.receiver === undefined) return undefined;
      if (rig.receiver.break !== undefined && random.oneIn(8)) {
        rig.receiver.break();
        return "a break";
      }
      const bytes = random.bytes(random.below(8));
      return `${rig.type(bytes)} bytes typed`;
    }
    case 2: {
      if (rig.nic === undefined) return undefined;
      const frame = random.bytes(random.oneIn(8) ? random.below(2000) : 60 + random.below(200));
      if (random.oneIn(2)) frame.fill(0xff, 0, 6);
      // A network asks first; a device must bear it if one does not.
      if (!rig.nic.canReceive() && !random.oneIn(4)) return undefined;
      rig.nic.receive(frame);
      return `a frame of ${frame.length} bytes`;
    }
    default: {
      if (rig.display !== undefined && random.oneIn(64)) {
        const picture = rig.display.render();
        if (picture && picture.pixels.length !== 4 * picture.width * picture.height) {
          throw new Error(
            `picture of ${picture.width} × ${picture.height} has ${picture.pixels.length} bytes`,
          );
        }
        return "a look at the display";
      }
      const event = inputEvent(random);
      rig.input(event);
      return JSON.stringify(event);
    }
  }
}

const KEYS = ["KeyA", "ShiftLeft", "ArrowUp", "Pause", "PrintScreen", "NumpadEnter", "F12", "NoSuchKey"];

function inputEvent(random: Random): InputEvent {
  const move = () => random.below(2000) - 1000;
  return random.oneIn(2)
    ? { kind: "key", code: random.pick(KEYS), down: random.oneIn(2) }
    : { kind: "pointer", dx: move(), dy: move(), wheel: random.below(9) - 4, buttons: random.below(8) };
}

/** How devices behind a bus are poked, by the bus's name. */
const BUSES: Readonly<Record<string, (bus: unknown, random: Random) => string>> = {
  ps2: (bus, random) => pokePs2(bus as Ps2Device, random),
  sd: (bus, random) => pokeSd(bus as SdCard, random),
  spi: (bus, random) => pokeSpi(bus as SpiTarget, random),
  "1-wire": (bus, random) => pokeOneWire(bus as OneWireTarget, random),
  i2c: (bus, random) => pokeI2c(bus as I2cTarget, random),
};

/** Instructions that serial memories know, so that not all is noise. */
const SPI_BYTES = [0x01, 0x02, 0x03, 0x05, 0x06, 0x0b, 0x20, 0x9f, 0xab, 0xb9, 0xc7, 0xd8, 0];

function pokeSpi(chip: SpiTarget, random: Random): string {
  if (random.oneIn(5)) {
    const active = random.oneIn(2);
    chip.select(active);
    return active ? "selected" : "deselected";
  }
  const bits = random.oneIn(4) ? 1 + random.below(32) : 8;
  const word = bits === 8 && random.oneIn(2) ? random.pick(SPI_BYTES) : random.word() >>> 32 - bits;
  const answer = chip.transfer(word, bits);
  if (!Number.isInteger(answer) || answer < 0 || answer >= 2 ** bits) {
    throw new Error(`transfer gave ${answer}`);
  }
  return `0x${word.toString(16)} of ${bits} bits: 0x${answer.toString(16)}`;
}

/** ROM and function commands of thermometers. */
const ONE_WIRE_BYTES = [0x33, 0x44, 0x48, 0x4e, 0x55, 0xb4, 0xb8, 0xbe, 0xcc, 0xcc, 0xcc, 0xec, 0xf0];

function pokeOneWire(chip: OneWireTarget, random: Random): string {
  if (random.oneIn(6)) return `reset: ${chip.reset()}`;
  const byte = random.oneIn(2) ? random.pick(ONE_WIRE_BYTES) : random.below(256);
  const count = random.oneIn(4) ? random.below(9) : 8;
  for (let i = 0; i < count; i++) {
    const level = chip.slot(byte >> i & 1);
    if (level !== 0 && level !== 1) throw new Error(`slot gave ${level}`);
  }
  return `${count} slots of 0x${byte.toString(16)}`;
}

function pokeI2c(chip: I2cTarget, random: Random): string {
  switch (random.below(8)) {
    case 0:
    case 1: {
      const address = random.pick(chip.addresses), reading = random.oneIn(2);
      return `START 0x${address.toString(16)} ${reading ? "read" : "write"}: ${chip.start(address, reading)}`;
    }
    case 2:
      chip.stop();
      return "STOP";
    case 3:
    case 4: {
      const byte = chip.read();
      checkRange(byte, 1, 0);
      return `controller takes 0x${byte.toString(16)}`;
    }
    default: {
      const byte = random.oneIn(2) ? random.below(8) : random.below(256);
      return `controller sends 0x${byte.toString(16)}: ${chip.write(byte)}`;
    }
  }
}

function pokePs2(device: Ps2Device, random: Random): string {
  if (random.oneIn(3)) {
    // Commands are the values above those that arguments have.
    const byte = random.oneIn(3) ? random.below(256) : 0xe0 + random.below(32);
    device.write(byte);
    return `host sends 0x${byte.toString(16)}`;
  }
  const pending = device.pending(), byte = device.read();
  if (pending !== (byte !== undefined)) throw new Error(`pending() is ${pending}, read() is ${byte}`);
  if (byte !== undefined) checkRange(byte, 1, 0);
  return `host takes ${byte}`;
}

/** From power-on to the transfer state: CMD0, CMD8, ACMD41, CMD2, CMD3, CMD7 (Physical Layer, figure 4-1 and 4-2). */
function startCard(card: SdCard): string {
  card.command(0, 0);
  card.command(8, 0x1aa);
  card.command(55, 0);
  card.command(41, 0x40ff_8000);
  card.command(2, 0);
  const address = card.command(3, 0)?.bytes ?? [0, 0];
  card.command(7, (address[0] << 24 | address[1] << 16) >>> 0);
  return "the card is brought into its transfer state";
}

function pokeSd(card: SdCard, random: Random): string {
  switch (random.below(12)) {
    case 0:
      return startCard(card);
    case 1:
    case 2: {
      const into = new Uint8Array(random.below(700)), count = card.read(into);
      if (!Number.isInteger(count) || count < 0 || count > into.length) {
        throw new Error(`read() gave ${count}`);
      }
      return `host takes ${count} bytes`;
    }
    case 3:
    case 4: {
      const from = random.bytes(random.below(700)), count = card.write(from);
      if (!Number.isInteger(count) || count < 0 || count > from.length) {
        throw new Error(`write() gave ${count}`);
      }
      return `host gives ${count} bytes`;
    }
    default: {
      const index = random.below(64);
      const argument = random.oneIn(2) ? random.word() : 512 * random.below(16);
      const { bytes } = card.command(index, argument) ?? {};
      if (bytes && bytes.length !== 4 && bytes.length !== 16) {
        throw new Error(`response of ${bytes.length} bytes`);
      }
      return `CMD${index} 0x${argument.toString(16)}`;
    }
  }
}
