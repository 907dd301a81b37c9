import { describe, expect, it } from 'vitest';
import { createBarChanges } from '../../packages/cli/src/output/barChanges.ts';
import { BAR_MS, derivedBars, MIDNIGHT, type SampleBar } from './sampleBars.ts';

const bar = (index: number, parts: SampleBar = {}): SampleBar => ({
  openTime: MIDNIGHT + index * BAR_MS,
  ...parts,
});

/**
 * Bar changes of a program that started when bar `startedAt` opened, recorded as `symbol index` and as texts
 * of revisions.
 */
function recordChanges({ startedAt = 10, skipPartial = false } = {}) {
  const shown: string[] = [];
  const revisions: string[] = [];
  const { add, endHistory } = createBarChanges({
    startedAt: MIDNIGHT + startedAt * BAR_MS,
    skipPartial,
    onNew: (bars) =>
      shown.push(...bars.map(({ symbol, openTime }) => `${symbol} ${(openTime - MIDNIGHT) / BAR_MS}`)),
    onRevision: (_, text) => revisions.push(text),
  });
  return {
    shown,
    revisions,
    endHistory,
    add: (...samples: readonly SampleBar[]) => add([derivedBars(samples)]),
    addDays: (...days: readonly (readonly SampleBar[])[]) => add(days.map(derivedBars)),
  };
}

describe('a bar that closes while the program runs', () => {
  it('is shown once, however often its day is derived', () => {
    const { add, shown } = recordChanges();
    add(bar(10));
    add(bar(10), bar(11));
    add(bar(10), bar(11));
    expect(shown).toEqual(['BTC-USDT 10', 'BTC-USDT 11']);
  });

  it('is shown in order of its close, symbols side by side', () => {
    const { addDays, shown } = recordChanges();
    addDays(
      [bar(11, { symbol: 'B-USDT' }), bar(10, { symbol: 'B-USDT' })],
      [bar(10, { symbol: 'A-USDT' }), bar(11, { symbol: 'A-USDT' })],
    );
    expect(shown).toEqual(['A-USDT 10', 'B-USDT 10', 'A-USDT 11', 'B-USDT 11']);
  });

  it('is reported as filled, once, when it is repaired after a newer one was shown', () => {
    const { add, shown, revisions } = recordChanges();
    add(bar(10), bar(12));
    add(bar(10), bar(11), bar(12));
    add(bar(10), bar(11), bar(12));
    expect(shown).toEqual(['BTC-USDT 10', 'BTC-USDT 12']);
    expect(revisions).toEqual([
      '2026-11-22 03:51–04:12 BTC-USDT 21m filled: candles 7/7, open 100, high 110.5, low 90, close 105',
    ]);
  });

  it('is shown for each timeframe', () => {
    const { add, shown } = recordChanges();
    add(bar(10));
    add({ ...bar(10), timeframeMinutes: 60 });
    expect(shown).toHaveLength(2);
  });

  it('is not shown when it is short and short bars are left out', () => {
    const { add, shown } = recordChanges({ skipPartial: true });
    add(bar(10, { status: 2 }), bar(11));
    expect(shown).toEqual(['BTC-USDT 11']);
  });
});

describe('a shown bar that is derived differently later', () => {
  it('is reported when a price changes', () => {
    const { add, revisions, shown } = recordChanges();
    add(bar(10));
    add(bar(10, { prices: [100, 111, 90, 104] }));
    add(bar(10, { prices: [100, 111, 90, 104] }));
    expect(revisions).toEqual([
      '2026-11-22 03:30–03:51 BTC-USDT 21m revised: high 110.5 → 111, close 105 → 104',
    ]);
    expect(shown).toHaveLength(1);
  });

  it('is reported when missing candles arrive', () => {
    const { add, revisions } = recordChanges();
    add(bar(10, { status: 2, candleCount: 5 }));
    add(bar(10, { status: 0, candleCount: 7 }));
    add(bar(11, { status: 2, candleCount: 6 }));
    add(bar(11, { status: 0, candleCount: 6 }));
    expect(revisions.map((text) => text.split(': ')[1])).toEqual(['candles 5/7 → 7/7', 'short → complete']);
  });

  it('is not reported when it only becomes final or gains volume', () => {
    const { add, revisions } = recordChanges();
    add(bar(10, { status: 1, volume: 12 }));
    add(bar(10, { status: 0, volume: 12.5 }));
    expect(revisions).toEqual([]);
  });
});

describe('the history', () => {
  it('is shown when it ends: the last three bars of each series', () => {
    const { add, endHistory, shown } = recordChanges();
    add(bar(6), bar(7));
    add(bar(5), bar(6), bar(7), bar(8), bar(9));
    expect(shown).toEqual([]);
    endHistory();
    expect(shown).toEqual(['BTC-USDT 7', 'BTC-USDT 8', 'BTC-USDT 9']);
    add(bar(4), bar(9));
    endHistory();
    expect(shown).toHaveLength(3);
  });

  it('is left out where a newer bar was shown before it ended', () => {
    const { addDays, endHistory, shown } = recordChanges();
    addDays([bar(9), bar(10)], [bar(9, { symbol: 'ETH-USDT' })]);
    endHistory();
    expect(shown).toEqual(['BTC-USDT 10', 'ETH-USDT 9']);
  });

  it('is one bar for each of many series', () => {
    const { addDays, endHistory, shown } = recordChanges();
    const symbols = Array.from({ length: 9 }, (_, index) => `S${index}-USDT`);
    addDays(...symbols.map((symbol) => [bar(8, { symbol }), bar(9, { symbol })]));
    endHistory();
    expect(shown).toEqual(symbols.map((symbol) => `${symbol} 9`));
  });

  it('is reported when it is revised after it was shown', () => {
    const { add, endHistory, revisions } = recordChanges();
    add(bar(9));
    endHistory();
    add(bar(9, { prices: [100, 110.5, 80, 105] }));
    expect(revisions).toEqual(['2026-11-22 03:09–03:30 BTC-USDT 21m revised: low 90 → 80']);
  });
});

it('does not show a bar again that is older than the remembered ones', () => {
  const { add, shown } = recordChanges({ startedAt: 0 });
  for (let index = 0; index < 300; index++) add(bar(index));
  add(bar(0), bar(299));
  expect(shown).toHaveLength(300);
});
