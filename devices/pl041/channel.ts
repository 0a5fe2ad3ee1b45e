/** Bits of a control register, RXCR or TXCR alike. */
export const CR = { EN: 1 << 0, SLOTS: 0x1ffe, COMPACT: 1 << 15, FEN: 1 << 16 } as const;
const SR = {
  RXFE: 1 << 0,
  TXFE: 1 << 1,
  RXHF: 1 << 2,
  TXHE: 1 << 3,
  RXFF: 1 << 4,
  TXFF: 1 << 5,
  RXBUSY: 1 << 6,
  TXBUSY: 1 << 7,
  RXOVERRUN: 1 << 8,
  TXUNDERRUN: 1 << 9,
} as const;
/** ISR and IE. The receive timeouts do not come: a link that runs delivers a sample in every frame. */
const INT = { TXC: 1 << 0, TX: 1 << 2, RX: 1 << 3, OR: 1 << 4, UR: 1 << 5 } as const;
/** Bits of a sample, by TSize or RSize. */
const SIZES = [16, 18, 20, 12] as const;

/** A pair of FIFOs. Samples are kept with 20 bits, as on the link. */
export function channelState() {
  return {
    rxcr: 0,
    txcr: 0,
    ie: 0,
    rx: [] as number[],
    tx: [] as number[],
    overrun: false,
    underrun: false,
  };
}

export type ChannelState = ReturnType<typeof channelState>;

function sampleBits(cr: number): number {
  return SIZES[cr >> 13 & 3];
}

/** Two samples in a word, which only those that fit in halves can be. */
function compact(cr: number): boolean {
  return (cr & CR.COMPACT) !== 0 && sampleBits(cr) <= 16;
}

/** Samples a FIFO holds: without FEN the room of one word. */
export function capacity(cr: number, depth: number): number {
  return cr & CR.FEN ? depth : compact(cr) ? 2 : 1;
}

/** The slots a FIFO serves, ascending; none while it is off. */
export function slotsOf(cr: number): number[] {
  const slots: number[] = [];
  for (let slot = 1; cr & CR.EN && slot <= 12; slot++) if (cr >> slot & 1) slots.push(slot);
  return slots;
}

/** A word written to the data register; false if there was no room. */
export function pushWord(c: ChannelState, depth: number, word: number): boolean {
  const shift = 20 - sampleBits(c.txcr), halves = compact(c.txcr) ? [word & 0xffff, word >>> 16] : [word];
  if (c.tx.length + halves.length > capacity(c.txcr, depth)) return false;
  c.tx.push(...halves.map((half) => half << shift & 0xf_ffff));
  return true;
}

/** A word read from the data register; undefined if there was none. */
export function popWord(c: ChannelState): number | undefined {
  const shift = 20 - sampleBits(c.rxcr), count = compact(c.rxcr) ? 2 : 1;
  if (c.rx.length < count) return undefined;
  const samples = c.rx.splice(0, count).map((sample) => sample >> shift);
  return (samples[0] | (samples[1] ?? 0) << 16) >>> 0;
}

/** SR. */
export function status(c: ChannelState, depth: number): number {
  const rxRoom = capacity(c.rxcr, depth), txRoom = capacity(c.txcr, depth);
  return (c.rx.length === 0 ? SR.RXFE : 0) |
    (c.tx.length === 0 ? SR.TXFE : 0) |
    (c.rx.length >= Math.max(1, rxRoom / 2) ? SR.RXHF : 0) |
    (c.tx.length <= txRoom / 2 ? SR.TXHE : 0) |
    (c.rx.length >= rxRoom ? SR.RXFF : 0) |
    (c.tx.length + (compact(c.txcr) ? 2 : 1) > txRoom ? SR.TXFF : 0) |
    (slotsOf(c.rxcr).length > 0 ? SR.RXBUSY : 0) |
    (slotsOf(c.txcr).length > 0 && c.tx.length > 0 ? SR.TXBUSY : 0) |
    (c.overrun ? SR.RXOVERRUN : 0) |
    (c.underrun ? SR.TXUNDERRUN : 0);
}

/** ISR: what is both there and enabled. */
export function interrupts(c: ChannelState, depth: number): number {
  const sr = status(c, depth);
  const raw = ((sr & (SR.TXFE | SR.TXBUSY)) === SR.TXFE ? INT.TXC : 0) |
    (sr & SR.TXHE ? INT.TX : 0) | (sr & SR.RXHF ? INT.RX : 0) |
    (c.overrun ? INT.OR : 0) | (c.underrun ? INT.UR : 0);
  return raw & c.ie;
}

/** Frames until this channel has something to tell: a FIFO at half, or at its end. */
export function framesToNews(c: ChannelState, depth: number): number {
  const tx = slotsOf(c.txcr).length, rx = slotsOf(c.rxcr).length;
  let frames = Infinity;
  if (tx > 0) {
    const above = c.tx.length - capacity(c.txcr, depth) / 2;
    if (above > 0 && c.tx.length >= tx) frames = Math.min(frames, Math.ceil(above / tx));
    if (!c.underrun) frames = Math.min(frames, Math.floor(c.tx.length / tx) + 1);
  }
  if (rx > 0) {
    // A FIFO whose capacity was cut may hold more than that.
    const room = Math.max(0, capacity(c.rxcr, depth) - c.rx.length);
    const below = Math.max(1, capacity(c.rxcr, depth) / 2) - c.rx.length;
    if (below > 0) frames = Math.min(frames, Math.ceil(below / rx));
    else if (!c.overrun) frames = Math.min(frames, Math.floor(room / rx) + 1);
  }
  return frames;
}
