import { type Absence, type Candle, type CandleStore, startOfDay } from '@candlelake/core';
import { swapSeries } from '../../support/swapSeries.ts';
import type { Book } from '../exchange/books.ts';
import { BELIEVED_LIES, type FaultKind } from '../faultKinds.ts';
import type { ActiveFaults } from '../faults.ts';
import type { Scenario } from '../scenario.ts';
import type { VirtualTime } from '../virtualTime.ts';
import type { Problem } from './compareLakes.ts';
import { lookEvery } from './lookEvery.ts';
import { isTimeFaultNear } from './timeFaults.ts';
import { isConfirmed, isShown, isView } from './truth.ts';

export interface StoreWatchOptions {
  readonly time: VirtualTime;
  readonly scenario: Scenario;
  readonly faults: ActiveFaults;
  readonly store: () => Pick<CandleStore, 'readDay'>;
  readonly problems: Problem[];
}

const CHECK_MS = 15 * 60_000;
/** A wrong absence is looked at again a day later. */
const BELIEVED_MS = 26 * 3_600_000;
/** These keep the last update of a candle from the program. */
const UPDATE_FAULTS: readonly FaultKind[] = [
  ...(['frames-lost', 'frames-delayed', 'frames-broken', 'values-absurd'] as const),
  ...(['socket-half-open', 'symbol-silent', 'symbol-paused'] as const),
];
/** A candle that has closed is in the store after it, and not yet read from history. */
const CLOSED_MS = 6_500;
/** An update that was held back arrives within it. */
const LATE_UPDATE_MS = 60_000;
/**
 * A final that was observed later than this from now, by a clock that was wrong then, counts as provisional.
 * Source: docs/truth.md, "Which record wins".
 */
const FUTURE_MS = 10_000;

/**
 * Looks every quarter of an hour at what the store holds of today: what is settled there must be so by the
 * exchange's books at once, not only in the end, when later looks have mended it.
 */
export function watchStore(options: StoreWatchOptions): void {
  const { time, scenario } = options;
  const { intervalMs, end } = scenario;
  lookEvery(time, { after: (now) => now + CHECK_MS, end }, () => look(options));
  // Between the next candle's first update and the first read of history, which mends what was wrong until then.
  const afterClose = (now: number) => (Math.floor(now / intervalMs) + 1) * intervalMs + CLOSED_MS;
  lookEvery({ now: time.now, at: time.observe }, { after: afterClose, end }, () => lookAtClosed(options));
}

/** Looks at the candles of the stream, just after a close. */
async function lookAtClosed({ time, scenario, faults, store, problems }: StoreWatchOptions): Promise<void> {
  const now = time.now();
  const { interval, intervalMs, books } = scenario;
  const closed = (Math.floor(now / intervalMs) - 1) * intervalMs;
  for (const book of books) {
    const { candles } = await store().readDay(swapSeries(book.symbol, interval), startOfDay(closed));
    const candle = candles.find(({ openTime }) => openTime === closed);
    if (candle && isHalfSeen(book, candle, { faults, now, intervalMs }))
      problems.push(settledWrongly(book, closed, now));
  }
}

async function look({ time, scenario, faults, store, problems }: StoreWatchOptions): Promise<void> {
  const now = time.now();
  const { intervalMs } = scenario;
  const since = { from: now - BELIEVED_MS, to: now };
  const isDeceived = [...BELIEVED_LIES].some((kind) => faults.within(kind, since));
  for (const book of scenario.books) {
    const series = swapSeries(book.symbol, scenario.interval);
    const { candles, absences } = await store().readDay(series, startOfDay(now));
    const wrong = [
      ...candles.filter((candle) => isInvented(book, candle, now)),
      ...candles.filter((candle) => isHalfSeen(book, candle, { faults, now, intervalMs })),
      ...(isDeceived ? [] : absences.filter((absence) => isDenied(book, absence))),
    ];
    for (const { openTime } of wrong) problems.push(settledWrongly(book, openTime, now));
  }
}

function settledWrongly({ symbol }: Book, openTime: number, now: number): Problem {
  const [slot, seen] = [openTime, now].map((time) => new Date(time).toISOString());
  return { kind: 'settled', detail: `${symbol} ${slot} in the store at ${seen}` };
}

/** A final candle of history that history never showed of a closed slot. */
function isInvented(book: Book, candle: Candle, now: number): boolean {
  const { status, source, openTime, observed } = candle;
  const isFinal = status === 'final' && observed <= now + FUTURE_MS;
  return isFinal && source === 'history' && !isShown(book.slot(openTime), candle);
}

interface HalfSeenOptions {
  readonly faults: ActiveFaults;
  readonly now: number;
  readonly intervalMs: number;
}

/**
 * A candle of the stream that is not the last update that was sent of it: an earlier one counts as closed after its
 * link has ended before the close.
 */
function isHalfSeen(book: Book, candle: Candle, { faults, now, intervalMs }: HalfSeenOptions): boolean {
  const { openTime, source, status } = candle;
  if (status !== 'provisional' || source !== 'stream') return false;
  const to = openTime + intervalMs + LATE_UPDATE_MS;
  const { symbol } = book;
  if (UPDATE_FAULTS.some((kind) => faults.within(kind, { from: openTime, to }, symbol))) return false;
  if (isTimeFaultNear(faults, { now, sinceMs: now - openTime })) return false;
  const last = book.slot(openTime)?.updates.at(-1);
  return last !== undefined && !isView(last, candle);
}

/** A slot that is settled as empty although history has a row of it. */
function isDenied(book: Book, absence: Absence): boolean {
  const isListed = book.delistedAt === null && absence.openTime >= book.retentionStart;
  return isListed && isConfirmed(absence) && book.finalValues(absence.openTime) !== null;
}
