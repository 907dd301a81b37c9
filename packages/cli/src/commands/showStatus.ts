import { statSync } from 'node:fs';
import type { Coverage, LakeSettings, Market, SeriesRecord, Settings } from '@candlelake/core';
import { createFileObjects } from '../adapters/fileObjects.ts';
import { listProcesses } from '../adapters/runningProcesses.ts';
import type { SqliteReader } from '../adapters/sqliteStore.ts';
import type { SettingsReader } from '../flags.ts';
import { sum } from '../output/auditRows.ts';
import { type FolderStatus, type SymbolHolding, statusJson, statusLines } from '../output/statusReport.ts';
import { lakeRoot, storePath } from '../wire.ts';
import type { CommandContext } from './commandContext.ts';
import { openExistingStore, readStoreSettings } from './readStore.ts';

/** Prints what an output folder holds and which processes keep it. Reads only, also beside a stream. */
export async function showStatus(readSettings: SettingsReader, { lines }: CommandContext): Promise<void> {
  const { output } = readSettings(null);
  const store = await openExistingStore(output);
  try {
    const settings = await readStoreSettings(store, readSettings);
    const status = await readStatus(store, settings);
    if (settings.json) lines.write(JSON.stringify(statusJson(status)));
    else for (const line of statusLines(status)) lines.write(line);
  } finally {
    store.close();
  }
}

async function readStatus(store: SqliteReader, { output, market, symbols }: Settings): Promise<FolderStatus> {
  const settings = await store.readSettings();
  const all = (await store.listSeries()).filter(({ interval }) => interval === settings?.interval);
  const held = all.filter((one) => one.market === market && symbols.includes(one.symbol));
  const files = await createFileObjects(lakeRoot(output)).list();
  return {
    output,
    market,
    otherMarkets: otherMarkets(all, market),
    settings,
    asOf: await store.readAsOf(),
    symbols: await readHoldings(store, settings, held),
    pendingDays: (await store.dirtyDays()).length,
    store: storeFiles(output),
    lake: { files: files.length, bytes: sum(files.map(({ size }) => size)) },
    processes: listProcesses(output),
  };
}

function otherMarkets(series: readonly SeriesRecord[], market: Market): readonly Market[] {
  return [...new Set(series.map((one) => one.market))].filter((one) => one !== market);
}

async function readHoldings(
  store: SqliteReader,
  settings: LakeSettings | null,
  held: readonly SeriesRecord[],
): Promise<readonly SymbolHolding[]> {
  if (settings === null) return [];
  const holdings: SymbolHolding[] = [];
  for (const { market, symbol, interval } of held) {
    const series = { market, symbol, interval };
    const days = await store.readCoverage(series, 0, Number.MAX_SAFE_INTEGER);
    const total = (count: keyof Omit<Coverage, 'firstMissing'>) =>
      sum(days.map(({ coverage }) => coverage[count]));
    holdings.push({
      symbol,
      firstDay: days[0]?.day ?? null,
      lastDay: days.at(-1)?.day ?? null,
      days: days.length,
      counts: {
        ...{ expected: total('expected'), final: total('final'), provisional: total('provisional') },
        ...{ quiet: total('quiet'), unavailable: total('unavailable'), missing: total('missing') },
      },
      firstMissing:
        days.find(({ coverage }) => coverage.firstMissing !== null)?.coverage.firstMissing ?? null,
    });
  }
  return holdings;
}

/** The size of the store's file and its log, and when one of them was written last. */
function storeFiles(output: string): FolderStatus['store'] {
  const paths = [storePath(output), `${storePath(output)}-wal`];
  const files = paths.flatMap((path) => statSync(path, { throwIfNoEntry: false }) ?? []);
  const changedAt = Math.max(...files.map(({ mtimeMs }) => Math.floor(mtimeMs)));
  return { bytes: sum(files.map(({ size }) => size)), changedAt };
}
