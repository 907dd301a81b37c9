/** Values of a candle as the exchange writes them. */
export interface BookValues {
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

/** What the exchange knows of one slot. */
export interface BookSlot {
  readonly openTime: number;
  /** What the stream sends of the candle, in order. */
  readonly updates: readonly BookValues[];
  /** When the first update is shown, in ms after the open time. */
  readonly firstShownMs: number;
  /** The row of history by the time from which it is shown; the last one stands. None: a hole for good. */
  readonly rows: readonly { readonly from: number; readonly values: BookValues }[];
}

/** Shares of slots in [0, 1]. */
interface DrawShares {
  /** No row, and nothing in the stream. */
  readonly holes: number;
  /** No row, although the stream shows a candle. */
  readonly lostRows: number;
  /** A row without volume, and nothing in the stream. */
  readonly flats: number;
  /** Another volume, and perhaps another close, some time after the end. */
  readonly revisions: number;
  /** An open above the high, as the exchange has shown it and stood by it. */
  readonly irregulars: number;
}

export interface DrawOptions {
  readonly intervalMs: number;
  readonly shares: DrawShares;
  /** A revision comes this long after the end of its candle at the latest. */
  readonly lastRevisionMs: number;
  /** Slots that open later are traded and never revised: no read of them is to come when the run ends. */
  readonly calmFrom: number;
  /** Digits behind the point of a price. */
  readonly digits: number;
  readonly random: () => number;
}

const FIRST_REVISION_MS = 60_000;
/** The first frame of a candle was recorded 2.6 s after its start. Source: docs/bingx.md, "Closing of a candle". */
const FIRST_SHOWN_MS = 2_600;
/** In this share of the candles the first trade comes in the course of the first half. */
const LATE_SHARE = 0.1;
/** The last frame before the end was recorded with up to 0.25 % less volume than history shows. */
const SHORT_VOLUME = 0.0025;
/** The same the other way round, of some candles. */
const EXCESS_SHARE = 0.02;

const KINDS = ['holes', 'lostRows', 'flats', 'irregulars'] as const;
type Kind = (typeof KINDS)[number] | 'traded';

interface Candle {
  /** Prices in ticks, the open first. */
  readonly ticks: readonly number[];
  readonly hundredths: number;
}

/** Draws one slot after the other; each opens at the close before. */
export function createDraw(options: DrawOptions): (openTime: number) => BookSlot {
  const { random, digits } = options;
  let tick = 20_000 + Math.floor(random() * 80_000);
  return (openTime) => {
    const kind = openTime < options.calmFrom ? drawKind(options) : 'traded';
    const empty = { openTime, updates: [], firstShownMs: 0, rows: [] };
    if (kind === 'holes') return empty;
    if (kind === 'flats') {
      const values = view({ ticks: [tick], hundredths: 0 }, digits);
      return { ...empty, rows: [{ from: 0, values }] };
    }
    const candle = drawCandle(tick, random);
    tick = candle.ticks.at(-1)!;
    const isLate = random() < LATE_SHARE;
    const firstShownMs = isLate ? random() * 0.5 * options.intervalMs : FIRST_SHOWN_MS;
    const shown = { openTime, updates: updatesOf(candle, options), firstShownMs };
    if (kind === 'lostRows') return { ...shown, rows: [] };
    const values = kind === 'irregulars' ? irregular(candle, digits) : view(candle, digits);
    return { ...shown, rows: [{ from: 0, values }, ...revisionsOf(openTime, candle, options)] };
  };
}

function drawKind({ random, shares }: DrawOptions): Kind {
  let draw = random();
  for (const kind of KINDS) {
    if (draw < shares[kind]) return kind;
    draw -= shares[kind];
  }
  return 'traded';
}

function drawCandle(open: number, random: () => number): Candle {
  const ticks = [open];
  for (let steps = 3 + Math.floor(random() * 4); steps > 0; steps -= 1) {
    ticks.push(Math.max(1000, ticks.at(-1)! + Math.floor(random() * 41) - 20));
  }
  return { ticks, hundredths: 100 + Math.floor(random() * 1_000_000) };
}

/** The growing candle, a trade at a time. */
function updatesOf({ ticks, hundredths }: Candle, { digits, random }: DrawOptions): readonly BookValues[] {
  const error = random() < EXCESS_SHARE ? SHORT_VOLUME * random() : -SHORT_VOLUME * random();
  const steps = ticks.length - 1;
  return ticks.slice(1).map((_, index) => {
    const share = index + 1 === steps ? 1 + error : (index + 1) / steps;
    const volume = Math.max(1, Math.floor(hundredths * share));
    return view({ ticks: ticks.slice(0, index + 2), hundredths: volume }, digits);
  });
}

function revisionsOf(openTime: number, candle: Candle, options: DrawOptions): BookSlot['rows'] {
  const { random, shares, intervalMs, calmFrom, lastRevisionMs, digits } = options;
  if (random() >= shares.revisions) return [];
  const after = FIRST_REVISION_MS + random() * (lastRevisionMs - FIRST_REVISION_MS);
  const hundredths = candle.hundredths + 1 + Math.floor(random() * 500);
  const close = random() < 0.5 ? candle.ticks.at(-1)! + 1 + Math.floor(random() * 5) : null;
  const from = Math.floor(openTime + intervalMs + after);
  if (from >= calmFrom) return [];
  const ticks = close === null ? candle.ticks : [...candle.ticks, close];
  return [{ from, values: view({ ticks, hundredths }, digits) }];
}

function irregular(candle: Candle, digits: number): BookValues {
  return { ...view(candle, digits), open: priceText(Math.max(...candle.ticks) + 1, digits) };
}

function view({ ticks, hundredths }: Candle, digits: number): BookValues {
  return {
    open: priceText(ticks[0]!, digits),
    high: priceText(Math.max(...ticks), digits),
    low: priceText(Math.min(...ticks), digits),
    close: priceText(ticks.at(-1)!, digits),
    volume: priceText(hundredths, 2),
  };
}

/** Whole ticks as decimal text: 12345 with 2 digits is 123.45. */
function priceText(ticks: number, digits: number): string {
  if (digits === 0) return String(ticks);
  const text = String(ticks).padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
