import {
  adoptSettings,
  type Clock,
  ConfigError,
  formatInstant,
  importCandles,
  lakeSettingsOf,
  type Report,
  type Series,
  type Settings,
} from '@candlelake/core';
import { createClock } from '@candlelake/node';
import { readCandleFile } from '../adapters/candleFile.ts';
import type { SqliteStore } from '../adapters/sqliteStore.ts';
import type { SettingsReader } from '../flags.ts';
import { createDisplay } from '../output/display.ts';
import type { Stop } from '../stop.ts';
import { lakeRoot, openStore, startLake } from '../wire.ts';
import type { Host } from './host.ts';
import { endInTime, failureOf, watchEnd } from './running.ts';

/** Brings the candles of a CSV file into store and lake. Resolves with whether it came to its end. */
export async function importFile(path: string, readSettings: SettingsReader, host: Host): Promise<boolean> {
  const asked = readSettings(null);
  const symbol = onlySymbol(asked);
  const clock = createClock(asked.clock);
  const store = openStore({ ...asked, clock });
  try {
    const settings = readSettings(await store.readSettings());
    return await bringIn(settings, { ...host, clock, store, path, symbol });
  } finally {
    store.close();
  }
}

interface ImportHost extends Host {
  readonly clock: Clock;
  readonly store: SqliteStore;
  readonly path: string;
  readonly symbol: string;
}

async function bringIn(settings: Settings, { clock, store, path, symbol, ...host }: ImportHost) {
  const { interval, output } = settings;
  const display = createDisplay({ ...host, clock, settings, startedAt: Number.POSITIVE_INFINITY });
  const { report } = display;
  const stop = watchEnd(host, report, 1);
  try {
    await adoptSettings({ derivation: store, report }, lakeSettingsOf(settings), output);
    const series: Series = { market: 'swap', symbol, interval };
    const rows = readCandleFile(path);
    const work = importCandles(
      { candles: store, derivation: store },
      { series, rows, now: clock.now(), name: path },
      stop.signal,
    );
    const imported = await endInTime(work, stop.signal, report);
    if (!imported) return false;
    const { candles, changed, from, to } = imported;
    const span = `${formatInstant(from)} to ${formatInstant(to)}`;
    const message = `${symbol} ${interval}: ${candles} candles from ${span} imported, ${changed} of them news to the store`;
    report({ level: 'info', kind: 'imported', message, fields: { symbol, candles, changed } });
    const isDerived = await derive(settings, { report, stop });
    report({ level: 'info', kind: 'stopped', message: `the lake is in ${lakeRoot(output)}` });
    return isDerived;
  } finally {
    display.close();
    stop.dispose();
  }
}

/** Brings the lake up to date; false when a stop left no time for it. */
async function derive(
  settings: Settings,
  { report, stop }: { readonly report: Report; readonly stop: Stop },
) {
  const lake = startLake({ settings, report, onBars: () => {}, barsFrom: Number.POSITIVE_INFINITY });
  try {
    const derived = Promise.race([lake.flush(stop.flushLimit()), failureOf(lake)]);
    return (await endInTime(derived, stop.signal, report)) !== null;
  } finally {
    await lake.stop();
  }
}

function onlySymbol({ symbols }: Settings): string {
  const [symbol, ...more] = symbols;
  if (symbol !== undefined && more.length === 0) return symbol;
  throw new ConfigError(`--symbol "${symbols.join()}": expected the one symbol that the file is of`);
}
