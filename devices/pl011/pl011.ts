import { defineDevice, identity, NEVER, registerDevice, stored } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

/** UARTDR 11:8: what went wrong with a character; the same order in UARTRSR 3:0 and, 7 bits up, in UARTRIS. */
const DR = { FE: 1 << 8, PE: 1 << 9, BE: 1 << 10, OE: 1 << 11 } as const;
const RSR_OE = 1 << 3;
const FR = {
  CTS: 1,
  DSR: 1 << 1,
  DCD: 1 << 2,
  RXFE: 1 << 4,
  RXFF: 1 << 6,
  TXFE: 1 << 7,
  RI: 1 << 8,
} as const;
const LCRH = { BRK: 1, FEN: 1 << 4 } as const;
const CR = {
  UARTEN: 1,
  SIREN: 1 << 1,
  LBE: 1 << 7,
  TXE: 1 << 8,
  RXE: 1 << 9,
  DTR: 1 << 10,
  RTS: 1 << 11,
  OUT1: 1 << 12,
  OUT2: 1 << 13,
  WRITABLE: 0xff87,
} as const;
const INT = { RX: 1 << 4, TX: 1 << 5, RT: 1 << 6, OE: 1 << 10, ALL: 0x7ff } as const;
const TCR_TESTFIFO = 1 << 1;

/** Each modem input: its flag in UARTFR, its interrupt, and the output that drives it in loopback. */
const MODEM = {
  ri: { flag: FR.RI, interrupt: 1 << 0, loop: CR.OUT2 },
  cts: { flag: FR.CTS, interrupt: 1 << 1, loop: CR.RTS },
  dcd: { flag: FR.DCD, interrupt: 1 << 2, loop: CR.OUT1 },
  dsr: { flag: FR.DSR, interrupt: 1 << 3, loop: CR.DTR },
} as const;
const DEPTH = 16;
/** Fill levels of UARTIFLS; the reserved encodings behave as the last. */
const LEVEL = [2, 4, 8, 12, 14, 14, 14, 14] as const;

/**
 * Arm PrimeCell UART (DDI 0183).
 *
 * Sending takes no time: the back end never blocks, so the transmit FIFO is always empty and each write to
 * UARTDR passes the trigger level on its way out, which raises the transmit interrupt. Hardware flow control is stored
 * only (there is nothing to hold back), as are parity and word length. A back end that brings more than the
 * FIFO holds waits, so overruns come only from loopback and the test registers.
 */
export default defineDevice(manifest, {
  size: 0x1000,
  outputs: ["irq", "rts", "dtr", "out1", "out2"],
  inputs: ["cts", "dsr", "dcd", "ri"],
  traces: { sent: { byte: "hex" }, received: { byte: "hex" } },
  create(context) {
    const { clock, log, out, properties, trace } = context;
    const chardev = context.chardev(properties.chardev);
    const s = {
      rsr: 0,
      ilpr: 0,
      ibrd: 0,
      fbrd: 0,
      lcrh: 0,
      cr: CR.RXE | CR.TXE as number,
      ifls: 0x12,
      imsc: 0,
      ris: 0,
      dmacr: 0,
      tcr: 0,
      /** Received characters with their error bits, oldest first. */
      rx: [] as number[],
      /** A character was lost and none has been stored since: UARTDR.OE. */
      overrun: 0,
      /** Virtual time at which the receive timeout strikes. */
      timeout: NEVER,
      /** Modem inputs (UARTFR bits) as the wires drive them. */
      modem: 0,
    };
    const alarm = clock.alarm(() => {
      s.timeout = NEVER;
      s.ris |= INT.RT;
      outputs();
    });

    const device = registerDevice(context, {
      state: s,
      outputs,
      onReset: () => chardev.ready(),
      onRestore: () => chardev.ready(),
      registers: {
        0x000: { name: "UARTDR", read: readData, write: transmit },
        0x004: { name: "UARTRSR", still: true, read: () => s.rsr, write: () => void (s.rsr = 0) },
        0x018: { name: "UARTFR", still: true, read: flags, write: () => {} },
        0x020: stored(s, "ilpr", 0xff),
        0x024: stored(s, "ibrd", 0xffff),
        0x028: stored(s, "fbrd", 0x3f),
        0x02c: { name: "UARTLCR_H", still: true, read: () => s.lcrh, write: lineControl },
        0x030: { name: "UARTCR", still: true, read: () => s.cr, write: control },
        0x034: {
          name: "UARTIFLS",
          read: () => s.ifls,
          write(value) {
            s.ifls = value & 0x3f;
            // A trigger moved below the level would otherwise never be passed again.
            setRx(s.rx.length >= trigger());
          },
        },
        0x038: stored(s, "imsc", INT.ALL),
        0x03c: { name: "UARTRIS", still: true, read: () => s.ris },
        0x040: { name: "UARTMIS", still: true, read: () => s.ris & s.imsc },
        0x044: {
          name: "UARTICR",
          write(value) {
            s.ris &= ~value;
            if (value & INT.RT && s.rx.length > 0) startTimeout();
          },
        },
        0x048: {
          name: "UARTDMACR",
          read: () => s.dmacr,
          write(value) {
            s.dmacr = value & 7;
            if (value & 3) log.unimplemented("DMA requests");
          },
        },
        0x080: stored(s, "tcr", 7),
        0x084: { name: "UARTITIP" },
        0x088: { name: "UARTITOP" },
        0x08c: {
          name: "UARTTDR",
          // The transmit FIFO that a read would take from is always empty.
          read: () => 0,
          write(value) {
            if (s.tcr & TCR_TESTFIFO) receive(value & 0x7ff);
          },
        },
        ...identity(0xfe0, [0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1]),
      },
    });
    chardev.connect({
      // In loopback the pin is cut off from the receiver: what comes waits outside.
      room: () => s.cr & CR.LBE ? 0 : Math.max(0, depth() - s.rx.length),
      receive(bytes) {
        for (const byte of bytes) receive(byte);
        outputs();
      },
      break() {
        if (s.cr & CR.LBE) return;
        receive(DR.BE);
        outputs();
      },
    });

    return {
      ...device,
      reset() {
        const { modem } = s; // not ours: the other ends of the wires drive it
        device.reset();
        s.modem = modem;
      },
      inputs: {
        cts: (level) => modemInput("cts", level),
        dsr: (level) => modemInput("dsr", level),
        dcd: (level) => modemInput("dcd", level),
        ri: (level) => modemInput("ri", level),
      },
    };

    function outputs(): void {
      alarm.at(s.timeout);
      out.irq((s.ris & s.imsc) !== 0);
      out.rts((s.cr & CR.RTS) !== 0);
      out.dtr((s.cr & CR.DTR) !== 0);
      out.out1((s.cr & CR.OUT1) !== 0);
      out.out2((s.cr & CR.OUT2) !== 0);
    }

    function depth(): number {
      return s.lcrh & LCRH.FEN ? DEPTH : 1;
    }

    function trigger(): number {
      return s.lcrh & LCRH.FEN ? LEVEL[s.ifls >> 3 & 7] : 1;
    }

    function flags(): number {
      return modemStatus() | FR.TXFE | (s.rx.length === 0 ? FR.RXFE : 0) |
        (s.rx.length >= depth() ? FR.RXFF : 0);
    }

    function modemStatus(): number {
      if (!(s.cr & CR.LBE)) return s.modem;
      let status = 0;
      for (const { flag, loop } of Object.values(MODEM)) if (s.cr & loop) status |= flag;
      return status;
    }

    /** Raises the interrupts of the modem inputs that are not as they were. */
    function modemChanged(before: number): void {
      const changed = before ^ modemStatus();
      for (const { flag, interrupt } of Object.values(MODEM)) if (changed & flag) s.ris |= interrupt;
    }

    function modemInput(name: keyof typeof MODEM, level: boolean): void {
      const before = modemStatus();
      if (level) s.modem |= MODEM[name].flag;
      else s.modem &= ~MODEM[name].flag;
      modemChanged(before);
      outputs();
    }

    function receive(character: number): void {
      trace.received?.({ byte: character & 0xff });
      if (s.rx.length >= depth()) {
        s.overrun = DR.OE;
        s.rsr |= RSR_OE;
        s.ris |= INT.OE;
        return;
      }
      s.rx.push(character);
      s.ris |= character >> 1 & 0x380; // FE, PE, BE
      if (s.rx.length === trigger()) s.ris |= INT.RX;
      startTimeout();
    }

    /** The receive timeout strikes 32 bit periods after the last character came. */
    function startTimeout(): void {
      // Divider of UARTCLK / 16 in 64ths; with none programmed the counter runs at its fastest.
      const divisor = Math.max(64, s.ibrd * 64 + s.fbrd);
      s.timeout = clock.now() + 32 * 16 * divisor / 64 / properties.clock * 1e9;
    }

    function readData(): number {
      const character = s.rx.shift();
      if (character === undefined) return 0;
      if (s.rx.length < trigger()) setRx(false);
      if (s.rx.length === 0) emptied();
      s.rsr = s.rsr & RSR_OE | character >> 8;
      const value = character | s.overrun;
      s.overrun = 0;
      chardev.ready();
      return value;
    }

    function setRx(raised: boolean): void {
      s.ris = raised ? s.ris | INT.RX : s.ris & ~INT.RX;
    }

    function emptied(): void {
      s.ris &= ~INT.RT;
      s.timeout = NEVER;
    }

    function transmit(value: number): void {
      if (!(s.cr & CR.UARTEN)) log.guestError("data written to the disabled UART");
      else if (!(s.cr & CR.TXE)) log.guestError("data written to the disabled transmitter");
      trace.sent?.({ byte: value & 0xff });
      chardev.sendByte(value & 0xff);
      s.ris |= INT.TX;
      if (s.cr & CR.LBE) receive(value & 0xff);
    }

    function lineControl(value: number): void {
      const changed = s.lcrh ^ value;
      s.lcrh = value & 0xff;
      if (changed & LCRH.FEN) {
        s.rx = [];
        s.overrun = 0;
        setRx(false);
        emptied();
        chardev.ready();
      }
      if (changed & value & LCRH.BRK) {
        if (s.cr & CR.LBE) receive(DR.BE);
        else log.unimplemented("sending a break");
      }
    }

    function control(value: number): void {
      const before = modemStatus();
      s.cr = value & CR.WRITABLE;
      if (value & CR.SIREN) log.unimplemented("IrDA");
      modemChanged(before);
      chardev.ready();
    }
  },
});
