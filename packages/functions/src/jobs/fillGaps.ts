import {
  DAY_MS,
  type EpochMs,
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
} from '@candlelake/core';
import type { StreamReport } from '../adapters/dynamo/statusItems.ts';
import { scopeOf } from './backfillRange.ts';
import { type StandDownPorts, standDown } from './standDown.ts';

export interface FillPorts extends RepairScopesPorts, StandDownPorts {
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
 * Fills what the stream left open for longer than {@link STREAM_PATIENCE_MS}, the symbol with the oldest hole
 * first, with at most {@link REQUESTS_PER_RUN} requests. The stream's status says where to look: reading two
 * days of every symbol each time would cost more than the stream's writes.
 */
export async function fillGaps(ports: FillPorts, options: FillOptions, signal: AbortSignal): Promise<Filled> {
  const history = limitHistory(ports.history, REQUESTS_PER_RUN);
  const open = await openScopes(ports, options, signal);
  let asked = 0;
  try {
    if (open.size > 0) await history.syncClock(signal);
    await repairScopes(
      { ...ports, history },
      {
        scopes: [...open.keys()],
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

/** The scopes that history can be asked for now with what they need, the oldest hole first. */
async function openScopes(
  ports: FillPorts,
  options: FillOptions,
  signal: AbortSignal,
): Promise<Map<RepairScope, Needs>> {
  const found: (readonly [RepairScope, Needs])[] = [];
  for (const scope of await suspectScopes(ports, options)) {
    const needs = await readNeeds(ports, scope, signal);
    if (needs.ask.length > 0) found.push([scope, needs]);
  }
  const oldest = ([, { ask }]: (typeof found)[number]): EpochMs => ask[0]!;
  return new Map(found.sort((a, b) => oldest(a) - oldest(b)));
}

/**
 * Where slots may be open: where the stream's status says so, or anywhere since yesterday when there is no
 * fresh one. Older holes belong to the plan of the backfill.
 */
async function suspectScopes(
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
