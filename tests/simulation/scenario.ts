import type { Interval } from '@candlelake/core';
import { type Book, createBook } from './books.ts';
import { type Fault, type FaultKind, planFaults } from './faults.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** All that a seed decides before the run begins. */
export interface Scenario {
  readonly seed: number;
  readonly interval: Interval;
  readonly intervalMs: number;
  readonly timeframes: readonly number[];
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
  readonly seed: number;
  readonly days: number;
  readonly symbols: number;
  readonly without?: readonly FaultKind[];
  readonly random: () => number;
}

const NAMES = ['AAA-USDT', 'BBB-USDT', 'CCC-USDT', 'DDD-USDT', 'EEE-USDT', 'FFF-USDT'];

/** Finals are read again up to a day after their close: after so long without faults everything is settled. */
const QUIET_MS = 27 * HOUR;

const GRIDS: readonly (readonly [Interval, number, readonly number[]])[] = [
  ['3m', 3 * MINUTE, [21]],
  ['3m', 3 * MINUTE, [21, 60]],
  ['5m', 5 * MINUTE, [25]],
  ['15m', 15 * MINUTE, [45]],
  ['1h', HOUR, [240]],
];

/** Draws a scenario. Two calls with equal options and equal random numbers give the same one. */
export function drawScenario(options: ScenarioOptions): Scenario {
  const { random, seed, days } = options;
  const [interval, intervalMs, timeframes] = GRIDS[Math.floor(random() ** 2 * GRIDS.length)]!;
  const start = Date.UTC(2026, 9, 1 + Math.floor(random() * 28)) + Math.floor(random() * DAY);
  const faultsEnd = start + days * DAY;
  const end = faultsEnd + QUIET_MS;
  const historyDays = Math.floor(random() * 3);
  const windowStart = Math.floor(start / DAY) * DAY - historyDays * DAY;
  const symbols = NAMES.slice(0, options.symbols);
  const books = symbols.map((symbol, index) => {
    // The first symbol is plain: a run always has one that everything is known of.
    const isPlain = index === 0;
    const inWindow = () => windowStart + random() * (faultsEnd - windowStart);
    return createBook({
      symbol,
      intervalMs,
      from: windowStart - 3 * DAY,
      to: end + DAY,
      launchTime: !isPlain && random() < 0.2 ? Math.min(inWindow(), start) : windowStart - 400 * DAY,
      retentionStart: !isPlain && random() < 0.2 ? Math.min(inWindow(), start) : 0,
      delistedAt: !isPlain && random() < 0.1 ? start + random() * (faultsEnd - start) : null,
      holes: random() < 0.5 ? random() * 0.03 : 0,
      flats: random() < 0.5 ? random() * 0.1 : 0,
      revisions: random() * 0.02,
      revisedUntil: faultsEnd,
      digits: Math.floor(random() * 5),
      random,
    });
  });
  const { without = [] } = options;
  const perDay = 2 + random() * 20;
  const faults = planFaults({ from: start + MINUTE, to: faultsEnd, symbols, perDay, without, random });
  return {
    ...{ seed, interval, intervalMs, timeframes, historyDays, start, faultsEnd, end },
    ...{ books, faults, windowStart },
  };
}
