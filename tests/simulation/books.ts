/** Values of a candle as the exchange writes them. */
export interface BookValues {
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

/** What the exchange knows of one slot. */
interface BookSlot {
  readonly openTime: number;
  /** `hole`: the exchange has no row for it, ever. `flat`: a row without volume. */
  readonly kind: 'traded' | 'flat' | 'hole';
  /** The views of the open candle in order; the last one may lack the last trades, as recorded frames do. */
  readonly updates: readonly BookValues[];
  /** The row of history by the time from which it is shown; the last one stands. */
  readonly rows: readonly { readonly from: number; readonly values: BookValues }[];
}

/** One symbol's truth. Slots outside [launch, delisting) do not exist. */
export interface Book {
  readonly symbol: string;
  readonly launchTime: number;
  /** History shows nothing below this. */
  readonly retentionStart: number;
  /** Null while it is listed for ever. */
  readonly delistedAt: number | null;
  slot(openTime: number): BookSlot | null;
  /** The row of history at an instant, of a closed or the open slot; null for a hole. */
  row(openTime: number, at: number): BookValues | null;
  /** What the exchange will stand by in the end; null for a hole. */
  finalValues(openTime: number): BookValues | null;
}

export interface BookOptions {
  readonly symbol: string;
  readonly intervalMs: number;
  readonly from: number;
  readonly to: number;
  readonly launchTime: number;
  readonly retentionStart: number;
  readonly delistedAt: number | null;
  /** Share of slots, in [0, 1], that are holes, flat, or revised after their close. */
  readonly holes: number;
  readonly flats: number;
  readonly revisions: number;
  /** Slots that open later are never revised: their last read is still to come when the run ends. */
  readonly revisedUntil: number;
  /** Digits behind the point of a price. */
  readonly digits: number;
  readonly random: () => number;
}

/** A revision comes this long after the close at the latest: finals are read again about a day after theirs. */
const LAST_REVISION_MS = 23 * 3_600_000;
const FIRST_REVISION_MS = 60_000;

/** A symbol's truth as a random walk of whole ticks, so that no price depends on floating point. */
export function createBook(options: BookOptions): Book {
  const { symbol, intervalMs, launchTime, retentionStart, delistedAt } = options;
  const first = Math.ceil(options.from / intervalMs) * intervalMs;
  const slots: BookSlot[] = [];
  let tick = 20_000 + Math.floor(options.random() * 80_000);
  for (let openTime = first; openTime < options.to; openTime += intervalMs) {
    const { slot, closeTick } = drawSlot(options, openTime, tick);
    slots.push(slot);
    tick = closeTick;
  }

  function find(openTime: number): BookSlot | null {
    if (openTime < launchTime || (delistedAt !== null && openTime >= delistedAt)) return null;
    return slots[(openTime - first) / intervalMs] ?? null;
  }

  function row(openTime: number, at: number): BookValues | null {
    const slot = find(openTime);
    if (slot === null || slot.kind === 'hole' || at < openTime) return null;
    if (at < openTime + intervalMs) {
      const share = (at - openTime) / intervalMs;
      return slot.updates[Math.floor(share * slot.updates.length)] ?? null;
    }
    return (slot.rows.findLast(({ from }) => from <= at) ?? slot.rows[0])!.values;
  }

  return {
    symbol,
    launchTime,
    retentionStart,
    delistedAt,
    slot: find,
    row,
    finalValues: (openTime) => row(openTime, Number.POSITIVE_INFINITY),
  };
}

function drawSlot(options: BookOptions, openTime: number, openTick: number) {
  const { random, holes, flats, intervalMs } = options;
  const draw = random();
  const kind = draw < holes ? 'hole' : draw < holes + flats ? 'flat' : 'traded';
  if (kind === 'hole') {
    return { slot: { openTime, kind, updates: [], rows: [] } as BookSlot, closeTick: openTick };
  }
  const ticks = [openTick];
  const steps = kind === 'flat' ? 0 : 3 + Math.floor(random() * 5);
  for (let step = 0; step < steps; step += 1) {
    ticks.push(Math.max(1000, ticks.at(-1)! + Math.floor(random() * 41) - 20));
  }
  const hundredths = kind === 'flat' ? 0 : 100 + Math.floor(random() * 1_000_000);
  const view = (length: number, volume: number): BookValues => {
    const seen = ticks.slice(0, length);
    return {
      open: priceText(seen[0]!, options.digits),
      high: priceText(Math.max(...seen), options.digits),
      low: priceText(Math.min(...seen), options.digits),
      close: priceText(seen.at(-1)!, options.digits),
      volume: priceText(volume, 2),
    };
  };
  const last = view(ticks.length, hundredths);
  const updates = ticks.slice(1).map((_, index) => {
    const share = (index + 1) / steps;
    // The last frame before the end was recorded with up to 0.25 % less volume than history shows.
    const seen = index + 1 === steps ? Math.floor(hundredths * (1 - 0.0025 * random())) : hundredths * share;
    return view(index + 2, Math.max(1, Math.floor(seen)));
  });
  const rows = [{ from: openTime + intervalMs, values: last }];
  if (random() < options.revisions && openTime < options.revisedUntil) {
    const after = FIRST_REVISION_MS + random() * (LAST_REVISION_MS - FIRST_REVISION_MS);
    rows.push({ from: openTime + intervalMs + after, values: revise(last, hundredths, random) });
  }
  const slot: BookSlot = { openTime, kind, updates: kind === 'flat' ? [] : updates, rows };
  return { slot, closeTick: ticks.at(-1)! };
}

function revise(values: BookValues, hundredths: number, random: () => number): BookValues {
  return { ...values, volume: priceText(hundredths + 1 + Math.floor(random() * 500), 2) };
}

/** Whole ticks as decimal text: 12345 with 2 digits is 123.45. */
function priceText(ticks: number, digits: number): string {
  if (digits === 0) return String(ticks);
  const text = String(ticks).padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
