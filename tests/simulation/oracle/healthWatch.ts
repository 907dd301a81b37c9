import { type CandleStore, startOfDay } from '@candlelake/core';
import { swapSeries } from '../../support/swapSeries.ts';
import type { Book } from '../exchange/books.ts';
import type { ActiveFaults } from '../faults.ts';
import type { Machine, SeenHealth } from '../machine/machine.ts';
import type { Scenario } from '../scenario.ts';
import type { VirtualTime } from '../virtualTime.ts';
import type { Problem } from './compareLakes.ts';
import { lookEvery } from './lookEvery.ts';
import { isTimeFaultNear, wasOn } from './timeFaults.ts';

export interface HealthWatchOptions {
  readonly time: VirtualTime;
  readonly machine: Pick<Machine, 'health'>;
  readonly scenario: Pick<Scenario, 'interval' | 'intervalMs' | 'books' | 'end'>;
  readonly faults: ActiveFaults;
  readonly store: () => Pick<CandleStore, 'readDay'>;
  readonly problems: Problem[];
}

const CHECK_MS = 10 * 60_000;
/** Health may say ok while a slot is open for three intervals; the rest is for the looks at the store. */
const ALLOWED_INTERVALS = 4.5;
/** How far back late slots are looked for. */
const DEPTH_INTERVALS = 10;
/** After a wrong clock a process needs a while to know the time again. */
const RECOVERY_MS = 20 * 60_000;
/** Health may name a symbol as an exception after these, and after its launch, for as long as the longest pause. */
const EXCEPTION_FAULTS = [
  'symbol-paused',
  'symbol-unlisted',
  'unlisted-between-starts',
  'answers-empty',
  'replica-late',
] as const;
const EXCEPTION_MS = 80 * 60_000;
/**
 * A row that could not be read is read again every hour. Until then its slot is not late, with or without a
 * candle, as long as health counts it as unreadable (README.md, "Watching it").
 */
const UNREADABLE_MS = 130 * 60_000;
/** A pass over the live slots ends within so long of a close that it waits for. */
const PASS_MS = 60_000;

/** Looks every ten minutes whether health says ok although a live slot is late by the exchange's books. */
export function watchHealth(options: HealthWatchOptions): void {
  const { time, scenario } = options;
  lookEvery(time, { after: (now) => now + CHECK_MS, end: scenario.end }, () => look(options));
}

async function look(options: HealthWatchOptions): Promise<void> {
  const { time, machine, faults, problems } = options;
  const seen = await machine.health();
  if (seen?.health.status !== 'ok') return;
  const now = time.now();
  if (isTimeFaultNear(faults, { now, sinceMs: RECOVERY_MS })) return;
  const late = await lateSlot(options, seen);
  if (late === null) return;
  problems.push({ kind: 'health', detail: `ok at ${new Date(now).toISOString()} while ${late} is late` });
}

/** A slot of this run of which history has had a row for too long without the store holding it as final. */
async function lateSlot(
  options: HealthWatchOptions,
  { health, startedAt }: SeenHealth,
): Promise<string | null> {
  const { time, faults, scenario } = options;
  const { intervalMs, books } = scenario;
  const now = time.now();
  const newest = Math.floor(now / intervalMs - ALLOWED_INTERVALS) * intervalMs - intervalMs;
  const oldest =
    Math.ceil(Math.max(startedAt, newest - DEPTH_INTERVALS * intervalMs) / intervalMs) * intervalMs;
  for (const book of books) {
    const { symbol, delistedAt } = book;
    const isNamed = health.exceptions.some((one) => one.symbol === symbol && one.state !== 'rejected');
    const hasReason = EXCEPTION_FAULTS.some((kind) =>
      wasOn(faults, kind, { now, sinceMs: EXCEPTION_MS, symbol }),
    );
    const isJustLaunched = book.launchTime > now - EXCEPTION_MS;
    if (isNamed && (hasReason || isJustLaunched)) continue;
    if (delistedAt !== null && now >= delistedAt - intervalMs) continue;
    const openTime = await unknownSlot(options, book, { oldest, newest, unreadable: health.unreadable });
    if (openTime !== null) return `${symbol} ${new Date(openTime).toISOString()}`;
  }
  return null;
}

interface Look {
  readonly oldest: number;
  readonly newest: number;
  /** As health names them. */
  readonly unreadable: SeenHealth['health']['unreadable'];
}

async function unknownSlot(options: HealthWatchOptions, book: Book, look: Look): Promise<number | null> {
  const { time, faults, store } = options;
  const { interval, intervalMs } = options.scenario;
  const { oldest, newest } = look;
  const known = new Set<number>();
  const seen = new Set<number>();
  const hasReason = wasOn(faults, 'rows-unreadable', { now: time.now(), sinceMs: UNREADABLE_MS });
  const unreadableFrom =
    hasReason && look.unreadable ? Date.parse(look.unreadable.openTime) : Number.POSITIVE_INFINITY;
  for (const day of new Set([startOfDay(oldest), startOfDay(newest)])) {
    const stored = await store().readDay(swapSeries(book.symbol, interval), day);
    for (const { openTime } of stored.absences) known.add(openTime);
    for (const { openTime, status } of stored.candles) {
      if (status === 'final') known.add(openTime);
      else seen.add(openTime);
    }
    for (const { openTime } of stored.unreadable) if (openTime >= unreadableFrom) known.add(openTime);
  }
  for (let openTime = oldest; openTime <= newest; openTime += intervalMs) {
    if (book.finalValues(openTime) === null || known.has(openTime)) continue;
    if (seen.has(openTime) || !isOfPause(options, book, openTime)) return openTime;
  }
  return null;
}

/**
 * Whether a pause halted trading at the close of the slot and nothing has shown since whether the slot was
 * empty: replicas are late, and no candle of the stream has closed. Such a slot without a candle is not late
 * (README.md, "Limits").
 */
function isOfPause(options: HealthWatchOptions, { symbol }: Book, openTime: number): boolean {
  const { time, faults } = options;
  const { intervalMs } = options.scenario;
  const pause = faults.at('symbol-paused', openTime + intervalMs, symbol);
  const now = time.now();
  if (pause === null || now < pause.to) return false;
  const firstClose = (Math.floor(pause.to / intervalMs) + 1) * intervalMs;
  return now < firstClose + PASS_MS && faults.within('replica-late', { from: pause.to, to: now });
}
