import {
  ACCESS,
  type Access,
  CPU,
  type CpuHost,
  type F64Registers,
  f64Registers,
  type FloatStatus,
  floatStatus,
  type Frontend,
  type Line,
  type Page,
  type Translation,
  UNALIGNED,
  type Unaligned,
} from "@emu/core";
import { userRegister } from "./banks.ts";
import { CONTROL, FSR } from "./cp15_bits.ts";
import { cp15Read, cp15Write } from "./cp15.ts";
import type { Model } from "./cpus.ts";
import { deliver, exceptionText, interrupt } from "./exceptions.ts";
import { modifiedAddress, walkFlat, walkTables } from "./mmu.ts";
import { walkRegions } from "./mpu.ts";
import { exceptionReturn, readCpsr, setCpsr, writeCpsr, writeSpsr } from "./psr.ts";
import { SemihostingCalls } from "./semihosting.ts";
import { ALIGN, ARM, EXCEPTION, mmuIndexOf, MODE, PSR, R, S } from "./state.ts";
import { translateArm } from "./translator.ts";
import { readFpscr, writeFpexc, writeFpscr } from "./vfp_status.ts";

const PC = CPU.pc.index, TBFLAGS = CPU.tbflags.index, STAGED = CPU.exception.index;
const SPSR = ARM.spsr.index, CONTROL_WORD = ARM.c1_control.index;
const IRQ_LINE = ARM.irqLine.index, FIQ_LINE = ARM.fiqLine.index;
const PENDING_FSR = ARM.pendingFsr.index, PENDING_FAR = ARM.pendingFar.index;
const FIRST = ARM.r0.index, LAST = ARM.fpinst2.index;

/** A vCPU of one of the models in `cpus.ts`. All its state is in the state block. */
export class ArmCpu implements Frontend {
  readonly i32: Int32Array;
  readonly inputs: Readonly<Record<string, Line>>;
  readonly semihosting: SemihostingCalls | undefined;
  /** The cumulative exception flags of FPSCR, and what its other bits ask for. */
  readonly float: FloatStatus = floatStatus();
  /** d0–d15, and a sixteenth for intermediate results. */
  readonly doubles: F64Registers;
  /** Level (`FSR.PAGE`) and domain of the last translation, as the fault status register has them. */
  faultPlace = 0;
  /** Addresses that agree with `#largeAddress` in these bits may be in pages over 4 KiB that TLBs hold. */
  #largeMask = 0;
  #largeAddress = -1;
  readonly #scratch: Page = { physical: 0, size: 0, readable: false, writable: false, executable: false };

  constructor(readonly host: CpuHost, readonly model: Model) {
    this.i32 = host.i32;
    this.doubles = f64Registers(host.i32.buffer, host.i32.byteOffset + S[0].offset, 17);
    this.semihosting = host.semihosting && new SemihostingCalls(host);
    this.inputs = {
      irq: (level) => this.#drive(IRQ_LINE, level),
      fiq: (level) => this.#drive(FIQ_LINE, level),
    };
  }

  #drive(line: number, level: boolean): void {
    const { i32 } = this;
    i32[line] = level ? 1 : 0;
    this.host.interrupt((i32[IRQ_LINE] | i32[FIQ_LINE]) !== 0);
  }

  reset(): void {
    const { i32, model } = this;
    const irq = i32[IRQ_LINE], fiq = i32[FIQ_LINE]; // driven from outside
    i32.fill(0, FIRST, LAST + 1);
    i32[IRQ_LINE] = irq;
    i32[FIQ_LINE] = fiq;
    i32[STAGED] =
      i32[CPU.halted.index] =
      i32[TBFLAGS] =
      i32[CPU.pcHigh.index] =
        0;
    i32[ARM.zf.index] = 1;
    i32[ARM.mode.index] = MODE.SVC | PSR.I | PSR.F;
    i32[CONTROL_WORD] = model.control.reset;
    i32[PC] = model.control.reset & CONTROL.V ? 0xffff_0000 : 0;
    for (const { field, value } of model.resets) i32[field.index] = value;
    writeFpscr(this, 0);
    this.semihosting?.reset();
    this.flushTlb();
  }

  translate(t: Translation): number {
    return translateArm(t, this.model);
  }

  // Memory.

  mmuIndex(): number {
    return mmuIndexOf(this.i32[TBFLAGS]);
  }

  walk(address: number, access: Access, mmuIndex: number, page: Page): number {
    switch (this.model.protection) {
      case "mmu":
        return walkTables(this, address, access, mmuIndex, page);
      case "mpu":
        return walkRegions(this, address, access, mmuIndex, page);
      case "none":
        return walkFlat(address, page);
    }
  }

  fault(fault: number, address: number, access: Access, _mmuIndex: number): void {
    const { i32 } = this;
    i32[PENDING_FSR] = fault;
    i32[PENDING_FAR] = modifiedAddress(i32, address);
    i32[STAGED] = access === ACCESS.execute ? EXCEPTION.PREFETCH_ABORT : EXCEPTION.DATA_ABORT;
  }

  busError(address: number, access: Access, mmuIndex: number): void {
    this.faultPlace = 0;
    this.walk(address, access, mmuIndex, this.#scratch);
    this.fault(FSR.EXTERNAL | this.faultPlace, address, access, mmuIndex);
  }

  unaligned(address: number, mem: number, access: Access): Unaligned {
    if (this.i32[CONTROL_WORD] & CONTROL.A || mem & ALIGN.ALWAYS) {
      this.fault(FSR.ALIGNMENT, address, access, 0);
      return UNALIGNED.fault;
    }
    return mem & ALIGN.ROTATE ? UNALIGNED.rotate : UNALIGNED.force;
  }

  flushTlb(): void {
    this.#largeMask = 0;
    this.#largeAddress = -1;
    this.host.flushTlb();
  }

  /**
   * Forgets what is known of the page around a modified virtual address. Its size is not known: pages over 4 KiB,
   * of which TLBs may hold many pieces, are remembered as one range.
   */
  flushTlbPage(address: number): void {
    const page = address & ~(SMALL_PAGE - 1);
    const large = this.#largeAddress !== -1 && ((page ^ this.#largeAddress) & this.#largeMask) === 0;
    // With a process ID, an address below 32 MiB leads to the page as well.
    if (large || this.i32[ARM.c13_fcse.index] !== 0) this.flushTlb();
    else this.host.flushTlbPage(page >>> 0, SMALL_PAGE);
  }

  /** A translation of a page over 4 KiB may now be in a TLB. */
  noteLargePage(address: number, size: number): void {
    const page = address & -size;
    if (this.#largeAddress === -1) {
      this.#largeAddress = page;
      this.#largeMask = -size;
      return;
    }
    let mask = this.#largeMask & -size;
    while ((page ^ this.#largeAddress) & mask) mask <<= 1;
    this.#largeMask = mask;
  }

  // Exceptions.

  raise(kind: number): void {
    this.i32[STAGED] = kind;
  }

  exceptionText(exception: number): string {
    return exceptionText(this, exception);
  }

  deliver(): void {
    deliver(this);
  }

  interrupt(): boolean {
    return interrupt(this);
  }

  /** A masked interrupt ends the wait as well (DDI 0198, 2.3.8). */
  wakes(): boolean {
    return (this.i32[IRQ_LINE] | this.i32[FIQ_LINE]) !== 0;
  }

  // What the helpers call.

  readCpsr(): number {
    return readCpsr(this);
  }
  writeCpsr(value: number, mask: number): void {
    writeCpsr(this, value, mask);
  }
  readSpsr(): number {
    return this.i32[SPSR];
  }
  writeSpsr(value: number, mask: number): void {
    writeSpsr(this, value, mask);
  }
  exceptionReturn(address: number): void {
    exceptionReturn(this, address);
  }
  readUser(n: number): number {
    return this.i32[userRegister(this.i32, n)];
  }
  writeUser(n: number, value: number): void {
    this.i32[userRegister(this.i32, n)] = value;
  }
  cp15Read(instruction: number): number {
    return cp15Read(this, instruction);
  }
  cp15Write(instruction: number, value: number): void {
    cp15Write(this, instruction, value);
  }

  // Debuggers and snapshots.

  snapshot(): object {
    return { fpscr: readFpscr(this) };
  }

  restore(state: object): void {
    const { fpscr } = state as { fpscr: number };
    writeFpscr(this, fpscr);
    this.semihosting?.reset();
    this.flushTlb();
    this.host.interrupt(this.wakes());
  }

  registers(): { readonly name: string; readonly value: number }[] {
    return [
      ...R.map(({ index }, n) => ({ name: REGISTER_NAMES[n], value: this.i32[index] >>> 0 })),
      { name: "cpsr", value: this.readCpsr() >>> 0 },
      ...this.model.features.vfp ? this.#floatingRegisters() : [],
    ];
  }

  #floatingRegisters(): { readonly name: string; readonly value: number }[] {
    return [
      ...S.map(({ index }, n) => ({ name: `s${n}`, value: this.i32[index] >>> 0 })),
      { name: "fpscr", value: readFpscr(this) >>> 0 },
      { name: "fpexc", value: this.i32[ARM.fpexc.index] >>> 0 },
    ];
  }

  setRegister(name: string, value: number): void {
    if (name === "cpsr") return setCpsr(this, value, -1);
    if (name === "fpscr") return writeFpscr(this, value);
    if (name === "fpexc") return writeFpexc(this, value);
    const n = REGISTER_NAMES.indexOf(name);
    const field = n >= 0 ? R[n] : SINGLE_NAMES.includes(name) ? S[SINGLE_NAMES.indexOf(name)] : undefined;
    if (field) this.i32[field.index] = value;
  }
}

const SMALL_PAGE = 4096;

const REGISTER_NAMES = [...Array.from({ length: 13 }, (_, n) => `r${n}`), "sp", "lr", "pc"];
const SINGLE_NAMES = S.map((_, n) => `s${n}`);
