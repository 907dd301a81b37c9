import {
  adoptSettings,
  type Clock,
  ConfigError,
  type EpochMs,
  formatInstant,
  intervalMs,
  lakeSettingsOf,
  runBackfill,
  type Settings,
  startOfDay,
} from '@candlelake/core';
import { connectExchange, createClock } from '@candlelake/node';
import type { SqliteStore } from '../adapters/sqliteStore.ts';
import type { SettingsReader } from '../flags.ts';
import { createDisplay } from '../output/display.ts';
import { lakeRoot, openStore, startLake } from '../wire.ts';
import type { Host } from './host.ts';
import { endInTime, failureOf, nameSymbols, watchEnd } from './running.ts';

/** Fills the window of the settings from history and derives the lake. Resolves with whether every slot of it is settled. */
export async function backfillWindow(readSettings: SettingsReader, host: Host): Promise<boolean> {
  const asked = readSettings(null);
  const clock = createClock(asked.clock);
  const window = windowOf(asked, clock);
  const store = openStore({ ...asked, clock });
  try {
    const settings = readSettings(await store.readSettings());
    return await fill(settings, { ...host, ...window, clock, store });
  } finally {
    store.close();
  }
}

interface FillHost extends Host, Window {
  readonly clock: Clock;
  readonly store: SqliteStore;
}

async function fill(settings: Settings, { clock, store, from, to, ...host }: FillHost): Promise<boolean> {
  // All bars of a backfill are history: the last few are shown at its end.
  const display = createDisplay({ ...host, clock, settings, startedAt: Number.POSITIVE_INFINITY });
  const { report } = display;
  const stop = watchEnd(host, report, 1);
  if (settings.forMs !== null) stop.after(settings.forMs);
  await adoptSettings({ derivation: store, report }, lakeSettingsOf(settings), settings.output);
  const lake = startLake({ settings, report, onBars: display.onBars, barsFrom: startOfDay(to - 1) });
  try {
    const exchange = connectExchange({ settings, clock, pace: store, report });
    const work = runBackfill(
      {
        ...exchange,
        clock,
        random: Math.random,
        candles: store,
        derivation: store,
        lake,
        report,
        flushLimit: stop.flushLimit,
      },
      { ...settings, from, to },
      stop.signal,
    );
    const result = await endInTime(Promise.race([work, failureOf(lake)]), stop.signal, report);
    display.settle();
    const settled = result?.settled ?? false;
    report({ level: 'info', kind: 'stopped', message: summary(settings, { from, to, settled }) });
    return settled;
  } finally {
    await lake.stop();
    display.close();
    stop.dispose();
  }
}

interface Window {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** The window to fill: it ends now at the latest, with a whole candle. Throws ConfigError for one that is missing or not in the past. */
function windowOf({ from, to, interval }: Settings, clock: Clock): Window {
  if (from === null) throw new ConfigError('--from: missing, expected a UTC date or time such as 2026-11-22');
  const lengthMs = intervalMs(interval);
  const closed = Math.floor(Math.min(to ?? Number.POSITIVE_INFINITY, clock.now()) / lengthMs) * lengthMs;
  if (from < closed) return { from, to: closed };
  throw new ConfigError(`--from "${formatInstant(from)}": expected a time with a closed candle after it`);
}

function summary(
  { symbols, interval, output }: Settings,
  { from, to, settled }: Window & { readonly settled: boolean },
): string {
  const what = `${nameSymbols(symbols)} ${interval} from ${formatInstant(from)} to ${formatInstant(to)}`;
  return `${what}: ${settled ? 'settled' : 'not settled'}; the lake is in ${lakeRoot(output)}`;
}
