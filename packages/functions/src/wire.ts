import {
  adoptSettings,
  type CandleStore,
  type Clock,
  type DerivationStore,
  type History,
  HOUR_MS,
  lakeSettingsOf,
  type NoticeStore,
  type PaceStore,
  type Report,
  type SettingKey,
  type Settings,
  type SyncedExchangeClock,
  type YieldToHost,
} from '@candlelake/core';
import {
  connectExchange,
  connectHistory,
  createClock,
  type Exchange,
  reportIrregular,
  yieldToHost,
} from '@candlelake/node';
import { createDynamoClient, createSnsClient } from './adapters/clients.ts';
import { cacheDerivation } from './adapters/dynamo/cachedDerivation.ts';
import { createStatusItems, type StatusItems } from './adapters/dynamo/statusItems.ts';
import { createDynamoStore, createStreamStore } from './adapters/dynamo/store.ts';
import { createDynamoTable, type DynamoTable } from './adapters/dynamo/table.ts';
import { type RetryCallsOptions, retryCalls } from './adapters/retryCalls.ts';
import { createSnsDerivationRequest } from './adapters/snsDerivationRequest.ts';
import { readSettings, readVariable } from './environment.ts';
import { LONGEST_WAIT_MS } from './jobs/standDown.ts';
import { VARIABLES } from './names.ts';
import { createReport } from './observe.ts';

/** The ports that every process of the AWS host has. */
export interface Base {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly report: Report;
  readonly table: DynamoTable;
  readonly status: StatusItems;
  readonly candles: CandleStore;
  readonly derivation: DerivationStore;
  readonly pace: PaceStore;
}

/** The ports of every function. `uses` are the exchange URLs that it calls. */
export function wireBase(uses: readonly SettingKey[] = []): Base & { readonly notices: NoticeStore } {
  const settings = readSettings(uses);
  const clock = createClock(settings.clock);
  const table = createDynamoTable(createDynamoClient(), readVariable(VARIABLES.table));
  const store = createDynamoStore(table, { now: clock.now });
  const report = createReport(settings);
  return {
    settings,
    clock,
    report,
    table,
    status: createStatusItems(table),
    candles: reportIrregular(store, { report }),
    derivation: store,
    pace: store,
    notices: store,
  };
}

/** The ports of a function that calls the exchange. */
export function wireJob(): Base & WiredHistory {
  const base = wireBase(['restUrl']);
  return {
    ...base,
    ...connectHistory({ ...base, longestWaitMs: LONGEST_WAIT_MS }),
    random: Math.random,
    yieldToHost,
  };
}

/** The ports of the stream. Its store retries, and caches the slots and series that it reads or writes. */
export function wireStream(): StreamPorts {
  const settings = readSettings(['restUrl', 'wsUrl']);
  const clock = createClock(settings.clock);
  const report = createReport(settings);
  const table = createDynamoTable(createDynamoClient(), readVariable(VARIABLES.table));
  const store = createStreamStore(table, clock);
  const { candles, derivation } = createRetryingStore(store, { clock, random: Math.random, report });
  const base = { settings, clock, report, table, candles, derivation, pace: store };
  const exchange = connectExchange(base);
  const topicArn = readVariable(VARIABLES.derivationTopic);
  const requestDerivation = createSnsDerivationRequest(createSnsClient(), topicArn);
  const status = createStatusItems(table);
  return { ...base, ...exchange, status, random: Math.random, yieldToHost, requestDerivation };
}

/** Returns a function that adopts the settings of the lake once; a call after a failed one tries again. */
export function createAdopt({
  settings,
  candles,
  derivation,
  report,
}: Pick<Base, 'settings' | 'candles' | 'derivation' | 'report'>): () => Promise<void> {
  let adopted: Promise<void> | null = null;
  return () => {
    adopted ??= adoptSettings(
      { candles, derivation, report },
      lakeSettingsOf(settings),
      readVariable(VARIABLES.table),
    );
    adopted.catch(() => {
      adopted = null;
    });
    return adopted;
  };
}

export interface StreamPorts extends Base, WiredHistory, Pick<Exchange, 'marketStream'> {
  /** Starts a run of `buildLake`. */
  readonly requestDerivation: () => Promise<void>;
}

export interface WiredHistory {
  readonly history: History;
  readonly exchangeClock: SyncedExchangeClock;
  readonly random: () => number;
  readonly yieldToHost: YieldToHost;
}

/**
 * The stream's store: calls are retried, because throttling must not end it, and derivation reads are cached.
 */
export function createRetryingStore(store: CandleStore & DerivationStore, options: RetryCallsOptions) {
  const candles = reportIrregular(retryCalls<CandleStore>(store, options), options);
  const { now } = options.clock;
  return {
    candles,
    derivation: cacheDerivation(retryCalls<DerivationStore>(store, options), { now, keepMs: HOUR_MS }),
  };
}
