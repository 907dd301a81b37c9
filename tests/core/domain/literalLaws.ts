/**
 * The laws of the design once more, as literally as they can be written: objects, texts and whole numbers, nothing carried from one bar to the next,
 * no column of the code under test. Slow on purpose.
 */
import type { Absence, Candle, Periods } from '@candlelake/core';
import type { SimpleBar } from './makeCandles.ts';

const MINUTE = 60_000;

export interface LiteralSpan {
  readonly openTime: number;
  readonly closeTime: number;
}

/** The bars of a session, found by walking it minute by minute. */
export function walkSession(day: number, timeframeMinutes: number): readonly LiteralSpan[] {
  const spans: LiteralSpan[] = [];
  let openTime = day;
  let minutesInBar = 0;
  for (let minute = 0; minute < 1440; minute++) {
    minutesInBar++;
    const end = day + (minute + 1) * MINUTE;
    if (minutesInBar < timeframeMinutes && minute < 1439) continue;
    spans.push({ openTime, closeTime: end });
    openTime = end;
    minutesInBar = 0;
  }
  return spans;
}

export interface LiteralDay {
  readonly slotMs: number;
  readonly day: number;
  readonly candles: readonly Candle[];
  readonly absences: readonly Absence[];
  readonly launchTime: number | null;
  readonly firstAvailable: number | null;
  readonly asOf: number;
}

type LiteralState = 'missing' | 'final' | 'provisional' | 'quiet' | 'unavailable' | 'notExpected' | 'notYet';

/** The state of one slot, rule by rule. */
function literalState(input: LiteralDay, openTime: number): LiteralState {
  const stored = input.candles.find((one) => one.openTime === openTime);
  const absence = input.absences.find((one) => one.openTime === openTime);
  const confirmed = absence !== undefined && absence.lastRead - absence.firstRead >= 600_000;
  if (openTime + input.slotMs > input.asOf) return 'notYet';
  const isBeforeHistory = input.firstAvailable !== null && openTime < input.firstAvailable;
  if (stored?.status === 'provisional' && !confirmed && !isBeforeHistory) return 'provisional';
  if (stored) return 'final';
  if (input.launchTime !== null && openTime < input.launchTime) return 'notExpected';
  if (confirmed) return 'quiet';
  if (isBeforeHistory) return 'unavailable';
  return 'missing';
}

export interface LiteralBar extends LiteralSpan {
  readonly index: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volumes: readonly string[];
  readonly candleCount: number;
  readonly expectedCount: number;
  readonly status: string;
  readonly afterOutage: boolean;
}

/** The bars of a day as of `asOf`, and whether it ends in an outage. */
export function literalBars(
  input: LiteralDay,
  timeframeMinutes: number,
): { bars: LiteralBar[]; endsInOutage: boolean } {
  const bars: LiteralBar[] = [];
  let outage = false;
  for (const [index, span] of walkSession(input.day, timeframeMinutes).entries()) {
    const openTimes: number[] = [];
    for (let time = span.openTime; time < span.closeTime; time += input.slotMs) openTimes.push(time);
    const states = openTimes.map((time) => literalState(input, time));
    const candles = input.candles
      .filter((one) => one.openTime >= span.openTime && one.openTime < span.closeTime)
      .toSorted((one, other) => one.openTime - other.openTime);
    const holes = states.includes('missing') || states.includes('unavailable');
    if (span.closeTime > input.asOf) continue;
    if (holes && span.closeTime + input.slotMs > input.asOf) continue;
    if (holes && candles.length === 0) outage = true;
    if (candles.length === 0) continue;
    const byNumber = (texts: string[]) => texts.toSorted((one, other) => Number(one) - Number(other));
    bars.push({
      ...span,
      index,
      open: candles[0]!.open,
      high: byNumber(candles.map((one) => one.high)).at(-1)!,
      low: byNumber(candles.map((one) => one.low))[0]!,
      close: candles.at(-1)!.close,
      volumes: candles.map((one) => one.volume),
      candleCount: candles.length,
      expectedCount: states.filter((state) => state !== 'notExpected').length,
      status: holes ? 'short' : states.includes('provisional') ? 'provisional' : 'complete',
      afterOutage: outage,
    });
    outage = false;
  }
  return { bars, endsInOutage: outage };
}

export interface LiteralIndicators {
  readonly maShort: number | null;
  readonly maLong: number | null;
  readonly maCross: 'GOLDEN_CROSS' | 'DEATH_CROSS' | null;
  readonly trend: 'BULLISH' | 'BEARISH' | 'NEUTRAL' | null;
  readonly tr: number;
  readonly atr: number | null;
  readonly atrPercent: number | null;
}

/** The indicators of the last bar of `bars`, from nothing but the bars themselves. */
export function literalIndicators(bars: readonly SimpleBar[], periods: Periods): LiteralIndicators {
  const restart = bars.findLastIndex((bar) => bar.afterOutage === true);
  const run = restart < 0 ? bars : bars.slice(restart);
  const maShort = literalMean(run, periods.maShort);
  const maLong = literalMean(run, periods.maLong);
  const atr = literalAtr(run, periods.atr);
  return {
    maShort,
    maLong,
    maCross: literalCross(run, periods),
    trend:
      maShort === null || maLong === null
        ? null
        : maShort === maLong
          ? 'NEUTRAL'
          : maShort > maLong
            ? 'BULLISH'
            : 'BEARISH',
    tr: literalTrueRanges(run).at(-1)!,
    atr,
    atrPercent: atr === null ? null : (atr / run.at(-1)!.close) * 100,
  };
}

function literalMean(run: readonly SimpleBar[], period: number): number | null {
  const last = run.slice(-period);
  return last.length < period ? null : last.reduce((sum, bar) => sum + bar.close, 0) / period;
}

function literalCross(run: readonly SimpleBar[], periods: Periods): LiteralIndicators['maCross'] {
  const before = run.slice(0, -1);
  if (run.at(-1)?.status === 'short' || before.at(-1)?.status === 'short') return null;
  const now = [literalMean(run, periods.maShort), literalMean(run, periods.maLong)] as const;
  const then = [literalMean(before, periods.maShort), literalMean(before, periods.maLong)] as const;
  if (now[0] === null || now[1] === null || then[0] === null || then[1] === null) return null;
  if (now[0] > now[1] && !(then[0] > then[1])) return 'GOLDEN_CROSS';
  if (now[0] < now[1] && !(then[0] < then[1])) return 'DEATH_CROSS';
  return null;
}

function literalTrueRanges(run: readonly SimpleBar[]): number[] {
  return run.map((bar, index) => {
    const candidates = [bar.high - bar.low];
    if (index > 0) candidates.push(Math.abs(bar.high - run[index - 1]!.close));
    if (index > 0) candidates.push(Math.abs(bar.low - run[index - 1]!.close));
    return candidates.toSorted((one, other) => other - one)[0]!;
  });
}

function literalAtr(run: readonly SimpleBar[], period: number): number | null {
  const ranges = literalTrueRanges(run);
  if (ranges.length < period) return null;
  const seed = ranges.slice(0, period).reduce((sum, range) => sum + range, 0) / period;
  return ranges.slice(period).reduce((previous, range) => (previous * (period - 1) + range) / period, seed);
}
