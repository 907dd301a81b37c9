import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AuditPorts,
  type BackfillPorts,
  type CandleStore,
  type Clock,
  type CollectorPorts,
  ConfigError,
  type DerivedBars,
  type EpochMs,
  type HttpGet,
  LAKE_TABLES,
  type LakeStatus,
  type MergedSlot,
  type Report,
  type Settings,
} from '@candlelake/core';
import { connectExchange, createHttpGet, reportIrregular, yieldToHost } from '@candlelake/node';
import { type ApiThread, createApiThread } from './adapters/apiThread.ts';
import { createFileObjects } from './adapters/fileObjects.ts';
import { type LakeThread, startLakeThread } from './adapters/lakeThread.ts';
import { makeMissingFolders } from './adapters/missingFolders.ts';
import { reportSlowAnswers } from './adapters/slowAnswers.ts';
import { StoreDamagedError } from './adapters/sqliteErrors.ts';
import { checkStoreFile } from './adapters/sqliteReadOnly.ts';
import {
  openSqliteReader,
  openSqliteStore,
  type SqliteReader,
  type SqliteStore,
} from './adapters/sqliteStore.ts';
import { type StoreFileWatch, watchStoreFile } from './adapters/storeFile.ts';
import type { StopSignals } from './stop.ts';

export interface StoreOptions {
  readonly output: string;
  readonly memoryMapped: boolean;
  readonly clock: Clock;
}

/**
 * Opens the store in the output folder, and creates both if needed. Throws ConfigError when that fails, and
 * StoreDamagedError before anything is written to a damaged file, or beside a lake whose store is gone.
 */
export function openStore({ output, memoryMapped, clock }: StoreOptions): SqliteStore {
  makeOutputFolder(output);
  if (isStoreLost(output)) throw storeLost(output);
  checkStoreFile(storePath(output));
  return openSqliteStore(storePath(output), { memoryMapped, now: clock.now });
}

/** Whether the output folder has a store. A file without bytes is none. */
export function hasStore(output: string): boolean {
  return (statSync(storePath(output), { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** Whether there is a lake without its store. The days of a new store would replace those of the lake. */
export function isStoreLost(output: string): boolean {
  const hasLake = Object.keys(LAKE_TABLES).some((name) => existsSync(join(lakeRoot(output), name)));
  return hasLake && !hasStore(output);
}

/** The error of a lake whose store is gone. */
export function storeLost(output: string): StoreDamagedError {
  const path = storePath(output);
  return new StoreDamagedError(path, `store "${path}" is gone, its lake in "${lakeRoot(output)}" is there`);
}

function makeOutputFolder(output: string): void {
  const isFile = existsSync(output) && !statSync(output).isDirectory();
  if (isFile) throw new ConfigError(`--output "${output}": is a file, expected a folder`);
  try {
    makeMissingFolders(output);
  } catch (cause) {
    throw new ConfigError(`--output "${output}": can't be made, expected a folder that can be written`, {
      cause,
    });
  }
}

/** Watches the file of the store that is open in the output folder. */
export function watchStore(output: string, onLost: (problem: string) => void): StoreFileWatch {
  return watchStoreFile(storePath(output), onLost);
}

/** Opens the store in the output folder for reading; null when there is none. */
export function openStoreForReading(output: string): SqliteReader | null {
  return existsSync(storePath(output)) ? openSqliteReader(storePath(output)) : null;
}

/** What an audit of the output folder reads. */
export async function createAuditPorts(output: string, store: SqliteReader): Promise<AuditPorts> {
  // Imported by an audit only: the encoder takes 50 MB, and the main thread of a stream needs neither.
  const { loadEncoder } = await import('./adapters/encoder.ts');
  const { decodeParquet } = await import('./adapters/parquetFile.ts');
  const objects = createFileObjects(lakeRoot(output));
  return {
    candles: store,
    derivation: store,
    objects,
    encode: loadEncoder(),
    decode: decodeParquet,
    listFiles: objects.listFiles,
    yieldToHost,
  };
}

/** The folder of the Parquet files. */
export function lakeRoot(output: string): string {
  return join(output, 'parquet');
}

/** The place of the lake, as the end of a message; empty while it has no files. */
export function lakePlace(output: string): string {
  return existsSync(lakeRoot(output)) ? `; the lake is in ${lakeRoot(output)}` : '';
}

export interface LakeOptions {
  readonly settings: Settings;
  readonly report: Report;
  readonly onBars: (bars: readonly DerivedBars[]) => void;
  /** Called with each day whose objects changed. */
  readonly onDay?: (day: EpochMs) => void;
  /** Called with each new status of the lake. */
  readonly onStatus?: (status: LakeStatus) => void;
  /** Bars of earlier days are not passed to `onBars`. */
  readonly barsFrom: EpochMs;
  /** For a command that derives at its end: the thread loads what it needs, and waits for a flush. */
  readonly onlyFlushes?: boolean;
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
  readonly stop: Pick<StopSignals, 'flushLimit'>;
  readonly report: Report;
  readonly httpGet?: HttpGet;
  /** Called with the number of irregular candles that were stored together. */
  readonly onIrregular?: (candles: number) => void;
  /** Called with slots that were written. */
  readonly onMerged?: (slots: readonly MergedSlot[]) => void;
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
    candles: tellMerges(
      reportIrregular(store, { report, ...(onIrregular && { onStored: onIrregular }) }),
      options.onMerged,
    ),
    derivation: store,
    lake,
    report,
    yieldToHost,
    flushLimit: stop.flushLimit,
  };
}

/** The same store; `onMerged` is called after each write with the slots that were written. */
function tellMerges(candles: CandleStore, onMerged: PipelineOptions['onMerged']): CandleStore {
  if (!onMerged) return candles;
  return {
    ...candles,
    async merge(facts) {
      const merged = await candles.merge(facts);
      if (merged.length > 0) onMerged(merged);
      return merged;
    },
  };
}

/** Starts what reads the market's part of lake and store for the HTTP API. The store must be open. */
export function createApiReader({ output, market }: Pick<Settings, 'output' | 'market'>): ApiThread {
  return createApiThread({ storePath: storePath(output), lakeRoot: lakeRoot(output), market });
}

/** The file of the lease on sending alerts. */
export function alertsLock(output: string): string {
  return join(output, 'alerts.lock');
}

/** The file of the store. */
export function storePath(output: string): string {
  return join(output, 'candles.sqlite');
}
