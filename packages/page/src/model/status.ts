import type { StatusAnswer } from '@candlelake/core';
import { formatDuration, formatMinute, formatSecond, type TimeZone } from './format.ts';

export interface StatusText {
  /** Colour of the dot before the line. */
  readonly tone: 'good' | 'waiting' | 'bad';
  /** The state of the link; it changes rarely and is announced to screen readers. */
  readonly state: string;
  /** Lateness, last repair, lake; these change all the time. */
  readonly details: readonly string[];
}

/** What the page knows of the server. */
export interface ServerView {
  readonly status: StatusAnswer | null;
  /** Since when the server has not answered, by the clock of the browser; null while it does. */
  readonly unansweredSince: number | null;
}

/** The status line. What the state is, the server says in its own words. */
export function statusText({ status, unansweredSince }: ServerView, zone: TimeZone): StatusText {
  if (unansweredSince !== null) {
    const since = formatSecond(unansweredSince, zone);
    return { tone: 'bad', state: `candlelake has not answered since ${since}: trying again`, details: [] };
  }
  if (status === null) return { tone: 'waiting', state: 'connecting to candlelake', details: [] };
  const { state, healthy, message } = status;
  const tone = state === 'disconnected' ? 'bad' : state === 'connected' && healthy ? 'good' : 'waiting';
  return { tone, state: message, details: details(status, zone) };
}

function details({ lateness_ms, last_repair, as_of }: StatusAnswer, zone: TimeZone): readonly string[] {
  return [
    ...(lateness_ms === null ? [] : [`${formatDuration(lateness_ms)} behind`]),
    last_repair === null ? 'no repair yet' : repairText(last_repair, zone),
    as_of === null ? 'lake is empty' : `lake as of ${formatMinute(as_of, zone)}`,
  ];
}

function repairText({ at, slots }: NonNullable<StatusAnswer['last_repair']>, zone: TimeZone): string {
  return `last repair ${formatSecond(at, zone)} (${slots} ${slots === 1 ? 'slot' : 'slots'})`;
}

export interface EmptyOptions extends ServerView {
  readonly symbol: string | null;
  readonly timeframe: string | null;
  readonly isLoading: boolean;
  /** What the server said when it refused the bars; null when it did not. */
  readonly problem: string | null;
  readonly zone: TimeZone;
}

/** What stands in the place of the chart while there is no bar. */
export function emptyText(options: EmptyOptions): string {
  const { status, symbol, timeframe, isLoading, problem, zone, unansweredSince } = options;
  if (unansweredSince !== null || status === null) return statusText(options, zone).state;
  if (problem !== null) return problem;
  if (status.backfill || status.state !== 'connected') return status.message;
  if (isLoading) return 'loading bars';
  if (symbol === null) return 'the store has no symbol yet: waiting for the first candle';
  return `${symbol} has no bar of ${timeframe} yet: the first one appears with its first candle`;
}
