import {
  createImage,
  defineDevice,
  registerDevice,
  spiBytes,
  spiBytesState,
  type SpiTarget,
} from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };
import { erase, erasedSectors, PAGE, program, put, readCell, SECTOR, sectorAt } from "./sectors.ts";

const CMD = {
  WRITE_STATUS: 0x01,
  PAGE_PROGRAM: 0x02,
  READ: 0x03,
  WRITE_DISABLE: 0x04,
  READ_STATUS: 0x05,
  WRITE_ENABLE: 0x06,
  FAST_READ: 0x0b,
  SECTOR_ERASE: 0x20,
  READ_STATUS_2: 0x35,
  UNIQUE_ID: 0x4b,
  BLOCK_ERASE_32K: 0x52,
  CHIP_ERASE_2: 0x60,
  ENABLE_RESET: 0x66,
  MANUFACTURER_ID: 0x90,
  RESET: 0x99,
  JEDEC_ID: 0x9f,
  RELEASE_POWER_DOWN: 0xab,
  POWER_DOWN: 0xb9,
  CHIP_ERASE: 0xc7,
  BLOCK_ERASE_64K: 0xd8,
} as const;
/** Bits of status register 1. BP2 to BP0, TB and SEC say what is protected; SRP0 locks the register while /WP is low. */
const STATUS = {
  BUSY: 1 << 0,
  WEL: 1 << 1,
  BP: { shift: 2, mask: 7 },
  TB: 1 << 5,
  SEC: 1 << 6,
  SRP0: 1 << 7,
  WRITABLE: 0xfc,
} as const;
const MANUFACTURER = 0xef;
/** Bytes, and the last byte of the JEDEC identification. */
const MODELS: Readonly<Record<string, readonly [size: number, capacity: number]>> = {
  w25q80: [1 << 20, 0x14],
  w25q16: [1 << 21, 0x15],
  w25q32: [1 << 22, 0x16],
  w25q64: [1 << 23, 0x17],
  w25q128: [1 << 24, 0x18],
};
const UNIQUE_ID = [0x45, 0x4d, 0x55, 0x32, 0x35, 0x51, 0x00, 0x01];
const KIB = 1024, MILLISECOND = 1e6;
/** Typical times (W25Q16DV, 9.6). */
const TIME = {
  PROGRAM: 0.7 * MILLISECOND,
  SECTOR: 45 * MILLISECOND,
  BLOCK_32K: 120 * MILLISECOND,
  BLOCK_64K: 150 * MILLISECOND,
  STATUS: 10 * MILLISECOND,
} as const;
/** What an erase erases, and how long it takes. */
const ERASES: Readonly<Record<number, readonly [length: number, time: number]>> = {
  [CMD.SECTOR_ERASE]: [SECTOR, TIME.SECTOR],
  [CMD.BLOCK_ERASE_32K]: [32 * KIB, TIME.BLOCK_32K],
  [CMD.BLOCK_ERASE_64K]: [64 * KIB, TIME.BLOCK_64K],
};

/**
 * Serial NOR flash (Winbond W25Q80 to W25Q128 data sheets, standard SPI). A command takes effect when the chip is
 * deselected after its last byte; while an erase or program is under way only the status can be read. `wp` is the
 * pin /WP, high where a board does not connect it; `cs` the pin /CS, where `select` is -1.
 */
export default defineDevice(manifest, {
  size: 0,
  inputs: ["wp", "cs"],
  traces: { changed: { command: "hex", address: "hex", length: "number" } },
  create(context) {
    const { clock, log, properties: { model, select } } = context;
    const [size, capacity] = MODELS[model];
    const block = context.block(context.properties.block);
    const s = {
      ...spiBytesState(),
      sectors: erasedSectors(size),
      /** The bits of the status register that are not volatile. */
      protection: 0,
      writeEnabled: false,
      resetEnabled: false,
      poweredDown: false,
      /** Virtual time at which the current program or erase ends. */
      ready: 0,
      wp: true,
      /** -1: the next byte is one. */
      command: -1,
      /** Bytes since the command. */
      count: 0,
      address: 0,
      latches: new Uint8Array(PAGE).fill(0xff),
      /** What was written to the status register. */
      value: 0,
    };
    const image = createImage({
      block,
      readOnly: block?.readOnly ?? false,
      size,
      page: SECTOR,
      content: (at, until) => contentOf(at, until),
      load: (at, piece) => put(s.sectors, at, piece),
      log,
    });

    const bytes = spiBytes({
      state: () => s,
      begin() {
        s.command = -1;
        s.count = s.address = 0;
        return 0xff;
      },
      byte(byte) {
        if (s.command < 0) {
          s.command = accepted(byte) ? byte : 0;
          if (byte === CMD.PAGE_PROGRAM) s.latches.fill(0xff);
          return answer();
        }
        take(byte);
        s.count = Math.min(s.count + 1, 0xffff_ffff);
        return answer();
      },
      end: (whole) => {
        if (whole && s.command > 0) complete();
        s.command = -1;
      },
    });
    const bus: SpiTarget = { ...bytes, chipSelect: select < 0 ? undefined : select };

    function busy(): boolean {
      return clock.now() < s.ready;
    }

    /** What the chip listens to: while it is busy or asleep only one thing. */
    function accepted(command: number): boolean {
      if (s.poweredDown) return command === CMD.RELEASE_POWER_DOWN;
      if (busy()) return command === CMD.READ_STATUS || command === CMD.READ_STATUS_2;
      if (!(Object.values(CMD) as number[]).includes(command)) {
        log.unimplemented(`command 0x${command.toString(16).padStart(2, "0")}`);
      }
      return true;
    }

    /** A byte after the command's. */
    function take(byte: number): void {
      const { command, count } = s;
      if (command === CMD.WRITE_STATUS) {
        if (count === 0) s.value = byte;
      } else if (count < 3) s.address = (s.address << 8 | byte) & size - 1;
      else if (command === CMD.PAGE_PROGRAM) {
        s.latches[s.address & PAGE - 1] = byte;
        s.address = s.address & ~(PAGE - 1) | s.address + 1 & PAGE - 1;
      }
    }

    /** The byte that goes out next. */
    function answer(): number {
      const { command, count } = s;
      switch (command) {
        case CMD.READ_STATUS:
          return status();
        case CMD.READ_STATUS_2:
          return 0;
        case CMD.JEDEC_ID:
          return [MANUFACTURER, 0x40, capacity][count % 3];
        case CMD.MANUFACTURER_ID:
          return count < 3 ? 0xff : (count + s.address) % 2 ? MANUFACTURER : capacity - 1;
        case CMD.RELEASE_POWER_DOWN:
          return count < 3 ? 0xff : capacity - 1;
        case CMD.UNIQUE_ID:
          return count < 4 ? 0xff : UNIQUE_ID[(count - 4) % UNIQUE_ID.length];
        case CMD.READ:
          return count < 3 ? 0xff : next();
        case CMD.FAST_READ:
          return count < 4 ? 0xff : next();
        default:
          return 0xff;
      }
    }

    function next(): number {
      const byte = readCell(s.sectors, s.address);
      s.address = s.address + 1 & size - 1;
      return byte;
    }

    function status(): number {
      return s.protection | (busy() ? STATUS.BUSY : 0) | (s.writeEnabled ? STATUS.WEL : 0);
    }

    /** The chip was deselected after a whole command. */
    function complete(): void {
      const { command, count } = s, wasResetEnabled = s.resetEnabled;
      s.resetEnabled = false;
      switch (command) {
        case CMD.WRITE_ENABLE:
        case CMD.WRITE_DISABLE:
          s.writeEnabled = command === CMD.WRITE_ENABLE;
          break;
        case CMD.WRITE_STATUS:
          if (count > 0) writeStatus();
          break;
        case CMD.PAGE_PROGRAM:
          if (count > 3 && mayChange(s.address & ~(PAGE - 1), PAGE)) {
            const page = s.address & ~(PAGE - 1);
            program(s.sectors, page, s.latches);
            changed(page, PAGE, TIME.PROGRAM);
          }
          break;
        case CMD.SECTOR_ERASE:
        case CMD.BLOCK_ERASE_32K:
        case CMD.BLOCK_ERASE_64K:
          if (count === 3) eraseAt(...ERASES[command]);
          break;
        case CMD.CHIP_ERASE:
        case CMD.CHIP_ERASE_2:
          if (count === 0 && mayChange(0, size)) {
            erase(s.sectors, 0, size);
            changed(0, size, size / (64 * KIB) * TIME.BLOCK_64K);
          }
          break;
        case CMD.POWER_DOWN:
          s.poweredDown = true;
          break;
        case CMD.RELEASE_POWER_DOWN:
          s.poweredDown = false;
          break;
        case CMD.ENABLE_RESET:
          s.resetEnabled = true;
          break;
        case CMD.RESET:
          if (wasResetEnabled) s.writeEnabled = false;
      }
    }

    function writeStatus(): void {
      if (!s.writeEnabled) return log.guestError("status written without write enable");
      s.writeEnabled = false;
      if (s.protection & STATUS.SRP0 && !s.wp) return log.guestError("status written while /WP locks it");
      s.protection = s.value & STATUS.WRITABLE;
      s.ready = clock.now() + TIME.STATUS;
    }

    function eraseAt(length: number, time: number): void {
      const at = s.address & ~(length - 1);
      if (!mayChange(at, length)) return;
      erase(s.sectors, at, length);
      changed(at, length, time);
    }

    function changed(at: number, length: number, time: number): void {
      s.writeEnabled = false;
      s.ready = clock.now() + time;
      context.trace.changed?.({ command: s.command, address: at, length });
      image.changed(at, length);
    }

    function mayChange(at: number, length: number): boolean {
      if (!s.writeEnabled) {
        log.guestError("program or erase without write enable");
        return false;
      }
      const [first, end] = protectedRange();
      if (at >= end || at + length <= first) return true;
      s.writeEnabled = false;
      log.guestError(`program or erase of what is protected, at 0x${at.toString(16)}`);
      return false;
    }

    /** W25Q data sheets, status register memory protection: from the top, or with TB from the bottom. */
    function protectedRange(): readonly [first: number, end: number] {
      const level = s.protection >> STATUS.BP.shift & STATUS.BP.mask;
      if (level === 0) return [0, 0];
      const unit = Math.max(64 * KIB, size / 64);
      const length = level === 7
        ? size
        : s.protection & STATUS.SEC
        ? Math.min(32 * KIB, SECTOR << level - 1)
        : Math.min(size, unit << level - 1);
      return s.protection & STATUS.TB ? [0, length] : [size - length, size];
    }

    function contentOf(at: number, until: number): Uint8Array {
      const content = new Uint8Array(until - at);
      for (let done = 0; done < content.length; done += SECTOR) {
        content.set(sectorAt(s.sectors, at + done).subarray(0, content.length - done), done);
      }
      return content;
    }

    return {
      ...registerDevice(context, {
        state: s,
        registers: {},
        // The chip has no reset pin.
        keeps: { cold: ["sectors", "protection"], warm: "all" },
        onRestore() {
          image.supersede();
          image.changed(0, size);
        },
      }),
      ready: () => image.loaded,
      dispose: image.finish,
      inputs: {
        wp: (level) => void (s.wp = level),
        cs: (level) => {
          if (select < 0) bytes.select(!level);
        },
      },
      bus,
    };
  },
});
