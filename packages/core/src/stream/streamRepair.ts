import type { LakeKeeper } from '../derive/lakeKeeper.ts';
import { type HealPorts, healWatermark } from '../derive/watermark.ts';
import type { Series } from '../domain/candle/candle.ts';
import { floorToInterval, type Interval } from '../domain/time/interval.ts';
import type { EpochMs } from '../domain/time/time.ts';
import type { Report, RequestPriority } from '../ports.ts';
import { createPassCalls, type PassCalls } from '../repair/passCalls.ts';
import { createProgress, createWaitingReport, historyFailed, unsettledOf } from '../repair/progress.ts';
import { type RegisterPorts, registerSymbols } from '../repair/registerSymbols.ts';
import { type RepairScopesOptions, type RepairScopesPorts, repairScopes } from '../repair/repairScopes.ts';
import type { Exceptions } from './exceptions.ts';
import { createMarkets, type Markets } from './markets.ts';
import type { StatusBoard } from './status.ts';
import { historyScopes, liveScopes } from './streamScopes.ts';
import { watchListing } from './watchListing.ts';
import { watchLiveSlots } from './watchLiveSlots.ts';

export interface StreamRepairPorts extends RepairScopesPorts, RegisterPorts {
  readonly derivation: RepairScopesPorts['derivation'] & HealPorts['derivation'];
  readonly lake: Pick<LakeKeeper, 'request'>;
  readonly board: StatusBoard;
  readonly exceptions: Exceptions;
  readonly report: Report;
}

export interface StreamRepairOptions {
  readonly series: readonly Series[];
  readonly symbols: readonly string[];
  readonly interval: Interval;
  readonly historyDays: number;
  readonly backfill: boolean;
  readonly gapFill: boolean;
  /** Repair ends when every slot that closes by then is settled; null: it never ends. */
  readonly until: EpochMs | null;
}

export interface StreamRepair {
  /**
   * Repairs live slots and, at lower priority, the history before them. Resolves when all that closes by
   * `until` is settled; rejects with the signal's reason when it aborts.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Makes all live slots due now: a connection came up. */
  wake(): void;
  /** Notes that the stream showed a candle that closes then; a closed market is looked at at once. */
  streamed(symbol: string, closeTime: EpochMs): void;
  /** Resolves when history has been asked for everything once. */
  readonly firstBackfill: Promise<void>;
}

/** The repair side of a stream. */
export function createStreamRepair(ports: StreamRepairPorts, options: StreamRepairOptions): StreamRepair {
  const { symbols } = options;
  const { clock, exceptions } = ports;
  const calls = { live: createPassCalls(clock), history: createPassCalls(clock) };
  const onOpen = (symbol: string) => {
    calls.live.call(symbol);
    calls.history.call(symbol);
  };
  const markets = createMarkets({ symbols, exceptions, onOpen });
  const startedAt = clock.monotonic();
  const firstBackfill = Promise.withResolvers<void>();
  if (!options.backfill) firstBackfill.resolve();

  async function run(signal: AbortSignal): Promise<void> {
    markets.listed(await registerSymbols(ports, options, signal));
    ports.board.reached(true);
    await healWatermark(ports, options.interval);
    // The start of this run by the exchange's time, which is known only now: older slots are the backfill's.
    const startTime = ports.exchangeClock.now() - (clock.monotonic() - startedAt);
    const liveFrom = floorToInterval(startTime, options.interval);
    const onFirstBackfill = firstBackfill.resolve;
    await repairAll(
      { ...ports, calls, markets, passedAt: new Map() },
      { ...options, liveFrom, onFirstBackfill },
      signal,
    );
  }

  return {
    run,
    wake: calls.live.callAll,
    streamed: markets.streamed,
    firstBackfill: firstBackfill.promise,
  };
}

interface Parts extends StreamRepairPorts {
  readonly markets: Markets;
  /** When the last pass over the live slots of a symbol was answered, by the monotonic clock. */
  readonly passedAt: Map<string, number>;
  readonly calls: { readonly live: PassCalls; readonly history: PassCalls };
}

interface RunOptions extends StreamRepairOptions {
  /** The first slot of this run: older ones belong to the backfill. */
  readonly liveFrom: EpochMs;
  readonly onFirstBackfill: () => void;
}

/** Runs both repairs, and what watches beside them, until the repairs end or the signal aborts. */
async function repairAll(parts: Parts, options: RunOptions, signal: AbortSignal): Promise<void> {
  const { symbols, interval } = options;
  const { exceptions, markets, calls } = parts;
  const live = liveScopes(options);
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const liveRepair = { ...liveOptions(parts, options), scopes: live, calls: calls.live };
  const repairs = [repairScopes(parts, liveRepair, stop)];
  if (options.backfill) repairs.push(repairHistory(parts, options, stop));
  const listing = { symbols, interval, exceptions, onListing: markets.listed };
  const surveys = { scopes: live, interval, passedAt: parts.passedAt };
  const watches = [watchLiveSlots(parts, surveys, stop), watchListing(parts, listing, stop)];
  try {
    await Promise.race([Promise.all(repairs), ...watches]);
  } finally {
    over.abort();
  }
}

type Options = Omit<RepairScopesOptions, 'scopes'>;

/** Options that the repairs of live slots and of history share. */
function commonOptions(
  { board, report, exchangeClock, markets }: Parts,
  { until, priority }: { readonly until: EpochMs | null; readonly priority: RequestPriority },
): Options {
  const reportWaiting = createWaitingReport(report);
  return {
    goal: until === null ? 'kept settled' : 'settled',
    streamedUntil: markets.streamedUntil,
    onRefusal: (symbol, refusal) => markets.refused(priority, symbol, refusal),
    onFailure(error) {
      board.reached(false);
      report(historyFailed(error));
    },
    onIdle(schedules) {
      if (until !== null && exchangeClock.now() >= until) reportWaiting(unsettledOf(schedules));
    },
  };
}

function liveOptions(parts: Parts, { until }: StreamRepairOptions): Options {
  const { board, lake, report, markets, passedAt, clock } = parts;
  return {
    ...commonOptions(parts, { until, priority: 'live' }),
    onPass(schedule) {
      const { symbol } = schedule.scope.series;
      if (schedule.refusals === 0) passedAt.set(symbol, clock.monotonic());
      board.passed(symbol, schedule);
      markets.passed(schedule);
    },
    onAnswer({ series: { symbol } }, { filled }) {
      board.reached(true);
      lake.request();
      if (filled === 0) return;
      board.repaired(filled, parts.exchangeClock.now());
      const message = `${symbol}: filled ${filled} missing ${filled === 1 ? 'candle' : 'candles'}`;
      report({ level: 'info', kind: 'repaired', message, fields: { symbol, slots: filled } });
    },
  };
}

async function repairHistory(parts: Parts, options: RunOptions, signal: AbortSignal) {
  const { board, lake, calls, markets } = parts;
  const { onFirstBackfill, until } = options;
  const scopes = await historyScopes(parts, options);
  const progress = await createProgress(parts, scopes);
  board.backfilled(progress.read());
  const repair: RepairScopesOptions = {
    ...commonOptions(parts, { until, priority: 'background' }),
    scopes,
    calls: calls.history,
    onAnswer(scope, answer) {
      board.reached(true);
      board.repaired(answer.filled, parts.exchangeClock.now());
      board.backfilled(progress.answered(scope, answer));
      lake.request();
    },
    onPass(schedule) {
      const status = progress.passed(schedule);
      markets.pastPassed(schedule);
      const { scope, needs } = schedule;
      if (needs) board.historySurveyed(scope.series.symbol, needs);
      board.backfilled(status);
      if (!status.running) onFirstBackfill();
    },
  };
  return repairScopes(parts, repair, signal);
}
