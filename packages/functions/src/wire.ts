import {
  adoptSettings,
  type CandleStore,
  type Clock,
  type DerivationStore,
  type ExchangeClock,
  type History,
  HOUR_MS,
  lakeSettingsOf,
  type PaceStore,
  type Report,
  type SettingKey,
  type Settings,
} from '@candlelake/core';
import { connectExchange, connectHistory, createClock, type Exchange } from '@candlelake/node';
import { createDynamoClient } from './adapters/clients.ts';
import { cacheDerivation } from './adapters/dynamo/cachedDerivation.ts';
import { createDynamoOutbox, type Outbox } from './adapters/dynamo/outbox.ts';
import { createStatusItems, type StatusItems } from './adapters/dynamo/statusItems.ts';
import { createDynamoStore, createStreamStore } from './adapters/dynamo/store.ts';
import { createDynamoTable, type DynamoTable } from './adapters/dynamo/table.ts';
import { type RetryOptions, retryCalls } from './adapters/retryCalls.ts';
import { readSettings, readVariable } from './environment.ts';
import { impatientPace } from './jobs/standDown.ts';
import { VARIABLES } from './names.ts';
import { createReport } from './observe.ts';

/** What every part of the cloud host has. */
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

/** The store of the functions. `uses` are the settings that the function goes by. */
export function wireBase(uses: readonly SettingKey[] = []): Base {
  const settings = readSettings(uses);
  const clock = createClock(settings.clock);
  const table = createDynamoTable(createDynamoClient(), readVariable(VARIABLES.table));
  const store = createDynamoStore(table, { now: clock.now });
  return {
    settings,
    clock,
    report: createReport(settings),
    table,
    status: createStatusItems(table),
    candles: store,
    derivation: store,
    pace: impatientPace(store),
  };
}

/** A function that asks the exchange. */
export function wireJob(): Base & WiredHistory {
  const base = wireBase(['restUrl']);
  const history = connectHistory(base);
  return { ...base, history, exchangeClock: history, random: Math.random };
}

/** The stream: a store that tries again and remembers what it just read or wrote. */
export function wireStream(): Base & WiredHistory & Pick<Exchange, 'marketStream'> {
  const settings = readSettings(['restUrl', 'wsUrl']);
  const clock = createClock(settings.clock);
  const report = createReport(settings);
  const table = createDynamoTable(createDynamoClient(), readVariable(VARIABLES.table));
  const store = createStreamStore(table, clock);
  const { candles, derivation } = dependable(store, { clock, random: Math.random, report });
  const base = { settings, clock, report, table, candles, derivation, pace: store };
  const exchange = connectExchange(base);
  return { ...base, ...exchange, status: createStatusItems(table), random: Math.random };
}

/** Crossovers on their way to the topic. */
export function wireOutbox({ table, clock }: Base): Outbox {
  return createDynamoOutbox(table, clock.now);
}

/** Records what the lake is to be made with, if that has changed: with the first call that succeeds, no other. */
export function createAdopt({
  settings,
  derivation,
  report,
}: Pick<Base, 'settings' | 'derivation' | 'report'>): () => Promise<void> {
  let adopted: Promise<void> | null = null;
  return () => {
    adopted ??= adoptSettings(
      { derivation, report },
      lakeSettingsOf(settings),
      readVariable(VARIABLES.table),
    );
    adopted.catch(() => {
      adopted = null;
    });
    return adopted;
  };
}

export interface WiredHistory {
  readonly history: History;
  readonly exchangeClock: ExchangeClock;
  readonly random: () => number;
}

/** A table that throttles for a while must not end the stream. */
export function dependable(store: CandleStore & DerivationStore, patience: RetryOptions) {
  const candles = retryCalls<CandleStore>(store, patience);
  const { now } = patience.clock;
  return {
    candles,
    derivation: cacheDerivation(retryCalls<DerivationStore>(store, patience), { now, keepMs: HOUR_MS }),
  };
}
