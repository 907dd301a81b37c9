import { describe, expect, it } from 'vitest';
import { createBarPrinter } from '../../packages/cli/src/output/barPrinter.ts';
import { BAR_MS, derivedBars, MIDNIGHT, type SampleBar } from './barRows.ts';

const bar = (index: number, parts: SampleBar = {}): SampleBar => ({
  openTime: MIDNIGHT + index * BAR_MS,
  ...parts,
});

/** A printer that started when bar `startedAt` opened; what it prints is kept as `symbol index` and as revisions. */
function printer({ startedAt = 10, skipPartial = false } = {}) {
  const printed: string[] = [];
  const revisions: string[] = [];
  const { take, settle } = createBarPrinter({
    startedAt: MIDNIGHT + startedAt * BAR_MS,
    skipPartial,
    print: (rows) =>
      printed.push(...rows.map(({ symbol, openTime }) => `${symbol} ${(openTime - MIDNIGHT) / BAR_MS}`)),
    printRevision: (_, text) => revisions.push(text),
  });
  return {
    printed,
    revisions,
    settle,
    take: (...samples: readonly SampleBar[]) => take([derivedBars(samples)]),
    takeAll: (...days: readonly (readonly SampleBar[])[]) => take(days.map(derivedBars)),
  };
}

describe('a bar that closes while the program runs', () => {
  it('is printed once, however often its day is derived', () => {
    const { take, printed } = printer();
    take(bar(10));
    take(bar(10), bar(11));
    take(bar(10), bar(11));
    expect(printed).toEqual(['BTC-USDT 10', 'BTC-USDT 11']);
  });

  it('is printed in order of its close, symbols side by side', () => {
    const { takeAll, printed } = printer();
    takeAll(
      [bar(11, { symbol: 'B-USDT' }), bar(10, { symbol: 'B-USDT' })],
      [bar(10, { symbol: 'A-USDT' }), bar(11, { symbol: 'A-USDT' })],
    );
    expect(printed).toEqual(['A-USDT 10', 'B-USDT 10', 'A-USDT 11', 'B-USDT 11']);
  });

  it('is printed late when it is repaired after a newer one was shown', () => {
    const { take, printed } = printer();
    take(bar(10), bar(12));
    take(bar(10), bar(11), bar(12));
    expect(printed).toEqual(['BTC-USDT 10', 'BTC-USDT 12', 'BTC-USDT 11']);
  });

  it('is printed for each timeframe', () => {
    const { take, printed } = printer();
    take(bar(10));
    take({ ...bar(10), timeframeMinutes: 60 });
    expect(printed).toHaveLength(2);
  });

  it('is not printed when it is short and short bars are left out', () => {
    const { take, printed } = printer({ skipPartial: true });
    take(bar(10, { status: 2 }), bar(11));
    expect(printed).toEqual(['BTC-USDT 11']);
  });
});

describe('a bar that was printed and is derived otherwise later', () => {
  it('is told when a price changes', () => {
    const { take, revisions, printed } = printer();
    take(bar(10));
    take(bar(10, { prices: [100, 111, 90, 104] }));
    take(bar(10, { prices: [100, 111, 90, 104] }));
    expect(revisions).toEqual([
      '2026-11-22 03:30–03:51 BTC-USDT 21m revised: high 110.5 → 111, close 105 → 104',
    ]);
    expect(printed).toHaveLength(1);
  });

  it('is told when missing candles come in', () => {
    const { take, revisions } = printer();
    take(bar(10, { status: 2, candleCount: 5 }));
    take(bar(10, { status: 0, candleCount: 7 }));
    take(bar(11, { status: 2, candleCount: 6 }));
    take(bar(11, { status: 0, candleCount: 6 }));
    expect(revisions.map((text) => text.split(': ')[1])).toEqual(['candles 5/7 → 7/7', 'short → complete']);
  });

  it('is not told when it only becomes final, or gains volume', () => {
    const { take, revisions } = printer();
    take(bar(10, { status: 1, volume: 12 }));
    take(bar(10, { status: 0, volume: 12.5 }));
    expect(revisions).toEqual([]);
  });
});

describe('the history', () => {
  it('is shown when it is whole, the last three bars of each series', () => {
    const { take, settle, printed } = printer();
    take(bar(6), bar(7));
    take(bar(5), bar(6), bar(7), bar(8), bar(9));
    expect(printed).toEqual([]);
    settle();
    expect(printed).toEqual(['BTC-USDT 7', 'BTC-USDT 8', 'BTC-USDT 9']);
    take(bar(4), bar(9));
    settle();
    expect(printed).toHaveLength(3);
  });

  it('is one bar for each of many series', () => {
    const { takeAll, settle, printed } = printer();
    const symbols = Array.from({ length: 9 }, (_, index) => `S${index}-USDT`);
    takeAll(...symbols.map((symbol) => [bar(8, { symbol }), bar(9, { symbol })]));
    settle();
    expect(printed).toEqual(symbols.map((symbol) => `${symbol} 9`));
  });

  it('that is revised after it was shown is told', () => {
    const { take, settle, revisions } = printer();
    take(bar(9));
    settle();
    take(bar(9, { prices: [100, 110.5, 80, 105] }));
    expect(revisions).toEqual(['2026-11-22 03:09–03:30 BTC-USDT 21m revised: low 90 → 80']);
  });
});

it('forgets bars of long ago without printing them again', () => {
  const { take, printed } = printer({ startedAt: 0 });
  for (let index = 0; index < 300; index++) take(bar(index));
  take(bar(0), bar(299));
  expect(printed).toHaveLength(300);
});
