import { describe, expect, it } from 'vitest';
import { barsOf } from '../../packages/cli/src/output/bar.ts';
import { type BarTableOptions, createBarTable } from '../../packages/cli/src/output/barTable.ts';
import { createStyle } from '../../packages/cli/src/output/style.ts';
import { BAR_MS, derivedBars, MIDNIGHT, type SampleBar } from './sampleBars.ts';

const PLAIN: BarTableOptions = {
  periods: { maShort: 3, maLong: 7, atr: 14 },
  showMa: true,
  showAtr: true,
  style: createStyle(false),
};

function linesOf(samples: readonly SampleBar[], options: Partial<BarTableOptions> = {}): readonly string[] {
  return createBarTable({ ...PLAIN, ...options }).lines(
    samples.flatMap((sample) => barsOf(derivedBars([sample]))),
  );
}

/** The cells of a line by the titles of the header. */
function cellsOf(header: string, line: string): Record<string, string> {
  const titles = header.replace('bar (UTC)', 'date span').trim().split(/\s+/);
  const cells = line.trim().split(/\s+/);
  return Object.fromEntries(titles.map((title, column) => [title, cells[column] ?? '']));
}

describe('a bar on the terminal', () => {
  it('shows the small prices of cheap coins in full (predecessor fault 51)', () => {
    const cheap: SampleBar = {
      symbol: 'SHIB-USDT',
      pricePrecision: 8,
      prices: [0.00000871, 0.0000088, 0.0000087, 0.00000875],
      maShort: 0.00000872333333,
      maLong: 0.0000087,
      atr: 1e-8,
      atrPercent: 0.1142857,
    };
    const [header, line] = linesOf([cheap]);
    expect(cellsOf(header!, line!)).toMatchObject({
      open: '0.00000871',
      high: '0.00000880',
      low: '0.00000870',
      close: '0.00000875',
      MA3: '0.00000872',
      MA7: '0.00000870',
      ATR14: '0.00000001',
      'ATR%': '0.11',
    });
  });

  it('shows more digits than the symbol’s precision where a price has them, and all of them without one', () => {
    const [header, line] = linesOf([{ pricePrecision: 1, prices: [100, 100.25, 99, 100] }]);
    expect(cellsOf(header!, line!)).toMatchObject({ open: '100.00', high: '100.25' });
    const [, whole] = linesOf([{ pricePrecision: 3, prices: [100, 100, 100, 100] }]);
    expect(cellsOf(header!, whole!)).toMatchObject({ open: '100.000' });
    const [, bare] = linesOf([{ pricePrecision: null, prices: [1e-7, 2.5e-7, 1e-7, 2e-7] }]);
    expect(cellsOf(header!, bare!)).toMatchObject({ open: '0.00000010', high: '0.00000025' });
  });

  it('ends the last bar of a day at 24:00 of that day', () => {
    const openTime = MIDNIGHT - 12 * 60_000;
    const [, line] = linesOf([{ openTime, closeTime: MIDNIGHT, candleCount: 4, expectedCount: 4 }]);
    expect(line).toMatch(/^2026-11-21 23:48–24:00 /);
    expect(line).toContain(' 4/4');
  });

  it('marks provisional and short bars behind the count of candles', () => {
    const [, ...lines] = linesOf([{ status: 0 }, { status: 1 }, { status: 2, candleCount: 5 }]);
    expect(lines.map((line) => /\d\/7.?/.exec(line)?.[0].trim())).toEqual(['7/7', '7/7~', '5/7!']);
  });

  it('shows a crossover in words, and nothing without one', () => {
    const [, none, golden, death] = linesOf([{}, { maCross: 1, trend: 1 }, { maCross: 2, trend: 2 }]);
    expect(golden).toMatch(/ bullish .*▲ GOLDEN CROSS$/);
    expect(death).toMatch(/ bearish .*▼ DEATH CROSS$/);
    expect(none).not.toContain('CROSS');
  });

  it('leaves out what is switched off, crossovers included', () => {
    const [header, line] = linesOf([{ maCross: 1, trend: 1, maShort: 1, maLong: 2, atr: 3 }], {
      showMa: false,
      showAtr: false,
    });
    expect(header).not.toMatch(/MA|trend|ATR/);
    expect(line).not.toMatch(/CROSS|bullish/);
  });

  it('shows what is not known yet as a dash', () => {
    const [header, line] = linesOf([{}]);
    expect(cellsOf(header!, line!)).toMatchObject({
      MA3: '-',
      MA7: '-',
      trend: '-',
      ATR14: '-',
      'ATR%': '-',
    });
  });
});

describe('the table', () => {
  it('lines up the columns of symbols of different lengths and prices', () => {
    const lines = linesOf([
      { symbol: 'BTC-USDT', prices: [112_000, 112_500.5, 111_900, 112_100] },
      { symbol: '1000PEPE-USDT', prices: [0.0071234, 0.008, 0.007, 0.0075] },
    ]);
    const ends = lines.map((line) => / {2}(\S+)(?= {2}\s*\S+ {2}\s*\d\/7|\s+volume)/.exec(line));
    expect(ends.every((end) => end !== null)).toBe(true);
    const closeEnds = ends.map((end) => end!.index + end![0].length);
    expect(new Set(closeEnds).size).toBe(1);
  });

  it('repeats its header when a column grows and every 20 bars', () => {
    const table = createBarTable(PLAIN);
    const isHeader = (line: string) => line.startsWith('bar (UTC)');
    const headers = (sample: SampleBar) => table.lines(barsOf(derivedBars([sample]))).filter(isHeader).length;
    expect(headers({})).toBe(1);
    expect(headers({})).toBe(0);
    expect(headers({ symbol: 'A-VERY-LONG-NAME-USDT' })).toBe(1);
    const later = Array.from({ length: 40 }, (_, index) => headers({ openTime: MIDNIGHT + index * BAR_MS }));
    expect(later.flatMap((count, index) => (count > 0 ? [index] : []))).toEqual([19, 39]);
  });

  it('has no escape codes without colour, and has them with it', () => {
    const bars: readonly SampleBar[] = [{ maCross: 1 }, { status: 2 }];
    expect(linesOf(bars).join('')).not.toContain('\u001b');
    expect(linesOf(bars, { style: createStyle(true) }).join('')).toContain(
      '\u001b[32m▲ GOLDEN CROSS\u001b[39m',
    );
  });
});
