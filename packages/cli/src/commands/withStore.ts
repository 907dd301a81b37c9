import { adoptSettings, type Clock, lakeSettingsOf, type Settings } from '@candlelake/core';
import type { SqliteStore } from '../adapters/sqliteStore.ts';
import type { SettingsReader } from '../flags.ts';
import { createDisplay, type Display } from '../output/display.ts';
import type { Stop } from '../stop.ts';
import { openStore } from '../wire.ts';
import type { CommandContext } from './commandContext.ts';
import { handleStop } from './stopHandling.ts';

export interface WithStoreOptions {
  readonly context: CommandContext;
  readonly readSettings: SettingsReader;
  /** The settings without those recorded in the store. */
  readonly asked: Settings;
  readonly clock: Clock;
}

/** What a command that runs to its end works with. */
export interface StoreSession {
  /** The settings with those recorded in the store. */
  readonly settings: Settings;
  readonly clock: Clock;
  readonly store: SqliteStore;
  readonly display: Display;
  readonly stop: Stop;
}

/**
 * Runs a command that ends by itself: opens the store, records the settings of the lake, handles signals, and
 * closes everything after `work`. A stop that takes too long ends with 1.
 */
export async function withStore<T>(
  { context, readSettings, asked, clock }: WithStoreOptions,
  work: (session: StoreSession) => Promise<T>,
): Promise<T> {
  const store = openStore({ ...asked, clock });
  try {
    const settings = readSettings(await store.readSettings());
    // All bars are history: the last few are shown at the end.
    const startedAt = Number.POSITIVE_INFINITY;
    const display = createDisplay({ lines: context.lines, clock, settings, startedAt });
    const { report } = display;
    const stop = handleStop(context, { report, lateCode: 1 });
    try {
      await adoptSettings({ derivation: store, report }, lakeSettingsOf(settings), settings.output);
      return await work({ settings, clock, store, display, stop });
    } finally {
      display.close();
      stop.dispose();
    }
  } finally {
    store.close();
  }
}
