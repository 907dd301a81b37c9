import { statSync } from 'node:fs';
import {
  ConfigError,
  formatInstant,
  type Imported,
  importCandles,
  type Series,
  type Settings,
  swapSeries,
} from '@candlelake/core';
import { createClock, reportIrregular } from '@candlelake/node';
import { readCandleFile } from '../adapters/candleFile.ts';
import type { SettingsReader } from '../flags.ts';
import { countOf, formatCount } from '../output/formatNumber.ts';
import { lakePlace, startLake } from '../wire.ts';
import type { CommandContext } from './commandContext.ts';
import { resultUnlessStopped, threadFailure } from './stopHandling.ts';
import { type StoreSession, withStore } from './withStore.ts';

/** Imports a CSV file into store and lake. Resolves with false when a stop interrupted it. */
export async function importFile(
  path: string,
  readSettings: SettingsReader,
  context: CommandContext,
): Promise<boolean> {
  const asked = readSettings(null);
  const symbol = onlySymbol(asked);
  const clock = createClock(asked.clock);
  return withStore({ command: 'import', context, readSettings, asked, clock }, (session) => {
    const series = swapSeries(symbol, session.settings.interval);
    return importInto(session, { path, series });
  });
}

async function importInto(
  session: StoreSession,
  { path, series }: { readonly path: string; readonly series: Series },
): Promise<boolean> {
  const { settings, clock, store, stop, display } = session;
  const { report, progress } = display;
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const rows = readCandleFile(path, (bytes) => progress('import', toKilobytes(bytes), toKilobytes(size)));
  const work = importCandles(
    { candles: reportIrregular(store, { report }), derivation: store },
    { series, rows, now: clock.now(), name: path },
    stop.signal,
  );
  const imported = await resultUnlessStopped(work, stop.signal, report);
  progress('import', size, size);
  if (!imported) return false;
  const { candles, changed } = imported;
  const fields = { symbol: series.symbol, candles, changed };
  report({ level: 'info', kind: 'imported', message: summary(series, imported), fields });
  const isDerived = await deriveLake(session);
  report({ level: 'info', kind: 'stopped', message: `done${lakePlace(settings.output)}` });
  return isDerived;
}

function toKilobytes(bytes: number): number {
  return Math.ceil(bytes / 1_000);
}

function summary({ symbol, interval }: Series, { candles, changed, from, to }: Imported): string {
  const span = `from ${formatInstant(from)} to ${formatInstant(to)}`;
  return `${symbol} ${interval}: imported ${countOf(candles, 'candle')} (${formatCount(changed)} new) ${span}`;
}

/** Derives the lake; false when a stop left no time for it. */
async function deriveLake({ settings, stop, display }: StoreSession): Promise<boolean> {
  const { report, onLake: onStatus } = display;
  const lake = startLake({
    ...{ settings, report, onStatus, onBars: () => {} },
    barsFrom: Number.POSITIVE_INFINITY,
  });
  try {
    const derived = Promise.race([lake.flush(stop.flushLimit()).then(() => true), threadFailure(lake)]);
    return (await resultUnlessStopped(derived, stop.signal, report)) ?? false;
  } finally {
    await lake.stop();
  }
}

function onlySymbol({ symbols }: Settings): string {
  const [symbol, ...more] = symbols;
  if (symbol !== undefined && more.length === 0) return symbol;
  throw new ConfigError(`--symbol "${symbols.join()}": expected one symbol, the one in the file`);
}
