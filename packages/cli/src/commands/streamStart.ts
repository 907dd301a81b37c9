import {
  type Clock,
  ConfigError,
  DAY_MS,
  formatInstant,
  formatTimeframe,
  type Settings,
  type StreamStatus,
  startOfDay,
} from '@candlelake/core';
import type { Display } from '../output/display.ts';
import { formatSymbols } from '../output/formatSymbols.ts';

/** How often to check whether the history is filled and derived, in real ms. */
const HISTORY_CHECK_MS = 250;

/** An end in the past is allowed within the window of history: it is filled up to there. */
export function refuseEarlyEnd({ until, historyDays }: Settings, clock: Clock): void {
  const from = startOfDay(clock.now()) - historyDays * DAY_MS;
  if (until === null || until > from) return;
  throw new ConfigError(
    `--until "${formatInstant(until)}": expected a time after "${formatInstant(from)}", ` +
      'the start of the window of --history-days',
  );
}

interface StreamStart {
  /** The address of the HTTP server. */
  readonly url: string;
  readonly clock: Clock;
  readonly display: Display;
}

/** Says what is streamed, and where the HTTP server listens. */
export function reportStart(
  { market, symbols, interval, timeframes, output, until }: Settings,
  { url, clock, display: { report } }: StreamStart,
): void {
  const bars = timeframes.map(formatTimeframe).join(', ');
  const message = `${formatSymbols(symbols, market)}: candles of ${interval}, bars of ${bars}, into ${output}`;
  const listening = `page at ${url}/, health at ${url}/health`;
  report({ level: 'info', kind: 'listening', message: listening, fields: { url } });
  report({ level: 'info', kind: 'starting', message, fields: { symbols: symbols.join(), interval, output } });
  if (until === null || until > clock.now()) return;
  const past = `--until ${formatInstant(until)} is in the past: the history before it is filled, nothing is streamed`;
  report({ level: 'warn', kind: 'until-past', message: past, fields: { until } });
}

/** Shows the last bars of the history once the backfill has ended and the lake was derived after it. */
export function showHistoryOnce(status: () => StreamStatus, clock: Clock, display: Display): NodeJS.Timeout {
  let filledAt = Number.POSITIVE_INFINITY;
  const timer = setInterval(() => {
    const { reachable, backfill, lake } = status();
    if (!reachable || backfill.running) return;
    filledAt = Math.min(filledAt, clock.now());
    if (lake.lastDerivedAt === null || lake.lastDerivedAt < filledAt || lake.dirtyDays > 0) return;
    clearInterval(timer);
    display.endHistory();
  }, HISTORY_CHECK_MS);
  return timer;
}
