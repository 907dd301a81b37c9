import {
  ConfigError,
  formatInstant,
  type Imported,
  type ImportPorts,
  importCandles,
  type MergedSlot,
  type Series,
  type Settings,
  type TimeUnit,
} from '@candlelake/core';
import { becameIrregular, createClock, irregularReporter, yieldToHost } from '@candlelake/node';
import { parseColumns } from '../files/candleColumns.ts';
import { type CandleFile, openCandleFile } from '../files/candleFile.ts';
import type { SettingsReader } from '../flags.ts';
import { countOf, formatCount } from '../output/formatNumber.ts';
import { formatSymbols } from '../output/formatSymbols.ts';
import { lakePlace } from '../wire.ts';
import type { CommandContext } from './commandContext.ts';
import { createFinalDerivation } from './deriveAtEnd.ts';
import { showImport } from './showImport.ts';
import { resultUnlessStopped } from './stopHandling.ts';
import { type StoreSession, withStore } from './withStore.ts';

export interface ImportFileOptions {
  /** Where the columns are that are not recognised: `time=Date,open=Open`. */
  readonly columns?: string;
  readonly timeUnit?: TimeUnit;
  readonly dryRun?: boolean;
}

/** Imports a file of candles into store and lake. Resolves with false when a stop interrupted it. */
export async function importFile(
  path: string,
  options: ImportFileOptions & { readonly readSettings: SettingsReader },
  context: CommandContext,
): Promise<boolean> {
  const { readSettings, columns, timeUnit, dryRun = false } = options;
  const asked = readSettings(null);
  const symbol = onlySymbol(asked);
  const clock = createClock(asked.clock);
  const file = await openCandleFile(path, {
    ...(columns !== undefined && { columns: parseColumns(columns) }),
    ...(timeUnit !== undefined && { timeUnit }),
  });
  if (dryRun) {
    await showImport(file, { readSettings, output: asked.output, symbol, now: clock.now() }, context);
    return true;
  }
  const run = { command: 'import', context, readSettings, asked, clock, recordsLater: true };
  return withStore(run, (session) => {
    const { report } = session.display;
    report({ level: 'info', kind: 'recognised', message: `reading ${file.description}` });
    const { market, interval } = session.settings;
    const series = { market, symbol, interval };
    return importInto(session, { file, series });
  });
}

async function importInto(session: StoreSession, source: ImportSource): Promise<boolean> {
  const { settings, display } = session;
  const derivation = createFinalDerivation(session);
  try {
    const imported = await storeRows(session, source, derivation.prepare);
    if (!imported) return false;
    const { candles, changed } = imported;
    const fields = { symbol: source.series.symbol, candles, changed };
    display.report({ level: 'info', kind: 'imported', message: summary(source.series, imported), fields });
    const isDerived = await derivation.derive();
    display.report({ level: 'info', kind: 'stopped', message: `done${lakePlace(settings.output)}` });
    return isDerived;
  } finally {
    await derivation.stop();
  }
}

interface ImportSource {
  readonly file: CandleFile;
  readonly series: Series;
}

/** Imports rows into the store; null when a stop interrupted it. `onChange` is called at changed candles. */
async function storeRows(
  { clock, store, stop, display, recordSettings }: StoreSession,
  { file, series }: ImportSource,
  onChange: () => void,
): Promise<Imported | null> {
  const { report, progress } = display;
  const stage = store.openStage();
  // Reported once they are stored.
  const irregular: MergedSlot[] = [];
  let merged = 0;
  let staged = 0;
  const size = Math.ceil(file.size / 1_000);
  // Reading is the first half of the work, merging the second.
  const showProgress = (share: number) => progress('import', Math.floor(share * size), size);
  const ports: ImportPorts = {
    ...{ stage, derivation: store, yieldToHost, onChecked: recordSettings },
    onMerged(part) {
      if (part.changed > 0) onChange();
      irregular.push(...part.irregular.filter(becameIrregular));
      merged += part.slots;
      staged ||= stage.span().count;
      showProgress((1 + merged / staged) / 2);
    },
  };
  const rows = { ...file, batches: watched(file, (share) => showProgress(share / 2)) };
  const options = { series, rows, now: clock.now(), name: file.name };
  const work = importCandles(ports, options, stop.signal).finally(stage.close);
  const imported = await resultUnlessStopped(work, stop.signal, report);
  progress('import', size, size);
  if (imported) irregularReporter({ report })(irregular);
  return imported;
}

/** The batches of a file; `onRead` is called with the share of the file that was read. */
async function* watched({ batches, size, bytesRead }: CandleFile, onRead: (share: number) => void) {
  for await (const batch of batches) {
    yield batch;
    onRead(Math.min(1, bytesRead() / size));
  }
}

function summary({ market, symbol, interval }: Series, { candles, changed, from, to }: Imported): string {
  const span = `from ${formatInstant(from)} to ${formatInstant(to)}`;
  return `${formatSymbols([symbol], market)} ${interval}: imported ${countOf(candles, 'candle')} (${formatCount(changed)} new) ${span}`;
}

function onlySymbol({ symbols }: Settings): string {
  const [symbol, ...more] = symbols;
  if (symbol !== undefined && more.length === 0) return symbol;
  throw new ConfigError(`--symbol "${symbols.join()}": expected one symbol, the one in the file`);
}
