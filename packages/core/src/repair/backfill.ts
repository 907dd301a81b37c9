import type { LakeKeeper } from '../derive/lakeKeeper.ts';
import { healWatermark } from '../derive/watermark.ts';
import { floorToInterval, type Interval } from '../domain/time/interval.ts';
import { type EpochMs, formatInstant, MINUTE_MS } from '../domain/time/time.ts';
import { ConfigError } from '../errors.ts';
import type { DerivationStore, ExchangeClock, Report } from '../ports.ts';
import { unlistedEvent } from './listing.ts';
import { createProgress, createWaitingReport, historyFailed, unsettledOf } from './progress.ts';
import { registerSymbols } from './registerSymbols.ts';
import { type RepairScopesPorts, repairScopes } from './repairScopes.ts';
import { mostUrgent, nextPassAt, type ScopeSchedule } from './schedule.ts';
import { historyScope, type RepairScope } from './scope.ts';

export interface BackfillPorts extends RepairScopesPorts {
  readonly derivation: DerivationStore;
  readonly lake: LakeKeeper;
  /** Made when the fill has ended: aborts when the host can wait no longer for the lake. */
  readonly flushLimit: () => AbortSignal;
}

export interface BackfillOptions {
  readonly symbols: readonly string[];
  readonly interval: Interval;
  /** Slots that open in [from, to) and have closed. */
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Failures of the exchange in a row after which the backfill gives up. */
const TRIES = 6;
/** Refusals of a symbol in a row, minutes apart, after which the others are filled without it. */
const REFUSAL_TRIES = 3;
/** Slots that history neither shows nor shows to be empty for this long will not settle soon. */
const STUCK_MS = 45 * MINUTE_MS;
/** A backfill that waits for nothing but unreadable rows ends when the next read of them is further ahead. */
const UNREADABLE_WAIT_MS = 10 * MINUTE_MS;

/**
 * Fills a window from history, settles it and derives the lake. `settled` is false when the signal stopped
 * it, when slots did not settle, or when a symbol was refused or is not listed; the others are filled all the
 * same. Throws ConfigError when no symbol is known, RetryableError when the exchange can't be reached.
 */
export async function runBackfill(
  ports: BackfillPorts,
  options: BackfillOptions,
  signal: AbortSignal,
): Promise<{ readonly settled: boolean }> {
  const { symbols, interval, from, to } = options;
  const { market } = ports.history;
  const unlisted = await registerSymbols(ports, { symbols, interval, tries: TRIES }, signal);
  const startedAt = ports.exchangeClock.now();
  const end = floorToInterval(Math.min(to, startedAt), interval);
  if (from >= end) throw new ConfigError(`--from "${formatInstant(from)}": no candle has closed since then`);
  await healWatermark(ports, interval);
  // The history of a symbol that was delisted may still be there.
  const left = unlisted.filter(({ state, isKnown }) => state === 'unlaunched' || !isKnown);
  for (const one of unlisted) {
    const effect = left.includes(one)
      ? 'it is not filled, the others are'
      : 'what history still has is filled';
    ports.report(unlistedEvent(one, effect));
  }
  const scopes = symbols
    .filter((symbol) => left.every((one) => one.symbol !== symbol))
    .map((symbol) => historyScope({ series: { market, symbol, interval }, from, to: end, startedAt }));
  try {
    return { settled: (await settle(ports, scopes, signal)) && left.length === 0 };
  } finally {
    await ports.derivation.advanceAsOf(end);
    ports.lake.request();
    await ports.lake.flush(ports.flushLimit());
  }
}

async function settle(
  ports: BackfillPorts,
  scopes: readonly RepairScope[],
  signal: AbortSignal,
): Promise<boolean> {
  const progress = await createProgress(ports, scopes);
  const stuck = new AbortController();
  const stop = AbortSignal.any([signal, stuck.signal]);
  const onStuck = (schedules: readonly ScopeSchedule[]) => {
    reportStuck(ports.report, schedules);
    stuck.abort();
  };
  try {
    const schedules = await repairScopes(
      ports,
      {
        scopes,
        goal: 'settled',
        tries: TRIES,
        refusalTries: REFUSAL_TRIES,
        onAnswer: progress.answered,
        onPass: progress.passed,
        onFailure: (error) => ports.report(historyFailed(error)),
        onIdle: watchUnsettled(ports, onStuck),
      },
      stop,
    );
    const refused = schedules.filter(({ refusals }) => refusals > 0);
    for (const { scope } of refused) reportLeft(ports.report, scope.series.symbol);
    return refused.length === 0;
  } catch (error) {
    if (stop.aborted) return false;
    throw error;
  }
}

/**
 * Reports what a backfill waits for, and calls `onStuck` once nothing has settled for {@link STUCK_MS}, or
 * once only unreadable rows are left.
 */
function watchUnsettled(
  { report, exchangeClock }: { readonly report: Report; readonly exchangeClock: ExchangeClock },
  onStuck: (schedules: readonly ScopeSchedule[]) => void,
): (schedules: readonly ScopeSchedule[]) => void {
  const reportWaiting = createWaitingReport(report);
  let fewest = Number.POSITIVE_INFINITY;
  let since = exchangeClock.now();
  return (schedules) => {
    const unsettled = unsettledOf(schedules);
    const now = exchangeClock.now();
    if (unsettled.slots < fewest) [fewest, since] = [unsettled.slots, now];
    const next = mostUrgent(schedules);
    const waitsLong = next !== null && nextPassAt(next) - now > UNREADABLE_WAIT_MS;
    const isUnreadable = unsettled.slots > 0 && unsettled.unreadable === unsettled.slots;
    if (now - since > STUCK_MS || (isUnreadable && waitsLong)) onStuck(schedules);
    else reportWaiting(unsettled);
  };
}

function reportLeft(report: Report, symbol: string): void {
  const message = `${symbol}: not filled, the exchange refuses it`;
  report({ level: 'error', kind: 'unsettled', message, fields: { symbol } });
}

/** One line for each symbol with unreadable rows, and one for all other slots that did not settle. */
function reportStuck(report: Report, schedules: readonly ScopeSchedule[]): void {
  const { slots: all, unreadable } = unsettledOf(schedules);
  for (const { scope, needs } of schedules) {
    const [openTime] = needs?.unreadable ?? [];
    if (!needs || openTime === undefined) continue;
    const { symbol } = scope.series;
    const slots = needs.unreadable.length;
    const message = `${symbol}: ${slots} slots did not settle, ${formatInstant(openTime)} the first: history's rows of them can't be read`;
    report({ level: 'error', kind: 'unsettled', message, fields: { symbol, slots, openTime } });
  }
  const slots = all - unreadable;
  if (slots === 0) return;
  const message = `${slots} slots did not settle: history neither shows them nor shows them to be empty`;
  report({ level: 'error', kind: 'unsettled', message, fields: { slots } });
}
