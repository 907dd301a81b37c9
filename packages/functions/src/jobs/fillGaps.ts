import {
  countsForHealth,
  DAY_MS,
  type DerivationStore,
  type EpochMs,
  HOUR_MS,
  type Interval,
  limitHistory,
  MINUTE_MS,
  type Needs,
  type RepairScope,
  type RepairScopesPorts,
  RequestsUsedUp,
  readNeeds,
  repairScopes,
  startOfDay,
  watermarkAt,
} from '@candlelake/core';
import type { StreamReport } from '../adapters/dynamo/statusItems.ts';
import { scopeOf } from './backfillRange.ts';
import { type StandDownPorts, standDown } from './standDown.ts';

export interface FillPorts extends RepairScopesPorts, StandDownPorts {
  readonly derivation: DerivationStore;
  readonly readStream: () => Promise<StreamReport | null>;
}

export interface FillOptions {
  readonly symbols: readonly string[];
  readonly interval: Interval;
}

export interface Filled {
  /** Slots that are not settled yet, of those looked at. */
  readonly open: number;
  readonly asked: number;
}

/** The stream has this long to settle a slot itself. */
const STREAM_PATIENCE_MS = 15 * MINUTE_MS;
const REQUESTS_PER_RUN = 60;
/** A status older than this is that of a stream that has died. */
export const STATUS_LIFE_MS = 3 * MINUTE_MS;

/**
 * Holes older than this are asked for in one of six runs: what history did not settle by then it settles late
 * or never.
 */
const OLD_HOLE_MS = 2 * HOUR_MS;
const OLD_HOLES_EVERY_MS = 30 * MINUTE_MS;
/** The time between two runs: the schedule in `names.ts`. */
const RUN_MS = 5 * MINUTE_MS;

/**
 * Fills what the stream left open for longer than {@link STREAM_PATIENCE_MS}, the symbol with the oldest hole
 * first, with at most {@link REQUESTS_PER_RUN} requests. The stream's status says where to look: reading two
 * days of every symbol each time would cost more than the stream's writes. While there is no stream, it
 * raises the watermark.
 */
export async function fillGaps(ports: FillPorts, options: FillOptions, signal: AbortSignal): Promise<Filled> {
  const history = limitHistory(ports.history, REQUESTS_PER_RUN);
  const report = await ports.readStream();
  const isStreaming = report !== null && ports.clock.now() - report.at <= STATUS_LIFE_MS;
  const suspects = isStreaming ? openLiveScopes(ports, report, options) : recentScopes(ports, options);
  const open = await openScopes(ports, { suspects, report }, signal);
  const now = ports.exchangeClock.now();
  const due = [...open].filter(([, { ask }]) => !isStreaming || isDue(ask[0]!, now));
  let asked = 0;
  try {
    if (due.length > 0 || !isStreaming) await history.syncClock(signal);
    if (!isStreaming) await advanceWatermark(ports, options);
    await repairScopes(
      { ...ports, history },
      {
        scopes: due.map(([scope]) => scope),
        goal: 'passed',
        tries: 1,
        onAnswer: (_scope, answer) => {
          asked += answer.asked;
        },
        onPass: ({ scope, needs }) => needs && open.set(scope, needs),
      },
      signal,
    );
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RequestsUsedUp)) await standDown(ports, error);
  }
  const slots = [...open.values()].map(({ missing, provisional }) => missing.length + provisional.length);
  return { open: slots.reduce((sum, count) => sum + count, 0), asked };
}

/**
 * The scopes that history can be asked for now with what they need: symbols that are kept as usual first, and
 * of these the one with the oldest hole.
 */
async function openScopes(
  ports: FillPorts,
  { suspects, report }: { readonly suspects: readonly RepairScope[]; readonly report: StreamReport | null },
  signal: AbortSignal,
): Promise<Map<RepairScope, Needs>> {
  const unusual = new Set<string>();
  for (const status of report?.status.symbols ?? []) if (!countsForHealth(status)) unusual.add(status.symbol);
  const found: (readonly [RepairScope, Needs])[] = [];
  for (const scope of suspects) {
    const needs = await readNeeds(ports, scope, signal);
    if (needs.ask.length > 0) found.push([scope, needs]);
  }
  const rank = ([{ series }]: (typeof found)[number]) => (unusual.has(series.symbol) ? 1 : 0);
  const oldest = ([, { ask }]: (typeof found)[number]): EpochMs => ask[0]!;
  return new Map(found.sort((a, b) => rank(a) - rank(b) || oldest(a) - oldest(b)));
}

/** Where the stream's status says that slots are open. */
function openLiveScopes(
  { exchangeClock, history: { market } }: FillPorts,
  { status }: StreamReport,
  { interval }: FillOptions,
): readonly RepairScope[] {
  const to = exchangeClock.now() - STREAM_PATIENCE_MS;
  return status.symbols
    .filter(countsForHealth)
    .flatMap(({ symbol, oldestUnresolvedLive: oldest }) =>
      oldest !== null && oldest < to ? [scopeOf({ market, symbol, interval, from: oldest, to })] : [],
    );
}

/** Whether this run asks for slots of which the oldest is this one. */
function isDue(oldest: EpochMs, now: EpochMs): boolean {
  return now - oldest < OLD_HOLE_MS || now % OLD_HOLES_EVERY_MS < RUN_MS;
}

/** All symbols since yesterday. Older holes belong to the plan of the backfill. */
function recentScopes(
  { exchangeClock, history: { market } }: FillPorts,
  { symbols, interval }: FillOptions,
): readonly RepairScope[] {
  const to = exchangeClock.now() - STREAM_PATIENCE_MS;
  const yesterday = startOfDay(to) - DAY_MS;
  return symbols.map((symbol) => scopeOf({ market, symbol, interval, from: yesterday, to }));
}

async function advanceWatermark(
  { derivation, exchangeClock }: FillPorts,
  { interval }: FillOptions,
): Promise<void> {
  await derivation.advanceAsOf(watermarkAt(exchangeClock.now(), interval, null));
}
