import {
  adoptSettings,
  type Clock,
  checkSettings,
  lakeSettingsOf,
  readLakeSettings,
  type Settings,
} from '@candlelake/core';
import { recordProcess } from '../adapters/runningProcesses.ts';
import type { SqliteStore } from '../adapters/sqliteStore.ts';
import type { SettingsReader } from '../flags.ts';
import { createDisplay, type Display } from '../output/display.ts';
import type { Stop } from '../stop.ts';
import { openStore, watchStore } from '../wire.ts';
import type { CommandContext } from './commandContext.ts';
import { onlyMarket } from './readStore.ts';
import { handleStop } from './stopHandling.ts';

export interface WithStoreOptions {
  readonly context: CommandContext;
  readonly readSettings: SettingsReader;
  /** The settings without those recorded in the store. */
  readonly asked: Settings;
  readonly clock: Clock;
  /** The name of the command, for `status`. */
  readonly command: string;
  /** The settings are only checked before the work, which records them by `recordSettings`. */
  readonly recordsLater?: boolean;
}

/** What a command that runs to its end works with. */
export interface StoreSession {
  /** The settings with those recorded in the store. */
  readonly settings: Settings;
  readonly clock: Clock;
  readonly store: SqliteStore;
  readonly display: Display;
  readonly stop: Stop;
  /** Records the settings of the lake. */
  recordSettings(): Promise<void>;
}

/**
 * Runs a command that ends by itself: opens the store, records the settings of the lake, handles signals, and
 * closes everything after `work`. A stop that takes too long ends with 1. Throws when the file of the store
 * is removed meanwhile.
 */
export async function withStore<T>(
  options: WithStoreOptions,
  work: (session: StoreSession) => Promise<T>,
): Promise<T> {
  const { asked, clock, command } = options;
  const store = openStore({ ...asked, clock });
  const ended = recordProcess(asked.output, { command });
  const lost = Promise.withResolvers<never>();
  const watch = watchStore(asked.output, (problem) => lost.reject(new Error(problem)));
  try {
    const result = await Promise.race([runSession(options, store, work), lost.promise]);
    const problem = watch.problem();
    if (problem !== null) throw new Error(problem);
    return result;
  } finally {
    watch.stop();
    store.close();
    ended();
  }
}

async function runSession<T>(
  { context, readSettings, clock, recordsLater = false }: WithStoreOptions,
  store: SqliteStore,
  work: (session: StoreSession) => Promise<T>,
): Promise<T> {
  const ports = { candles: store, derivation: store };
  const market = onlyMarket(await store.listSeries());
  const settings = readSettings(await readLakeSettings(ports), { market });
  // All bars are history: the last few are shown at the end.
  const startedAt = Number.POSITIVE_INFINITY;
  const display = createDisplay({ lines: context.lines, clock, settings, startedAt });
  const { report } = display;
  const stop = handleStop(context, { report, lateCode: 1 });
  try {
    const lakeSettings = lakeSettingsOf(settings);
    const recordSettings = () => adoptSettings({ ...ports, report }, lakeSettings, settings.output);
    if (recordsLater) await checkSettings(ports, lakeSettings, settings.output);
    else await recordSettings();
    return await work({ settings, clock, store, display, stop, recordSettings });
  } finally {
    display.close();
    stop.dispose();
  }
}
