import { type CandleStore, formatInstant, isIrregular, type MergedSlot, type Report } from '@candlelake/core';

export interface IrregularOptions {
  readonly report: Report;
  /** Called with the number of irregular candles that one merge stored. */
  readonly onStored?: (candles: number) => void;
}

/**
 * Reports the irregular candles (open or close outside low to high) among slots that were stored: the first
 * of the process as a warning, further ones at debug level.
 */
export function irregularReporter({
  report,
  onStored = () => {},
}: IrregularOptions): (merged: readonly MergedSlot[]) => void {
  let isReported = false;
  return (merged) => {
    const irregular = merged.filter(becameIrregular);
    if (irregular.length > 0) onStored(irregular.length);
    for (const slot of irregular) {
      report({ level: isReported ? 'debug' : 'warn', kind: 'irregular', ...describe(slot) });
      isReported = true;
    }
  };
}

/** The same store; irregular candles are reported when they are stored. */
export function reportIrregular(candles: CandleStore, options: IrregularOptions): CandleStore {
  const reportMerged = irregularReporter(options);
  return {
    listSeries: () => candles.listSeries(),
    findSeries: (series) => candles.findSeries(series),
    describeSeries: (series, facts) => candles.describeSeries(series, facts),
    readDay: (series, day) => candles.readDay(series, day),
    revisions: (series) => candles.revisions(series),
    async merge(facts) {
      const merged = await candles.merge(facts);
      reportMerged(merged);
      return merged;
    },
  };
}

/** A candle that was irregular with the same prices before is counted already. */
export function becameIrregular({ before: { candle: before }, after: { candle } }: MergedSlot): boolean {
  if (!candle || !isIrregular(candle)) return false;
  return PRICES.some((price) => before?.[price] !== candle[price]);
}

const PRICES = ['open', 'high', 'low', 'close'] as const;

function describe({ series: { symbol, interval }, openTime, after }: MergedSlot) {
  const { open, high, low, close } = after.candle!;
  const prices = `open ${open}, high ${high}, low ${low}, close ${close}`;
  const message = `${symbol} ${interval}: the candle at ${formatInstant(openTime)} is irregular and kept as sent: ${prices}`;
  return { message, fields: { symbol, openTime, open, high, low, close } };
}
