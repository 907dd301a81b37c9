import type { LakeKeeper } from '../derive/lakeKeeper.ts';
import { swapSeries } from '../domain/candle/candle.ts';
import type { Interval } from '../domain/time/interval.ts';
import { type EpochMs, MINUTE_MS } from '../domain/time/time.ts';
import type { DerivationStore, ExchangeClock, Report } from '../ports.ts';
import { unlistedEvent } from './listing.ts';
import {
  createProgress,
  createWaitingReport,
  historyFailed,
  type Unsettled,
  unsettledOf,
} from './progress.ts';
import { registerSymbols } from './registerSymbols.ts';
import { type RepairScopesPorts, repairScopes } from './repairScopes.ts';
import type { ScopeSchedule } from './schedule.ts';
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
  /** Slots that open in [from, to). */
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Failures of the exchange in a row after which the backfill gives up. */
const TRIES = 6;
/** Refusals of a symbol in a row, minutes apart, after which the others are filled without it. */
const REFUSAL_TRIES = 3;
/** Slots that history neither shows nor shows to be empty for this long will not settle soon. */
const STUCK_MS = 45 * MINUTE_MS;

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
  const unlisted = await registerSymbols(ports, { symbols, interval, tries: TRIES }, signal);
  for (const one of unlisted) ports.report(unlistedEvent(one));
  // The history of a symbol that was delisted may still be there.
  const left = unlisted.filter(({ state, isKnown }) => state === 'unlaunched' || !isKnown);
  const scopes = symbols
    .filter((symbol) => left.every((one) => one.symbol !== symbol))
    .map((symbol) => historyScope({ series: swapSeries(symbol, interval), from, to }));
  try {
    return { settled: (await settle(ports, scopes, signal)) && left.length === 0 };
  } finally {
    await ports.derivation.advanceAsOf(to);
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
  const onStuck = ({ slots }: Unsettled) => {
    reportStuck(ports.report, slots);
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

/** Reports what a backfill waits for, and calls `onStuck` once nothing has settled for {@link STUCK_MS}. */
function watchUnsettled(
  { report, exchangeClock }: { readonly report: Report; readonly exchangeClock: ExchangeClock },
  onStuck: (unsettled: Unsettled) => void,
): (schedules: readonly ScopeSchedule[]) => void {
  const reportWaiting = createWaitingReport(report);
  let fewest = Number.POSITIVE_INFINITY;
  let since = exchangeClock.now();
  return (schedules) => {
    const unsettled = unsettledOf(schedules);
    const now = exchangeClock.now();
    if (unsettled.slots < fewest) [fewest, since] = [unsettled.slots, now];
    if (now - since > STUCK_MS) onStuck(unsettled);
    else reportWaiting(unsettled);
  };
}

function reportLeft(report: Report, symbol: string): void {
  const message = `${symbol}: not filled, the exchange refuses it`;
  report({ level: 'error', kind: 'unsettled', message, fields: { symbol } });
}

function reportStuck(report: Report, slots: number): void {
  const message = `${slots} slots did not settle: history neither shows them nor shows them to be empty`;
  report({ level: 'error', kind: 'unsettled', message, fields: { slots } });
}
