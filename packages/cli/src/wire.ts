import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  BINGX_FALLBACK_URL,
  BINGX_REST_URL,
  type Clock,
  ConfigError,
  createHistory,
  createMarketStream,
  DEFAULT_PACE_LIMITS,
  type DerivedBars,
  type EpochMs,
  type ExchangeClock,
  type History,
  type HttpGet,
  type MarketStream,
  type PaceStore,
  type Report,
  type Settings,
} from '@candlelake/core';
import { createOpenSocket, inflate } from '@candlelake/node';
import { startLakeKeeper, type ThreadedLakeKeeper } from './adapters/lakeKeeper.ts';
import { openSqliteStore, type SqliteStore } from './adapters/sqliteStore.ts';

/** A link without a frame for this long is dead: pings come every 5 s today, every 30 s by another client's notes (dossier §2). */
const SILENCE_LIMIT_MS = 40_000;
/** The same in real time: on a fast clock a busy machine is silent for longer than 40 simulated seconds. */
const LEAST_SILENCE_MS = 5_000;

export interface StoreOptions {
  readonly output: string;
  readonly memoryMapped: boolean;
  readonly clock: Clock;
}

/** Opens the store in the output folder; makes both. Throws ConfigError when they can't be made. */
export function openStore({ output, memoryMapped, clock }: StoreOptions): SqliteStore {
  try {
    mkdirSync(output, { recursive: true });
  } catch (cause) {
    throw new ConfigError(`--output "${output}": can't be made, expected a folder that can be written`, {
      cause,
    });
  }
  return openSqliteStore(storePath(output), { memoryMapped, now: clock.now });
}

/** Whether the output folder holds a store. */
export function hasStore(output: string): boolean {
  return existsSync(storePath(output));
}

/** The folder of the Parquet files. */
export function lakeRoot(output: string): string {
  return join(output, 'parquet');
}

export interface LakeOptions {
  readonly settings: Settings;
  readonly report: Report;
  readonly onBars: (bars: readonly DerivedBars[]) => void;
  /** Bars of earlier days are not told to `onBars`. */
  readonly barsFrom: EpochMs;
}

/** Starts to keep the lake in the output folder, whose store is open and has its settings. */
export function keepLake({ settings, ...hears }: LakeOptions): ThreadedLakeKeeper {
  const { output, memoryMapped, clock } = settings;
  return startLakeKeeper({
    ...hears,
    storePath: storePath(output),
    memoryMapped,
    lakeRoot: lakeRoot(output),
    leasePath: join(output, 'lake.lock'),
    clock,
  });
}

export interface ExchangePorts {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly pace: PaceStore;
  readonly httpGet: HttpGet;
  readonly report: Report;
}

/** The exchange at the addresses of the settings. */
export function connectExchange({ settings, clock, pace, httpGet, report }: ExchangePorts): {
  readonly history: History;
  readonly exchangeClock: ExchangeClock;
  readonly marketStream: MarketStream;
} {
  const { restUrl, wsUrl } = settings;
  const history = createHistory({
    httpGet,
    clock,
    random: Math.random,
    pace,
    limits: DEFAULT_PACE_LIMITS,
    restUrl,
    fallbackUrl: restUrl === BINGX_REST_URL ? BINGX_FALLBACK_URL : undefined,
    report,
  });
  const marketStream = createMarketStream({
    openSocket: createOpenSocket(),
    inflate,
    clock,
    exchangeClock: history,
    random: Math.random,
    wsUrl,
    report,
    silenceLimitMs: Math.max(SILENCE_LIMIT_MS, LEAST_SILENCE_MS * (settings.clock?.speed ?? 1)),
  });
  return { history, exchangeClock: history, marketStream };
}

function storePath(output: string): string {
  return join(output, 'candles.sqlite');
}
