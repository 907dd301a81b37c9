import { type EpochMs, formatInstant, type ImportPreview, previewImport } from '@candlelake/core';
import { yieldToHost } from '@candlelake/node';
import { createSqliteStage } from '../adapters/sqliteStage.ts';
import type { CandleFile } from '../files/candleFile.ts';
import type { SettingsReader } from '../flags.ts';
import { countOf, formatCount } from '../output/formatNumber.ts';
import { formatSymbols } from '../output/formatSymbols.ts';
import { openStoreForReading } from '../wire.ts';
import type { CommandContext } from './commandContext.ts';
import { onlyMarket } from './readStore.ts';

export interface ShowImportOptions {
  readonly readSettings: SettingsReader;
  readonly output: string;
  readonly symbol: string;
  readonly now: EpochMs;
}

/** Only a signal from the user ends it early, and it leaves nothing behind. */
const { signal } = new AbortController();

/** Prints how a file is understood and what an import of it would change. Writes nothing. */
export async function showImport(
  file: CandleFile,
  { readSettings, output, symbol, now }: ShowImportOptions,
  { lines }: CommandContext,
): Promise<void> {
  const candles = openStoreForReading(output);
  const stage = createSqliteStage();
  try {
    const held = { market: onlyMarket((await candles?.listSeries()) ?? []) };
    const { market, interval } = readSettings((await candles?.readSettings()) ?? null, held);
    const series = { market, symbol, interval };
    const preview = await previewImport(
      { stage, candles, yieldToHost },
      { series, rows: file, now, name: file.name },
      signal,
    );
    lines.write(`reading ${file.description}`);
    for (const line of previewLines(preview)) lines.write(line);
    lines.write(`${formatSymbols([symbol], market)} ${interval}: ${summary(preview)}`);
  } finally {
    stage.close();
    candles?.close();
  }
}

function previewLines({ firstRows }: ImportPreview): readonly string[] {
  return firstRows.map(
    ({ openTime, open, high, low, close, volume }) =>
      `  ${formatInstant(openTime)}  open ${open}  high ${high}  low ${low}  close ${close}  volume ${volume}`,
  );
}

function summary({ candles, added, replaced, from, to }: ImportPreview): string {
  const kept = candles - added - replaced;
  const changes = `${formatCount(added)} new, ${formatCount(replaced)} replaced, ${formatCount(kept)} as they are`;
  return `would import ${countOf(candles, 'candle')} (${changes}) from ${formatInstant(from)} to ${formatInstant(to)}`;
}
