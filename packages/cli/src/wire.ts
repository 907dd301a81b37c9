import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BackfillPorts,
  type Clock,
  type CollectorPorts,
  ConfigError,
  type DerivedBars,
  type EpochMs,
  type HttpGet,
  type Report,
  type Settings,
} from '@candlelake/core';
import { connectExchange, createHttpGet, reportIrregular, yieldToHost } from '@candlelake/node';
import { type LakeThread, startLakeThread } from './adapters/lakeThread.ts';
import { reportSlowAnswers } from './adapters/slowAnswers.ts';
import { checkStoreFile } from './adapters/sqliteReadOnly.ts';
import {
  openSqliteReader,
  openSqliteStore,
  type SqliteReader,
  type SqliteStore,
} from './adapters/sqliteStore.ts';
import { type StoreFileWatch, watchStoreFile } from './adapters/storeFile.ts';
import type { Stop } from './stop.ts';

export interface StoreOptions {
  readonly output: string;
  readonly memoryMapped: boolean;
  readonly clock: Clock;
}

/**
 * Opens the store in the output folder, and creates both if needed. Throws ConfigError when that fails, and
 * StoreDamagedError before anything is written to a damaged file.
 */
export function openStore({ output, memoryMapped, clock }: StoreOptions): SqliteStore {
  try {
    mkdirSync(output, { recursive: true });
  } catch (cause) {
    throw new ConfigError(`--output "${output}": can't be made, expected a folder that can be written`, {
      cause,
    });
  }
  checkStoreFile(storePath(output));
  return openSqliteStore(storePath(output), { memoryMapped, now: clock.now });
}

/** Watches the file of the store that is open in the output folder. */
export function watchStore(output: string, onLost: (problem: string) => void): StoreFileWatch {
  return watchStoreFile(storePath(output), onLost);
}

/** Opens the store in the output folder for reading; null when there is none. */
export function openStoreForReading(output: string): SqliteReader | null {
  return existsSync(storePath(output)) ? openSqliteReader(storePath(output)) : null;
}

/** The folder of the Parquet files. */
export function lakeRoot(output: string): string {
  return join(output, 'parquet');
}

export interface LakeOptions {
  readonly settings: Settings;
  readonly report: Report;
  readonly onBars: (bars: readonly DerivedBars[]) => void;
  /** Bars of earlier days are not passed to `onBars`. */
  readonly barsFrom: EpochMs;
}

/**
 * Starts the thread that derives the lake in the output folder. The store must be open and have its settings.
 */
export function startLake({ settings, ...options }: LakeOptions): LakeThread {
  const { output, memoryMapped, clock } = settings;
  return startLakeThread({
    ...options,
    storePath: storePath(output),
    memoryMapped,
    lakeRoot: lakeRoot(output),
    leasePath: join(output, 'lake.lock'),
    clock,
  });
}

export interface PipelineOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly store: SqliteStore;
  readonly lake: LakeThread;
  readonly stop: Stop;
  readonly report: Report;
  readonly httpGet?: HttpGet;
  /** Called with the number of irregular candles that were stored together. */
  readonly onIrregular?: (candles: number) => void;
}

/** The ports of the stream and of the backfill: exchange, store and lake. No connection is opened yet. */
export function createPipelinePorts(options: PipelineOptions): CollectorPorts & BackfillPorts {
  const { settings, clock, store, lake, stop, report, onIrregular } = options;
  const httpGet = reportSlowAnswers(options.httpGet ?? createHttpGet(), report);
  const exchange = connectExchange({ settings, clock, pace: store, report, httpGet });
  return {
    ...exchange,
    clock,
    random: Math.random,
    candles: reportIrregular(store, { report, ...(onIrregular && { onStored: onIrregular }) }),
    derivation: store,
    lake,
    report,
    yieldToHost,
    flushLimit: stop.flushLimit,
  };
}

function storePath(output: string): string {
  return join(output, 'candles.sqlite');
}
