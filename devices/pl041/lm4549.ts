/** Registers of the codec that do something; the others are stored (LM4549 datasheet, register map). */
const REG = {
  RESET: 0x00,
  MASTER: 0x02,
  PCM_OUT: 0x18,
  POWERDOWN: 0x26,
  EXT_ID: 0x28,
  EXT_CONTROL: 0x2a,
  DAC_RATE: 0x2c,
  ADC_RATE: 0x32,
  VENDOR1: 0x7c,
  VENDOR2: 0x7e,
} as const;
const MUTE = 1 << 15, VRA = 1 << 0;
/** Powerdown register: bits 11:8 switch ADC, DAC, mixer and reference off; bits 3:0 say which are ready. */
const POWER = { DAC_OFF: 1 << 9, MIXER_OFF: 1 << 10, VREF_OFF: 1 << 11 } as const;
const FIXED_RATE = 48_000, SLOWEST = 4_000;

/** Values after a reset, by register. */
const DEFAULTS: Readonly<Record<number, number>> = {
  [REG.RESET]: 0x0d50,
  [REG.MASTER]: 0x8008,
  0x04: 0x8000,
  0x06: 0x8000,
  0x0c: 0x8008,
  0x0e: 0x8008,
  0x10: 0x8808,
  0x12: 0x8808,
  0x14: 0x8808,
  0x16: 0x8808,
  [REG.PCM_OUT]: 0x8808,
  0x1c: 0x8000,
  0x22: 0x0101,
  [REG.POWERDOWN]: 0x000f,
  [REG.EXT_ID]: 0x0001,
  [REG.DAC_RATE]: FIXED_RATE,
  [REG.ADC_RATE]: FIXED_RATE,
  [REG.VENDOR1]: 0x4e53,
  [REG.VENDOR2]: 0x4331,
};

/** The codec's registers after a reset, one for each even address. */
export function codecState(): Uint16Array {
  const registers = new Uint16Array(64);
  for (const [at, value] of Object.entries(DEFAULTS)) registers[Number(at) >> 1] = value;
  return registers;
}

export function readCodec(registers: Uint16Array, at: number): number {
  return registers[at >> 1 & 0x3f];
}

/** Writes a register; returns whether the codec took it. */
export function writeCodec(registers: Uint16Array, at: number, value: number): boolean {
  const index = at >> 1 & 0x3f;
  switch (2 * index) {
    case REG.RESET:
      registers.set(codecState());
      return true;
    case REG.EXT_ID:
    case REG.VENDOR1:
    case REG.VENDOR2:
      return false;
    case REG.POWERDOWN:
      registers[index] = value & 0xff00 | ~(value >> 8) & 0xf;
      return true;
    case REG.EXT_CONTROL:
      registers[index] = value & VRA;
      // Without variable rate both converters run at 48 kHz.
      if (!(value & VRA)) registers[REG.DAC_RATE >> 1] = registers[REG.ADC_RATE >> 1] = FIXED_RATE;
      return true;
    case REG.DAC_RATE:
    case REG.ADC_RATE:
      if (!(registers[REG.EXT_CONTROL >> 1] & VRA) || value < SLOWEST || value > FIXED_RATE) return false;
      registers[index] = value;
      return true;
    default:
      registers[index] = value;
      return true;
  }
}

/** Frames per second the DAC asks for. */
export function dacRate(registers: Uint16Array): number {
  return registers[REG.DAC_RATE >> 1];
}

/** By what the PCM samples of left and right are multiplied on their way to line out. */
export function gains(registers: Uint16Array): [number, number] {
  const master = registers[REG.MASTER >> 1], pcm = registers[REG.PCM_OUT >> 1];
  const off = POWER.DAC_OFF | POWER.MIXER_OFF | POWER.VREF_OFF;
  if ((master | pcm) & MUTE || registers[REG.POWERDOWN >> 1] & off) return [0, 0];
  // Steps of 1.5 dB down, master from 0 dB, PCM from +12 dB.
  const gain = (shift: number) => 10 ** ((12 - 1.5 * ((master >> shift & 31) + (pcm >> shift & 31))) / 20);
  return [gain(8), gain(0)];
}
