import { type Candle, createMemoryStore, type ReportedEvent } from '@candlelake/core';
import { reportIrregular } from '@candlelake/node';
import { describe, expect, it } from 'vitest';
import { swapSeries } from '../support/swapSeries.ts';

const SERIES = swapSeries('UNI-USDT', '15m');
/** The recorded candle of 2025-06-22T07:30Z: its open is above its high (docs/bingx.md trap 37). */
const RECORDED: Candle = {
  openTime: Date.parse('2025-06-22T07:30Z'),
  open: '6.434',
  high: '6.433',
  low: '6.389',
  close: '6.402',
  volume: '28368',
  status: 'final',
  source: 'history',
  observed: 1,
};

function watchedStore() {
  const events: ReportedEvent[] = [];
  const counted: number[] = [];
  const store = reportIrregular(createMemoryStore({ now: () => 0 }), {
    report: (event) => events.push(event),
    onStored: (candles) => counted.push(candles),
  });
  const merge = (...candles: readonly Candle[]) => store.merge([{ series: SERIES, candles }]);
  return { store, events, counted, merge };
}

describe('an irregular candle', () => {
  it('is stored as sent, counted, and a warning with its values', async () => {
    const { store, events, counted, merge } = watchedStore();
    await merge(RECORDED);
    expect((await store.readDay(SERIES, Date.parse('2025-06-22'))).candles).toEqual([RECORDED]);
    expect(counted).toEqual([1]);
    expect(events).toEqual([
      {
        level: 'warn',
        kind: 'irregular',
        message:
          'UNI-USDT 15m: the candle at 2025-06-22T07:30Z is irregular and kept as sent: open 6.434, high 6.433, low 6.389, close 6.402',
        fields: {
          symbol: 'UNI-USDT',
          openTime: RECORDED.openTime,
          open: '6.434',
          high: '6.433',
          low: '6.389',
          close: '6.402',
        },
      },
    ]);
  });

  it('is one warning in all; later ones are counted, and shown at debug level', async () => {
    const { events, counted, merge } = watchedStore();
    const later = [1, 2, 3].map((slot) => ({ ...RECORDED, openTime: RECORDED.openTime + slot * 900_000 }));
    await merge(RECORDED, later[0]!);
    await merge(later[1]!, { ...later[2]!, open: '6.4' });
    expect(counted).toEqual([2, 1]);
    expect(events.map(({ level }) => level)).toEqual(['warn', 'debug', 'debug']);
  });

  it('is not counted again when it is read again, only when its prices change', async () => {
    const { counted, merge } = watchedStore();
    await merge(RECORDED);
    await merge({ ...RECORDED, observed: 2, volume: '28369' });
    expect(counted).toEqual([1]);
    await merge({ ...RECORDED, observed: 3, close: '6.388' });
    expect(counted).toEqual([1, 1]);
  });
});

it('a regular candle is stored without a report, touching its high and low included', async () => {
  const { events, counted, merge } = watchedStore();
  await merge({ ...RECORDED, open: '6.433', close: '6.389' });
  expect([...events, ...counted]).toEqual([]);
});
