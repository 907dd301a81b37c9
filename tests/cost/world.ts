import {
  type Clock,
  type EpochMs,
  HOUR_MS,
  type PaceStore,
  paceOf,
  parseSettings,
  type Report,
  type ReportedEvent,
  RequestBudget,
} from '@candlelake/core';
import { cacheDerivation } from '../../packages/functions/src/adapters/dynamo/cachedDerivation.ts';
import { createStatusItems } from '../../packages/functions/src/adapters/dynamo/statusItems.ts';
import { createDynamoStore, createStreamStore } from '../../packages/functions/src/adapters/dynamo/store.ts';
import { createDynamoTable } from '../../packages/functions/src/adapters/dynamo/table.ts';
import { exchangeClockOf } from '../support/exchangeClock.ts';
import { createFakeHistory } from '../support/fakeHistory.ts';
import { createLeapingClock } from './leapingClock.ts';
import { createMeteredTable } from './meteredDynamo.ts';
import { createMeteredBucket } from './meteredS3.ts';
import { walkValues } from './prices.ts';

/** Who is billed for what. */
const ACTORS = ['stream', 'buildLake', 'fillGaps', 'backfill', 'backfillWorker'] as const;
export type Actor = (typeof ACTORS)[number];

/** Counted beside table and bucket. */
export interface Counted {
  requests: number;
  logLines: number;
  messages: number;
  notices: number;
}

export type World = ReturnType<typeof createWorld>;

/** What all processes share: a clock, a table and a bucket that count, and an exchange that never fails. */
export function createWorld(symbols: readonly string[], start: EpochMs) {
  const clock = createLeapingClock(start);
  const table = createMeteredTable();
  const bucket = createMeteredBucket();
  const settings = parseSettings({ flags: { symbol: [...symbols] } });
  const counted: Counted = { requests: 0, logLines: 0, messages: 0, notices: 0 };
  const report = ({ level }: ReportedEvent) => {
    if (level !== 'debug') counted.logLines += 1;
  };
  const clients = Object.fromEntries(ACTORS.map((actor) => [actor, table.client()]));

  /** The ports of one process, wired as `wire.ts` wires them. */
  function connect(actor: Actor) {
    const dynamo = createDynamoTable(clients[actor]!.client, 'table');
    const isStream = actor === 'stream';
    const open = isStream ? createStreamStore : createDynamoStore;
    const store = open(dynamo, { now: clock.now, realNow: clock.now });
    return {
      ...{
        settings,
        clock,
        report,
        dynamo,
        exchangeClock: exchangeClockOf(clock),
        random: () => 0.5,
        yieldToHost: async () => {},
      },
      status: createStatusItems(dynamo),
      pace: store,
      candles: store,
      notices: store,
      derivation: isStream ? cacheDerivation(store, { now: clock.now, keepMs: HOUR_MS }) : store,
      history: pacedHistory({
        symbols,
        clock,
        report,
        counted,
        pace: store,
      }),
    };
  }

  const uses = () => ACTORS.map((actor) => [actor, clients[actor]!.use] as const);
  return { symbols, settings, clock, report, table, bucket, counted, connect, uses };
}

interface HistoryParts {
  readonly symbols: readonly string[];
  readonly clock: Clock;
  readonly report: Report;
  readonly counted: Counted;
  readonly pace: PaceStore;
}

/** Every request passes the budget, which is kept in the table. */
function pacedHistory({ symbols, clock, report, counted, pace }: HistoryParts) {
  const budget = new RequestBudget({
    ...{ pace, clock, exchangeClock: clock, random: () => 0.5, report },
    ...paceOf(10),
  });
  const history = createFakeHistory({ now: clock.now, valuesAt: walkValues });
  const route = '/openApi/swap/v3/quote/klines';
  const take = async (priority: 'live' | 'background', signal: AbortSignal) => {
    await budget.take({ priority, route }, signal);
    counted.requests += 1;
    // As recorded: docs/bingx.md, "Rate limits".
    const announcement = { remaining: 499, expiresInMs: 10_000 };
    await budget.note({ route, sentAt: clock.now(), announcement });
  };
  return {
    market: 'swap' as const,
    async read(...[request, signal]: Parameters<typeof history.read>) {
      await take(request.priority, signal);
      return history.read(request, signal);
    },
    async contracts(signal: AbortSignal) {
      await take('live', signal);
      return symbols.map((symbol) => ({ symbol, pricePrecision: 1, launchTime: null }));
    },
    syncClock: (signal: AbortSignal) => take('live', signal),
  };
}
