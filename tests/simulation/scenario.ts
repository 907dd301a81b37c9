import type { Interval } from '@candlelake/core';
import { type Book, createBook } from './exchange/books.ts';
import { type Fault, planFaults } from './faults.ts';
import type { Variant } from './variants.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** All that a seed decides before the run begins. */
export interface Scenario extends Grid {
  readonly historyDays: number;
  readonly start: number;
  /** No fault after it. */
  readonly faultsEnd: number;
  readonly end: number;
  readonly books: readonly Book[];
  readonly faults: readonly Fault[];
  /** Start of the first UTC day of the window. */
  readonly windowStart: number;
}

export interface ScenarioOptions {
  readonly days: number;
  readonly symbols: number;
  readonly variant: Pick<Variant, 'host' | 'isLong'>;
  readonly random: () => number;
}

interface Grid {
  readonly interval: Interval;
  readonly intervalMs: number;
  readonly timeframes: readonly number[];
}

interface Span {
  readonly windowStart: number;
  readonly start: number;
  readonly faultsEnd: number;
  readonly end: number;
}

const NAMES = ['AAA-USDT', 'BBB-USDT', 'CCC-USDT', 'DDD-USDT', 'EEE-USDT', 'FFF-USDT'];

/** After so long without faults everything is settled: finals are read again up to a day after their close. */
const LONG_QUIET_MS = 27 * HOUR;
/** Without the looks a day later; then a revision comes early enough for the looks of the first hour. */
const SHORT_QUIET_MS = 5 * HOUR;
const LONG_REVISION_MS = 22 * HOUR;
const SHORT_REVISION_MS = 40 * MINUTE;
/** A short run has the faults of a day in this part of it. */
const SHORT_SHARE = 0.5;

/**
 * A run ends so far in a slot that the one before it is final. It becomes so by the next read after the first trade of
 * the open slot, which comes in its first half, or by the first read ten minutes after its close. Reads follow each
 * other at 8 s, 23 s, 53 s, 2, 4, 9 and 19 minutes and a few latencies (docs/truth.md, "When a candle is final"): the
 * latest such read, by share of the interval, is that of 5m, where a trade after 2.5 minutes is seen at 4.
 */
const END_SHARE = 0.9;

/** Coarse intervals come more often: their runs cost least. */
const GRIDS: readonly (Grid & { readonly weight: number })[] = [
  { interval: '1h', intervalMs: HOUR, timeframes: [240], weight: 8 },
  { interval: '30m', intervalMs: 30 * MINUTE, timeframes: [90], weight: 6 },
  { interval: '15m', intervalMs: 15 * MINUTE, timeframes: [45, 60], weight: 4 },
  { interval: '5m', intervalMs: 5 * MINUTE, timeframes: [25], weight: 1 },
  { interval: '3m', intervalMs: 3 * MINUTE, timeframes: [21, 60], weight: 1 },
];

/** Draws a scenario. Two calls with equal options and equal random numbers give the same one. */
export function drawScenario(options: ScenarioOptions): Scenario {
  const { random, days, variant } = options;
  const { host, isLong } = variant;
  const { interval, intervalMs, timeframes } = drawGrid(random);
  const start = Date.UTC(2026, 9, 1 + Math.floor(random() * 28)) + Math.floor(random() * DAY);
  const faultsEnd = start + days * DAY * (isLong ? 1 : SHORT_SHARE);
  const quietEnd = faultsEnd + (isLong ? LONG_QUIET_MS : SHORT_QUIET_MS);
  const end = Math.floor(quietEnd / intervalMs) * intervalMs + intervalMs * END_SHARE;
  const drawnDays = Math.floor(random() * 3);
  // Without a stream the cloud's gap filler keeps yesterday too.
  const historyDays = host === 'cloud' ? Math.max(1, drawnDays) : drawnDays;
  const span = { windowStart: Math.floor(start / DAY) * DAY - historyDays * DAY, start, faultsEnd, end };
  const symbols = NAMES.slice(0, options.symbols);
  const books = symbols.map((symbol, index) =>
    drawBook({ symbol, isPlain: index === 0, isLong, intervalMs }, span, random),
  );
  const perDay = (2 + random() * 20) / (isLong ? 1 : SHORT_SHARE);
  const faults = planFaults({ from: start + MINUTE, to: faultsEnd, symbols, variant, perDay, random });
  return { interval, intervalMs, timeframes, historyDays, books, faults, ...span };
}

function drawGrid(random: () => number): Grid {
  const grids = GRIDS.flatMap((grid) => Array<Grid>(grid.weight).fill(grid));
  return grids[Math.floor(random() * grids.length)]!;
}

interface BookPlan {
  readonly symbol: string;
  /** A plain symbol is traded from before the window for ever: a run has one. */
  readonly isPlain: boolean;
  readonly isLong: boolean;
  readonly intervalMs: number;
}

function drawBook({ symbol, isPlain, isLong, intervalMs }: BookPlan, span: Span, random: () => number): Book {
  const { windowStart, start, faultsEnd, end } = span;
  const inWindow = () => Math.floor(windowStart + random() * (faultsEnd - windowStart));
  const share = (chance: number, most: number) => (random() < chance ? random() * most : 0);
  return createBook({
    symbol,
    intervalMs,
    from: windowStart - 3 * DAY,
    to: end + DAY,
    launchTime: !isPlain && random() < 0.2 ? inWindow() : windowStart - 400 * DAY,
    retentionStart: !isPlain && random() < 0.2 ? Math.min(inWindow(), start - 2 * intervalMs) : 0,
    delistedAt: !isPlain && random() < 0.1 ? Math.floor(start + random() * (faultsEnd - start)) : null,
    shares: {
      holes: share(0.5, 0.03),
      lostRows: share(0.3, 0.02),
      flats: share(0.5, 0.1),
      revisions: share(0.8, 0.02),
      irregulars: share(0.3, 0.01),
    },
    lastRevisionMs: isLong ? LONG_REVISION_MS : SHORT_REVISION_MS,
    calmFrom: end - Math.max(2 * HOUR, 4 * intervalMs),
    digits: Math.floor(random() * 5),
    random,
  });
}
