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

/** The status line. */
export function statusText({ status, unansweredSince }: ServerView, zone: TimeZone): StatusText {
  if (unansweredSince !== null) {
    const since = formatSecond(unansweredSince, zone);
    return { tone: 'bad', state: `candlelake has not answered since ${since}: trying again`, details: [] };
  }
  if (status === null) return { tone: 'waiting', state: 'connecting to candlelake', details: [] };
  return { ...linkText(status, zone), details: details(status, zone) };
}

function linkText(
  { state, since, healthy, message }: StatusAnswer,
  zone: TimeZone,
): Pick<StatusText, 'tone' | 'state'> {
  if (state === 'disconnected')
    return { tone: 'bad', state: `no link to the exchange since ${formatSecond(since, zone)}: retrying` };
  if (state === 'starting') return { tone: 'waiting', state: 'starting' };
  return healthy ? { tone: 'good', state: 'live' } : { tone: 'waiting', state: message };
}

function details(status: StatusAnswer, zone: TimeZone): readonly string[] {
  const { lateness_ms, last_repair, as_of } = status;
  return [
    ...(status.backfill ? [backfillText(status.backfill)] : []),
    ...(lateness_ms === null ? [] : [`${formatDuration(lateness_ms)} behind`]),
    last_repair === null ? 'no repair yet' : repairText(last_repair, zone),
    as_of === null ? 'lake is empty' : `lake as of ${formatMinute(as_of, zone)}`,
  ];
}

function repairText({ at, slots }: NonNullable<StatusAnswer['last_repair']>, zone: TimeZone): string {
  return `last repair ${formatSecond(at, zone)} (${slots} ${slots === 1 ? 'slot' : 'slots'})`;
}

/** `backfilling: 3 of 6 requests, about 4 s` */
function backfillText(backfill: NonNullable<StatusAnswer['backfill']>): string {
  const { requests_done, requests_total, eta_s } = backfill;
  const eta = formatSeconds(Math.max(1, Math.round(eta_s)));
  return `backfilling: ${requests_done} of ${requests_total} requests, about ${eta}`;
}

function formatSeconds(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : formatDuration(seconds * 1000);
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
  if (unansweredSince !== null) return statusText(options, zone).state;
  if (problem !== null) return problem;
  if (status?.backfill) return backfillText(status.backfill);
  if (isLoading || status === null) return 'loading bars';
  if (symbol === null) return 'the store has no symbol yet: waiting for the first candle';
  const link = linkText(status, zone);
  if (link.tone === 'bad') return link.state;
  return `${symbol} has no bar of ${timeframe} yet: the first one appears with its first candle`;
}
