import {
  type Candle,
  type CandleUpdate,
  createLiveBars,
  type LiveEvent,
  type SlotFacts,
} from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiPortsOf } from '../../support/apiPorts.ts';
import {
  COARSE,
  COARSE_SLOT,
  coarseCandles,
  createTestLake,
  DAY,
  DAY_ONE,
  series,
  shapedCandle,
} from '../../support/lake.ts';

const BTC = series('BTC-USDT');
const TODAY = DAY_ONE + 3 * DAY;
const at = (slot: number) => TODAY + slot * COARSE_SLOT;

/** Three derived days, and a client that follows the 240m bars, each of two slots. */
async function follow(settings = COARSE) {
  const lake = await createTestLake(settings, TODAY);
  await lake.store.merge([{ series: BTC, candles: coarseCandles(0, 36) }]);
  await lake.derive();
  const live = createLiveBars(apiPortsOf(lake));
  const topic = await live.topicOf([['symbol', 'BTC-USDT']]);
  const look = async (update: CandleUpdate | null, hasChanged = true) =>
    (await live.look([{ ...topic, update, hasChanged }]))[0]!;
  await look(null);
  const merge = (facts: Omit<SlotFacts, 'series'>) => lake.store.merge([{ series: BTC, ...facts }]);
  return { lake, look, merge };
}

/** A candle of the stream, and the update that became it. */
function streamed(slot: number, parts: Partial<Candle> = {}) {
  const candle = shapedCandle(at(slot), slot, {
    ...parts,
    status: 'provisional',
    source: 'stream',
    observed: 0,
  });
  const update: CandleUpdate = { ...candle, symbol: 'BTC-USDT' };
  return { candle, update };
}

/** Events as short texts, without coverage. */
function told(events: readonly LiveEvent[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.name === 'bar')
      return `bar ${(event.data.open_time - TODAY) / COARSE_SLOT} ${event.data.is_open}`;
    if (event.name === 'revised')
      return `revised ${(event.data.open_time - TODAY) / COARSE_SLOT} ${event.data.reason}`;
    return [];
  });
}

describe('live bars', () => {
  it('tell of each change of the open bar, and once when it has closed', async () => {
    const { look, merge } = await follow();
    const [first, second, third] = [streamed(0), streamed(1), streamed(2)];
    expect(told(await look(first.update, false))).toEqual(['bar 0 true']);
    expect(told(await look(first.update, false))).toEqual([]);
    await merge({ candles: [first.candle] });
    expect(told(await look(second.update))).toEqual(['bar 0 true']);
    await merge({ candles: [second.candle] });
    expect(told(await look(third.update))).toEqual(['bar 0 false', 'bar 2 true']);
    expect(told(await look(third.update))).toEqual([]);
  });

  it.each<[string, (candle: Candle) => Partial<Candle>, string[]]>([
    ['settled, when history confirms the candles', () => ({}), ['revised 0 settled']],
    ['corrected, when it has another volume', () => ({ volume: '5555' }), ['revised 0 corrected']],
    ['corrected, when it has another price', () => ({ high: '5555' }), ['revised 0 corrected']],
  ])('revise a closed bar as %s', async (_case, change, expected) => {
    const { look, merge } = await follow();
    const pair = [streamed(0).candle, streamed(1).candle];
    await merge({ candles: pair });
    await look(streamed(2).update);
    const finals = pair.map(
      (one) => ({ ...one, status: 'final', source: 'history', observed: at(9) }) as const,
    );
    await merge({ candles: [finals[0]!, { ...finals[1]!, ...change(finals[1]!) }] });
    const events = told(await look(streamed(2).update));
    expect(events.filter((text) => text.startsWith('revised'))).toEqual(expected);
  });

  it('revise a bar as filled when a gap is repaired, and the bars after it for their indicators', async () => {
    const { look, merge } = await follow();
    const candles = [0, 2, 3, 4, 5].map((slot) => streamed(slot).candle);
    await merge({ candles });
    await look(streamed(6).update);
    await merge({ candles: [streamed(1, { close: '400', high: '401' }).candle] });
    const events = await look(streamed(6).update);
    expect(told(events).slice(0, 2)).toEqual(['revised 0 filled', 'revised 2 indicators']);
    const filled = events.find(({ name }) => name === 'revised');
    expect(filled?.data).toMatchObject({
      candle_count: 2,
      status: 'provisional',
      close: 400,
      is_open: false,
    });
  });

  it('revise a bar that did not exist before its gap was filled', async () => {
    const { look, merge } = await follow();
    await merge({ candles: [2, 3].map((slot) => streamed(slot).candle) });
    expect(told(await look(streamed(4).update))[0]).toBe('bar 2 false');
    await merge({ candles: [0, 1].map((slot) => streamed(slot).candle) });
    expect(told(await look(streamed(4).update)).slice(0, 2)).toEqual([
      'revised 0 filled',
      'revised 2 indicators',
    ]);
  });

  it('hold a short bar back for a slot, as the lake does, also when only updates tell that time goes on', async () => {
    const { look, merge } = await follow();
    await merge({ candles: [streamed(0).candle] });
    expect(told(await look(streamed(2).update))).toEqual(['bar 2 true']);
    expect(told(await look(streamed(3).update))).toEqual(['bar 0 false', 'bar 2 true']);
  });

  it('tell of the coverage of the day when it changes', async () => {
    const { look, merge } = await follow();
    const runs = (events: readonly LiveEvent[]) =>
      events.flatMap((event) => (event.name === 'coverage' ? [event.data.runs] : []));
    await merge({ candles: [streamed(1).candle] });
    const missing = { from: at(0), to: at(1), state: 'missing' };
    const provisional = { from: at(1), to: at(2), state: 'provisional' };
    expect(runs(await look(streamed(2).update))).toEqual([[missing, provisional]]);
    expect(runs(await look(streamed(2).update))).toEqual([]);
    await merge({ candles: [shapedCandle(at(0), 1)] });
    expect(runs(await look(streamed(2).update))).toEqual([[provisional]]);
  });

  it('follow yesterday too, over midnight', async () => {
    const { look, merge } = await follow();
    const openTime = TODAY - COARSE_SLOT;
    await merge({ candles: [shapedCandle(openTime, 9, { high: '777', observed: TODAY + 9 * DAY })] });
    expect(told(await look(null))[0]).toBe('revised -2 corrected');
    await merge({ candles: Array.from({ length: 12 }, (_, slot) => streamed(slot).candle) });
    const events = told(await look(streamed(12).update));
    expect(events.filter((text) => text.endsWith('false'))).toEqual(
      [0, 2, 4, 6, 8, 10].map((slot) => `bar ${slot} false`),
    );
    expect(events.at(-1)).toBe('bar 12 true');
  });

  it('have no events for a symbol that the store does not know', async () => {
    const { lake } = await follow();
    const live = createLiveBars(apiPortsOf(lake));
    const topic = { symbol: 'X-USDT', timeframeMinutes: 240 };
    expect(await live.look([{ ...topic, update: null, hasChanged: true }])).toEqual([[]]);
  });

  it('make a client whole: what it has been told is what the lake gets, whatever arrives in which order', async () => {
    // Two days: bars of the day before yesterday are not followed.
    const slot = fc.integer({ min: 0, max: 22 });
    const arrival = fc.record({ slot, isFinal: fc.boolean(), close: fc.constantFrom('90', '101', '400') });
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { maxLength: 30 }), async (arrivals) => {
        const { lake, look, merge } = await follow();
        const client = new Map<number, object>();
        for (const { slot: one, isFinal, close } of arrivals) {
          const { candle } = streamed(one, { close, high: '401', low: '80' });
          await merge({
            candles: [isFinal ? { ...candle, status: 'final', source: 'history', observed: at(50) } : candle],
          });
          for (const { name, data } of await look(null)) {
            if (name === 'bar' || name === 'revised') client.set(data.open_time, data);
          }
        }
        const closed = [...client.values()].filter((row) => 'is_open' in row && !row.is_open);
        const newest = Math.max(0, ...arrivals.map((one) => one.slot + 1));
        await lake.store.advanceAsOf(at(newest));
        await lake.derive();
        const text = Object.entries(await lake.read())
          .filter(([path]) => /^bars\/timeframe=240m\/date=2026-11-2[34]/.test(path))
          .flatMap(([, content]) => content.split('\n').slice(2));
        const rows = closed.map(({ ...row }) => rowText(row as Record<string, unknown>)).sort();
        expect(rows).toEqual(text.map((line) => line.replaceAll('NaN', '')).sort());
      }),
      { numRuns: 40 },
    );
  });
});

/** A row as `encodeAsText` writes it, and nothing for null. */
function rowText({
  symbol,
  timeframe: _timeframe,
  is_open: _open,
  reason: _reason,
  ...row
}: Record<string, unknown>) {
  return ['swap', symbol, ...Object.values(row)].join(' ');
}
