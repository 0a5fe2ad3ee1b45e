import {
  defineDevice,
  identity,
  NEVER,
  registerDevice,
  type RegisterTable,
  type SdCard,
  stored,
} from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };
import { Fifo } from "./fifo.ts";

const CLOCK = { BYPASS: 1 << 10 } as const;
const CMD = {
  INDEX: 0x3f,
  RESPONSE: 1 << 6,
  LONGRSP: 1 << 7,
  INTERRUPT: 1 << 8,
  PENDING: 1 << 9,
  ENABLE: 1 << 10,
};
const DATA = { ENABLE: 1 << 0, DIRECTION: 1 << 1, MODE: 1 << 2 } as const;
const STATUS = {
  CMDTIMEOUT: 1 << 2,
  DATATIMEOUT: 1 << 3,
  CMDRESPEND: 1 << 6,
  CMDSENT: 1 << 7,
  DATAEND: 1 << 8,
  DATABLOCKEND: 1 << 10,
  CMDACTIVE: 1 << 11,
  TXACTIVE: 1 << 12,
  RXACTIVE: 1 << 13,
  TXFIFOHALFEMPTY: 1 << 14,
  RXFIFOHALFFULL: 1 << 15,
  TXFIFOFULL: 1 << 16,
  RXFIFOFULL: 1 << 17,
  TXFIFOEMPTY: 1 << 18,
  RXFIFOEMPTY: 1 << 19,
  TXDATAAVLBL: 1 << 20,
  RXDATAAVLBL: 1 << 21,
} as const;
const STATIC = 0x7ff, ALL = 0x3f_ffff;
const HALF = 32;
/** Room for what passes at once, by its length: data ports are too busy to make views for each word. */
const PIECES = Array.from({ length: 65 }, (_, length) => new Uint8Array(length));

/** Arm PrimeCell multimedia card interface (DDI 0205). */
export default defineDevice(manifest, {
  size: 0x1000,
  hosts: { bus: "sd" },
  outputs: ["irq0", "irq1", "cardin", "wprot"],
  create(context) {
    const { clock: time, log, out, properties } = context;
    const card = context.child<SdCard>("sd");
    const s = {
      power: 0,
      clock: 0,
      argument: 0,
      command: 0,
      respcmd: 0,
      response: new Uint32Array(4),
      datatimer: 0,
      datalength: 0,
      datactrl: 0,
      /** Bytes still to pass between FIFO and card. */
      datacnt: 0,
      /** The static flags of MCIStatus; the dynamic ones follow from the rest. */
      flags: 0,
      mask0: 0,
      mask1: 0,
      select: 0,
      fifo: new Uint8Array(64),
      head: 0,
      level: 0,
      /** A command waits: for the end of data (PENDING), or for a card that does not answer (INTERRUPT). */
      waiting: "none" as "none" | "data" | "card",
      /** Virtual time at which a card that has sent or taken no block counts as lost. */
      deadline: NEVER,
    };
    const fifo = new Fifo(s);
    // The slot's switches. A card stays where it is.
    out.cardin(card?.inserted ?? false);
    out.wprot(card?.writeProtected ?? false);
    const timeout = time.alarm(() => {
      s.flags |= STATUS.DATATIMEOUT;
      stopData();
      outputs();
    });
    card?.connect(() => {
      run();
      outputs();
    });

    return registerDevice(context, {
      state: s,
      outputs,
      registers: {
        0x000: stored(s, "power", 0xff),
        0x004: stored(s, "clock", 0xfff),
        0x008: stored(s, "argument"),
        0x00c: { name: "MCICommand", read: () => s.command, write: writeCommand },
        0x010: { name: "MCIRespCmd", read: () => s.respcmd },
        ...responses(),
        0x024: stored(s, "datatimer"),
        0x028: stored(s, "datalength", 0xffff),
        0x02c: { name: "MCIDataCtrl", read: () => s.datactrl, write: writeDataCtrl },
        0x030: { name: "MCIDataCnt", read: () => s.datacnt },
        0x034: { name: "MCIStatus", read: status },
        0x038: { name: "MCIClear", write: (value) => void (s.flags &= ~(value & STATIC)) },
        0x03c: stored(s, "mask0", ALL),
        0x040: stored(s, "mask1", ALL),
        0x044: stored(s, "select", 0xf),
        // Words still to pass between FIFO and card: those in the FIFO have passed already when reading.
        0x048: { name: "MCIFifoCnt", read: () => s.datacnt + 3 >> 2 },
        ...fifoWindow(),
        ...identity(0xfe0, [0x81, 0x11, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1]),
      },
    });

    function outputs(): void {
      const now = status();
      out.irq0((now & s.mask0) !== 0);
      out.irq1((now & s.mask1) !== 0);
      timeout.at(lost() ? s.deadline : NEVER);
    }

    function responses(): RegisterTable {
      return Object.fromEntries(
        [0, 1, 2, 3].map((i) => [0x014 + 4 * i, { name: `MCIResponse${i}`, read: () => s.response[i] }]),
      );
    }

    function fifoWindow(): RegisterTable {
      const row = { name: "MCIFIFO", read: readFifo, write: writeFifo };
      return Object.fromEntries(Array.from({ length: 16 }, (_, i) => [0x080 + 4 * i, row]));
    }

    function receiving(): boolean {
      return (s.datactrl & DATA.DIRECTION) !== 0;
    }

    function active(): boolean {
      return (s.datactrl & DATA.ENABLE) !== 0;
    }

    /** No transfer is under way at the card; while one is, the back end takes as long as it takes. */
    function lost(): boolean {
      if (!active() || s.datacnt === 0) return false;
      return card?.transfer !== (receiving() ? "to-host" : "to-card");
    }

    function status(): number {
      let flags = s.flags;
      if (s.waiting !== "none") flags |= STATUS.CMDACTIVE;
      if (!active()) return flags; // a FIFO that is off deasserts its flags
      if (receiving()) {
        flags |= STATUS.RXACTIVE;
        flags |= s.level >= 4 ? STATUS.RXDATAAVLBL : STATUS.RXFIFOEMPTY; // bytes count once they make a word
        if (s.level >= HALF) flags |= STATUS.RXFIFOHALFFULL;
        if (s.level === 64) flags |= STATUS.RXFIFOFULL;
      } else {
        flags |= STATUS.TXACTIVE;
        flags |= s.level > 0 ? STATUS.TXDATAAVLBL : STATUS.TXFIFOEMPTY;
        if (s.level <= HALF) flags |= STATUS.TXFIFOHALFEMPTY;
        if (s.level > 60) flags |= STATUS.TXFIFOFULL;
      }
      return flags;
    }

    function writeCommand(value: number): void {
      s.command = value & 0xfff;
      s.waiting = "none";
      if (!(value & CMD.ENABLE)) return;
      if (value & CMD.PENDING && active() && s.datacnt > 0) s.waiting = "data";
      else sendCommand();
    }

    function sendCommand(): void {
      s.waiting = "none";
      const response = card?.command(s.command & CMD.INDEX, s.argument);
      const wanted = response && (s.command & CMD.LONGRSP ? response.bytes.length === 16 : true);
      if (!(s.command & CMD.RESPONSE)) s.flags |= STATUS.CMDSENT;
      else if (response && wanted) {
        const view = new DataView(response.bytes.buffer, response.bytes.byteOffset);
        s.respcmd = response.index;
        s.response.fill(0);
        for (let i = 0; 4 * i < response.bytes.length; i++) s.response[i] = view.getUint32(4 * i);
        s.response[3] &= ~1; // the end bit is not stored
        // An R3 has no CRC to check; the flag is that of a good one.
        s.flags |= STATUS.CMDRESPEND;
      } else if (s.command & CMD.INTERRUPT) {
        s.waiting = "card";
        return;
      } else s.flags |= STATUS.CMDTIMEOUT;
      s.command &= ~CMD.ENABLE;
      setDeadline();
      run();
    }

    function writeDataCtrl(value: number): void {
      s.datactrl = value & 0xff;
      fifo.clear();
      s.datacnt = active() ? s.datalength : 0;
      setDeadline();
      if (active() && s.datacnt === 0) {
        s.flags |= STATUS.DATAEND | STATUS.DATABLOCKEND;
        stopData();
      } else run();
    }

    function setDeadline(): void {
      const divisor = s.clock & CLOCK.BYPASS ? 1 : 2 * ((s.clock & 0xff) + 1);
      // A timer never set never ends: software that relies on the card alone leaves it 0.
      s.deadline = s.datatimer === 0 ? NEVER : time.now() + s.datatimer * divisor / properties.clock * 1e9;
    }

    /** Moves what can be moved between FIFO and card. */
    function run(): void {
      if (!active() || s.datacnt === 0 || !card) return;
      const before = s.datacnt;
      if (receiving()) {
        const room = PIECES[Math.min(s.datacnt, 64 - s.level)];
        const n = card.read(room);
        fifo.push(room, n);
        s.datacnt -= n;
      } else {
        const n = card.write(fifo.peek(PIECES[Math.min(s.datacnt, s.level)]));
        fifo.drop(n);
        s.datacnt -= n;
      }
      if (s.datacnt === before) return;
      const blockBits = s.datactrl >> 4;
      const passed = (count: number) => s.datalength - count >> blockBits;
      if (passed(before) !== passed(s.datacnt)) {
        setDeadline();
        if (!(s.datactrl & DATA.MODE)) s.flags |= STATUS.DATABLOCKEND;
      }
      if (s.datacnt === 0) endData();
    }

    function endData(): void {
      s.flags |= STATUS.DATAEND;
      if (receiving()) fifo.pad();
      if (!receiving() || s.level === 0) stopData();
      if (s.waiting === "data") sendCommand();
    }

    /** The data path goes idle; its FIFO is emptied. */
    function stopData(): void {
      s.datactrl &= ~DATA.ENABLE;
      fifo.clear();
    }

    function readFifo(): number {
      if (!active() || !receiving() || s.level < 4) {
        log.guestError("read of MCIFIFO while it holds nothing");
        return 0;
      }
      const value = fifo.pop();
      if (s.datacnt > 0) run();
      else if (s.level === 0) stopData();
      return value;
    }

    function writeFifo(value: number): void {
      if (!active() || receiving() || s.level > 60) {
        log.guestError("write of MCIFIFO while it has no room");
        return;
      }
      fifo.pushWord(value);
      run();
    }
  },
});
