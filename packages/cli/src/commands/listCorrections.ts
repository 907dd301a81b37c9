import { formatInstant, type Revision, type Settings } from '@candlelake/core';
import type { SqliteReader } from '../adapters/sqliteStore.ts';
import type { SettingsReader } from '../flags.ts';
import { countOf } from '../output/formatNumber.ts';
import { alignTable } from '../output/table.ts';
import type { CommandContext } from './commandContext.ts';
import { openCheckedStore, rangeOf, readStoreSettings } from './readStore.ts';

/** Lists the final and imported candles that were replaced by other values, oldest change first. */
export async function listCorrections(
  readSettings: SettingsReader,
  { lines }: CommandContext,
): Promise<void> {
  const { output } = readSettings(null);
  const store = await openCheckedStore(output);
  try {
    const settings = await readStoreSettings(store, readSettings);
    const corrections = await readCorrections(store, settings);
    if (settings.json) lines.write(JSON.stringify({ output, corrections: corrections.map(correctionJson) }));
    else for (const line of correctionLines(corrections)) lines.write(line);
  } finally {
    store.close();
  }
}

async function readCorrections(store: SqliteReader, settings: Settings): Promise<readonly Revision[]> {
  const { from, to } = rangeOf(settings);
  const found: Revision[] = [];
  const { market, interval } = settings;
  for (const symbol of settings.symbols) {
    const revisions = await store.revisions({ market, symbol, interval });
    found.push(...revisions.filter(({ openTime }) => from <= openTime && openTime < to));
  }
  return found.sort((a, b) => a.at - b.at);
}

const VALUES = ['open', 'high', 'low', 'close', 'volume'] as const;

function correctionLines(corrections: readonly Revision[]): readonly string[] {
  const rows = corrections.map((revision) => {
    const { at, series, openTime, before, after } = revision;
    const changes = changedValues(revision).map((name) => `${name} ${before[name]} → ${after[name]}`);
    return [formatInstant(at), series.symbol, formatInstant(openTime), after.source, changes.join(', ')];
  });
  const header = ['changed at', 'symbol', 'candle', 'by', ''];
  const sum = `${countOf(corrections.length, 'final candle')} changed`;
  return rows.length === 0 ? [sum] : [...alignTable([header, ...rows], header.length), sum];
}

function correctionJson(revision: Revision) {
  const { at, series, openTime, before, after } = revision;
  const pick = (candle: Revision['before']) =>
    Object.fromEntries([...VALUES, 'status', 'source'].map((name) => [name, candle[name as 'open']]));
  return {
    at: formatInstant(at),
    market: series.market,
    symbol: series.symbol,
    interval: series.interval,
    open_time: formatInstant(openTime),
    changed: changedValues(revision),
    before: pick(before),
    after: pick(after),
  };
}

function changedValues({ before, after }: Revision): readonly (typeof VALUES)[number][] {
  return VALUES.filter((name) => before[name] !== after[name]);
}
