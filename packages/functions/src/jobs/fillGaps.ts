import {
  type AskPorts,
  BadDataError,
  createRepairer,
  DAY_MS,
  type EpochMs,
  type Interval,
  limitHistory,
  MINUTE_MS,
  type RepairScope,
  RequestsUsedUp,
  SymbolRefusedError,
  startOfDay,
  survey,
} from '@candlelake/core';
import type { StreamReport } from '../adapters/dynamo/statusItems.ts';
import { scopeOf } from './backfillRange.ts';
import { type StandDownPorts, standDown } from './standDown.ts';

export interface FillPorts extends AskPorts, StandDownPorts {
  readonly readStream: () => Promise<StreamReport | null>;
}

export interface FillOptions {
  readonly symbols: readonly string[];
  readonly interval: Interval;
}

export interface Filled {
  /** Slots that are still open, of those looked at. */
  readonly open: number;
  readonly asked: number;
}

/** The stream has this long to settle a slot by itself. */
const STREAM_PATIENCE_MS = 15 * MINUTE_MS;
const REQUESTS_PER_RUN = 60;
/** A status older than this is that of a stream that has died. */
export const STATUS_LIFE_MS = 3 * MINUTE_MS;

/**
 * Fills what the stream left open for longer than {@link STREAM_PATIENCE_MS}, the oldest first, with at most {@link REQUESTS_PER_RUN} requests.
 * The stream's own status says where to look, because reading two days of every symbol each time would cost more than the stream's writes.
 */
export async function fillGaps(ports: FillPorts, options: FillOptions, signal: AbortSignal): Promise<Filled> {
  const history = limitHistory(ports.history, REQUESTS_PER_RUN);
  const repairer = createRepairer({ ...ports, history });
  const found = await openScopes(ports, options);
  let open = found.reduce((sum, one) => sum + one.open, 0);
  let asked = 0;
  try {
    if (found.length > 0) await history.syncClock(signal);
    for (const { scope, open: before } of found) {
      const needs = await repairer
        .pass(scope, signal, (answer) => {
          asked += answer.asked;
        })
        .catch(reportRefused(ports, scope));
      if (needs) open += needs.missing.length + needs.provisional.length - before;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RequestsUsedUp)) await standDown(ports, error);
  }
  return { open, asked };
}

/** A symbol that history refuses for good must not keep the others from their turn. */
function reportRefused({ report }: FillPorts, { series: { symbol } }: RepairScope) {
  return (error: unknown): null => {
    if (!(error instanceof BadDataError || error instanceof SymbolRefusedError)) throw error;
    report({ level: 'error', kind: 'refused', message: `${symbol}: ${error.message}`, fields: { symbol } });
    return null;
  };
}

interface OpenScope {
  readonly scope: RepairScope;
  readonly oldest: EpochMs;
  readonly open: number;
}

async function openScopes(ports: FillPorts, options: FillOptions): Promise<readonly OpenScope[]> {
  const found: OpenScope[] = [];
  for (const scope of await suspects(ports, options)) {
    const needs = await survey(ports, scope);
    const oldest = needs.ask[0];
    const open = needs.missing.length + needs.provisional.length;
    if (oldest !== undefined) found.push({ scope, oldest, open });
  }
  return found.sort((a, b) => a.oldest - b.oldest);
}

/** Where something may be open: by the stream's own word, or anywhere since yesterday when it is silent. What is older is the plan's. */
async function suspects(
  { exchangeClock, clock, readStream }: FillPorts,
  { symbols, interval }: FillOptions,
): Promise<readonly RepairScope[]> {
  const to = exchangeClock.now() - STREAM_PATIENCE_MS;
  const report = await readStream();
  if (report === null || clock.now() - report.at > STATUS_LIFE_MS) {
    const yesterday = startOfDay(to) - DAY_MS;
    return symbols.map((symbol) => scopeOf({ symbol, interval, from: yesterday, to }));
  }
  return report.status.symbols.flatMap(({ symbol, oldestUnresolvedLive: oldest }) =>
    oldest !== null && oldest < to ? [scopeOf({ symbol, interval, from: oldest, to })] : [],
  );
}
