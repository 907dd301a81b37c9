import type { LakeKeeper } from '../derive/lakeKeeper.ts';
import type { Series } from '../domain/candle/candle.ts';
import type { Interval } from '../domain/time/interval.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../domain/time/time.ts';
import { RetryableError } from '../errors.ts';
import type { Clock, DerivationStore, ExchangeClock, History, Random } from '../ports.ts';
import { retryWaitMs } from '../waiting/retry.ts';
import { createProgress, type Progress } from './progress.ts';
import { describeSymbols } from './registerSymbols.ts';
import { createRepairer, type Repairer } from './repairPass.ts';
import type { AskPorts } from './repairWindow.ts';
import { createWaitingReport, type Unresolved, unresolved } from './settled.ts';
import type { RepairScope } from './survey.ts';

export interface BackfillPorts extends AskPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly exchangeClock: ExchangeClock;
  readonly history: History;
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

/** Tries against an exchange that does not answer, in a row, before the backfill gives up. */
const TRIES = 6;
/** A slot that history neither shows nor shows to be empty for this long will not settle soon. */
const STUCK_MS = 45 * MINUTE_MS;
const RETRY_MS = 15 * SECOND_MS;

/**
 * Fills a window from history, settles it and derives the lake. `settled` is false when the signal stopped it, or when slots stayed
 * open. Throws ConfigError for an unknown symbol, RetryableError when the exchange can't be reached.
 */
export async function runBackfill(
  ports: BackfillPorts,
  options: BackfillOptions,
  signal: AbortSignal,
): Promise<{ readonly settled: boolean }> {
  const repairer = createRepairer(ports);
  await describeSymbols(ports, { ...options, tries: TRIES }, signal);
  const scopes = options.symbols.map((symbol): RepairScope => {
    const series: Series = { market: 'swap', symbol, interval: options.interval };
    return { series, from: options.from, to: options.to, fillGaps: true, priority: 'background' };
  });
  try {
    return { settled: await settle(ports, repairer, scopes, signal) };
  } finally {
    await ports.derivation.advanceAsOf(options.to);
    ports.lake.request();
    await ports.lake.flush(ports.flushLimit());
  }
}

async function settle(
  ports: BackfillPorts,
  repairer: Repairer,
  scopes: readonly RepairScope[],
  signal: AbortSignal,
): Promise<boolean> {
  const progress = await createProgress({ ...ports, repairer }, scopes);
  const waiting = createWaitingReport(ports.report);
  let least = Number.POSITIVE_INFINITY;
  let leastSince = ports.exchangeClock.now();
  while (!signal.aborted) {
    await fillOnce(ports, { repairer, scopes, progress }, signal);
    progress.ended();
    const left = await unresolved(repairer, scopes);
    if (left.slots === 0) return true;
    const now = ports.exchangeClock.now();
    if (left.slots < least) [least, leastSince] = [left.slots, now];
    if (now - leastSince > STUCK_MS) return giveUp(ports, left);
    waiting(left);
    await ports.clock.sleep(Math.max(RETRY_MS, (left.waitUntil ?? 0) - now), signal).catch(() => {});
  }
  return false;
}

function giveUp({ report }: BackfillPorts, left: Unresolved): false {
  const message = `${left.slots} slots did not settle: history neither shows them nor shows them to be empty`;
  report({ level: 'error', kind: 'unsettled', message, fields: { slots: left.slots } });
  return false;
}

interface Fill {
  readonly repairer: Repairer;
  readonly scopes: readonly RepairScope[];
  readonly progress: Progress;
}

/** One pass over every scope; an exchange that does not answer is asked again a few times. */
async function fillOnce(ports: BackfillPorts, fill: Fill, signal: AbortSignal): Promise<void> {
  for (const scope of fill.scopes) {
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await fill.repairer.pass(scope, signal, (answer) => {
          attempt = 1;
          fill.progress.answered(scope.series, answer);
        });
        break;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof RetryableError) || attempt >= TRIES) throw error;
        await ports.clock.sleep(retryWaitMs(attempt, error, ports.random), signal).catch(() => {});
      }
    }
  }
}
