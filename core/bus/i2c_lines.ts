import { type I2cBus, type I2cBusState, i2cBusState } from "./i2c.ts";

/** What the two wires do: part of the state of a controller whose lines software moves. Levels are 0 and 1. */
export interface I2cLinesState extends I2cBusState {
  /** What the controller drives: 0, or 1 for leaving the line to its resistor. */
  scl: number;
  /** The same for the data line. */
  sda: number;
  /** The same of the chips. */
  target: number;
  /** What the bytes are. */
  phase: "idle" | "address" | "write" | "read";
  /** Clocks of the current byte: 8 bits, then 9 while the acknowledge is set up, 10 once it was clocked. */
  clocks: number;
  /** Its bits so far, or what is being sent. */
  byte: number;
  /** The byte was acknowledged. */
  acknowledged: boolean;
}

/** State of lines at rest. */
export function i2cLinesState(): I2cLinesState {
  return {
    ...i2cBusState(),
    scl: 1,
    sda: 1,
    target: 1,
    phase: "idle",
    clocks: 0,
    byte: 0,
    acknowledged: false,
  };
}

/** The two wires. */
export interface I2cLines {
  /** The controller drives the lines (0), or leaves them to their resistors (1). */
  drive(scl: number, sda: number): void;
  /** The level of the data line. */
  sda(): number;
}

/** Turns what two lines do into transfers. Chips never stretch the clock, so SCL is what the controller drives. */
export function i2cLines(bus: I2cBus, state: () => I2cLinesState): I2cLines {
  function drive(scl: number, sda: number): void {
    const s = state();
    // One of the lines is first: data is to change while the clock is low (UM10204, 3.1.3).
    if (s.scl && !scl) {
      s.scl = 0;
      fall();
    }
    if (s.sda !== sda) {
      const before = s.sda & s.target;
      s.sda = sda;
      if (s.scl && (s.sda & s.target) !== before) condition(sda);
    }
    if (!s.scl && scl) {
      s.scl = 1;
      rise();
    }
  }

  /** Data changes while the clock is high: START or STOP (3.1.4). */
  function condition(sda: number): void {
    const s = state();
    s.clocks = s.byte = 0;
    s.target = 1;
    if (sda) {
      s.phase = "idle";
      bus.stop();
    } else s.phase = "address";
  }

  /** Levels are sampled. */
  function rise(): void {
    const s = state(), level = s.sda & s.target;
    if (s.phase === "idle") return;
    if (s.clocks < 8) {
      if (s.phase !== "read") s.byte = s.byte << 1 | level;
      s.clocks++;
    } else if (s.clocks === 9) {
      if (s.phase === "read") s.acknowledged = level === 0;
      s.clocks = 10;
    }
  }

  /** Levels are set up. */
  function fall(): void {
    const s = state();
    if (s.phase === "idle") return;
    if (s.clocks === 8) endOfByte();
    else if (s.clocks === 10) nextByte();
    else if (s.phase === "read" && s.clocks < 8) s.target = s.byte >> 7 - s.clocks & 1;
  }

  function endOfByte(): void {
    const s = state();
    s.clocks = 9;
    if (s.phase === "read") {
      s.target = 1; // the acknowledge is the controller's
      return;
    }
    s.acknowledged = s.phase === "address" ? bus.start(s.byte >> 1, (s.byte & 1) !== 0) : bus.write(s.byte);
    s.target = s.acknowledged ? 0 : 1;
  }

  function nextByte(): void {
    const s = state();
    s.target = 1;
    s.clocks = 0;
    if (s.phase === "address") s.phase = s.byte & 1 ? "read" : "write";
    if (!s.acknowledged && s.phase === "read") s.phase = "idle"; // until the next START
    else if (s.phase === "read") {
      s.byte = bus.read();
      s.target = s.byte >> 7;
    } else s.byte = 0;
  }

  return { drive, sda: () => state().sda & state().target };
}
