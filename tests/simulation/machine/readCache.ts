import type { Series, SlotFacts } from '@candlelake/core';
import type { SqliteStore } from '../../../packages/cli/src/adapters/sqliteStore.ts';

/** Reads whose answers change with the candles of their series only. */
const CANDLE_READS: ReadonlySet<string> = new Set<keyof SqliteStore>([
  'readDay',
  'newestCandle',
  'revisions',
]);
/** Reads whose answers any write may change. */
const OTHER_READS: ReadonlySet<string> = new Set<keyof SqliteStore>([
  ...(['listSeries', 'findSeries', 'readSettings', 'readAsOf'] as const),
  ...(['dirtyDays', 'readMark', 'readCheckpoint', 'readCoverage', 'readObjects', 'readEncodings'] as const),
]);
/** Calls that change no answer of these reads. */
const NEUTRAL: ReadonlySet<string> = new Set<keyof SqliteStore>([
  'changePace',
  'recentNotices',
  'openOutbox',
]);

type Read = (...args: readonly Argument[]) => Promise<unknown>;
type Argument = Series | string | number;

/**
 * The same store, which repeats the answer of a read until a call could have changed it. Only for a store with
 * one connection and no import: other writes of candles would not be noticed.
 */
export function withReadCache(store: SqliteStore): SqliteStore {
  const candleAnswers = new Map<string, Map<string, Promise<unknown>>>();
  const otherAnswers = new Map<string, Promise<unknown>>();

  function answersOf(name: string, series: Argument | undefined): Map<string, Promise<unknown>> {
    if (!CANDLE_READS.has(name)) return otherAnswers;
    const key = textOf(series!);
    const known = candleAnswers.get(key);
    if (known) return known;
    const answers = new Map<string, Promise<unknown>>();
    candleAnswers.set(key, answers);
    return answers;
  }

  function cached(name: string, read: Read): Read {
    return (...args) => {
      const answers = answersOf(name, args[0]);
      const key = `${name} ${args.map(textOf).join()}`;
      const known = answers.get(key);
      if (known) return known;
      const answer = read(...args);
      answers.set(key, answer);
      return answer;
    };
  }

  const methods = Object.entries(store).map(([name, method]) => {
    if (NEUTRAL.has(name)) return [name, method];
    if (CANDLE_READS.has(name) || OTHER_READS.has(name)) return [name, cached(name, method)];
    const write = (...args: readonly unknown[]) => {
      otherAnswers.clear();
      return method(...args);
    };
    return [name, write];
  });
  const merge: SqliteStore['merge'] = (facts: readonly SlotFacts[]) => {
    otherAnswers.clear();
    for (const { series } of facts) candleAnswers.delete(textOf(series));
    return store.merge(facts);
  };
  return { ...Object.fromEntries(methods), merge } as SqliteStore;
}

function textOf(argument: Argument): string {
  if (typeof argument !== 'object') return String(argument);
  const { market, symbol, interval } = argument;
  return `${market} ${symbol} ${interval}`;
}
