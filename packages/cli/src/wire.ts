import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Clock,
  ConfigError,
  type DerivedBars,
  type EpochMs,
  type Report,
  type Settings,
} from '@candlelake/core';
import { type LakeThread, startLakeThread } from './adapters/lakeThread.ts';
import { openSqliteStore, type SqliteStore } from './adapters/sqliteStore.ts';

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

/** Starts the thread that derives the lake in the output folder. The store must be open and have its settings. */
export function startLake({ settings, ...hears }: LakeOptions): LakeThread {
  const { output, memoryMapped, clock } = settings;
  return startLakeThread({
    ...hears,
    storePath: storePath(output),
    memoryMapped,
    lakeRoot: lakeRoot(output),
    leasePath: join(output, 'lake.lock'),
    clock,
  });
}

function storePath(output: string): string {
  return join(output, 'candles.sqlite');
}
