import type { BarRow, CrossoverNotice } from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { crossNotices, noticeText } from '../../packages/page/src/model/crossNotices.ts';
import { exampleBar } from './exampleBars.ts';

const OPEN = Date.parse('2026-11-20T12:36Z');
const CROSS = exampleBar({
  ...{ open_time: OPEN, close_time: OPEN + 1_260_000, ma_cross: 'GOLDEN_CROSS', ma_short: 2, ma_long: 1 },
});
const ID = 'swap#BTC-USDT#21m#2026-11-20T12:36Z#GOLDEN_CROSS';
const notices = (
  bars: readonly BarRow[],
  known: readonly CrossoverNotice[] = [],
  live: readonly number[] = [OPEN],
) => crossNotices({ market: 'swap', symbol: 'BTC-USDT', timeframe: '21m', bars, live: new Set(live), known });
const shown = (of: readonly CrossoverNotice[]) => of.map(({ id, state, sequence }) => [id, state, sequence]);

describe('crossNotices', () => {
  it('announce a crossover of a complete, live bar once', () => {
    const first = notices([CROSS]);
    expect(shown(first)).toEqual([[ID, 'crossed', 1]]);
    expect(notices([CROSS], first)).toEqual([]);
  });

  it.each([
    ['an open bar', [{ ...CROSS, is_open: true }], [OPEN]],
    ['a bar that is not confirmed', [{ ...CROSS, status: 'provisional' as const }], [OPEN]],
    ['a bar that lacks candles', [{ ...CROSS, status: 'short' as const }], [OPEN]],
    ['a bar of history', [CROSS], []],
  ])('say nothing of %s', (_, bars, live) => expect(notices(bars, [], live)).toEqual([]));

  it('take one back with the same id when a correction undoes it, and announce it again', () => {
    const first = notices([CROSS]);
    const back = notices([{ ...CROSS, ma_cross: null }], first);
    expect(shown(back)).toEqual([[ID, 'retracted', 2]]);
    expect(shown(notices([CROSS], back))).toEqual([[ID, 'crossed', 3]]);
  });

  it('leave those of other symbols and of bars that are not loaded alone', () => {
    const [first] = notices([CROSS]) as [CrossoverNotice];
    expect(notices([{ ...CROSS, ma_cross: null }], [{ ...first, symbol: 'ETH-USDT' }])).toEqual([]);
    expect(notices([exampleBar({ open_time: OPEN + 1_260_000 })], [first])).toEqual([]);
    expect(notices([], [first])).toEqual([]);
  });
});

describe('noticeText', () => {
  it('says what happened, where and when', () => {
    const [first] = notices([CROSS]) as [CrossoverNotice];
    const look = { decimals: 1, zone: 'UTC' } as const;
    const line = 'bar until 2026-11-20 12:57, close 105.0';
    expect(noticeText(first, look)).toEqual({ title: 'Golden cross: BTC-USDT 21m', line });
    const title = 'Golden cross taken back: BTC-USDT 21m';
    expect(noticeText({ ...first, state: 'retracted' }, look)).toEqual({ title, line });
  });
});
