import {
  createLiveBars,
  type LakeSettings,
  paced,
  type ReplayEvent,
  type ReplayOptions,
  replay,
  type SlotFacts,
} from '@candlelake/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiPortsOf } from '../../support/apiPorts.ts';
import {
  COARSE,
  COARSE_SLOT,
  createTestLake,
  DAY,
  DAY_ONE,
  MINUTE,
  series,
  shapedCandle,
  type TestLake,
} from '../../support/lake.ts';
import { createManualClock } from '../../support/manualClock.ts';

const SYMBOLS = ['AAA-USDT', 'BBB-USDT'];
const SLOTS = 40;
const at = (slot: number) => DAY_ONE + slot * COARSE_SLOT;

type Kind = 'final' | 'provisional' | 'imported' | 'quiet' | 'missing';
/** What the store has of each slot of a symbol. */
type Slots = readonly { readonly kind: Kind; readonly shape: number }[];

const slotsOf = (kinds: readonly Kind[]): fc.Arbitrary<Slots> =>
  fc.array(fc.record({ kind: fc.constantFrom(...kinds), shape: fc.nat(40) }), {
    minLength: SLOTS,
    maxLength: SLOTS,
  });
/** Mostly candles: else there are no indicators. */
const KINDS: readonly Kind[] = [
  ...Array<Kind>(10).fill('final'),
  ...(['provisional', 'quiet', 'missing'] as const),
];
const bothSlots = fc.tuple(slotsOf([...KINDS, 'imported']), slotsOf([...KINDS, 'imported']));
const streamedSlots = fc.tuple(slotsOf(KINDS), slotsOf(KINDS));

/** Candles whose prices go up and down. */
const EVEN: Slots = Array.from({ length: SLOTS }, (_, shape) => ({ kind: 'final', shape: shape * 3 }));

const settingsOf: fc.Arbitrary<LakeSettings> = fc
  .record({
    // Bars of one slot, of two, and of five with a short one at the end of the day.
    timeframes: fc.constantFrom([120, 240, 600], [240], [600]),
    writeMa: fc.boolean(),
    writeAtr: fc.boolean(),
    skipPartial: fc.boolean(),
  })
  .map((parts) => ({ ...COARSE, ...parts }));

/** The facts of a slot as a stream and a read of history a minute after its close give them. */
function factsOf(symbol: string, slot: number, { kind, shape }: Slots[number]): SlotFacts {
  const openTime = at(slot);
  const observed = at(slot + 1) + MINUTE;
  if (kind === 'missing') return { series: series(symbol) };
  if (kind === 'quiet') {
    const absence = { openTime, firstRead: observed, lastRead: observed + 11 * MINUTE };
    return { series: series(symbol), absences: [absence] };
  }
  const source = { final: 'history', provisional: 'stream', imported: 'import' } as const;
  const parts = { status: kind, source: source[kind], observed: kind === 'provisional' ? 0 : observed };
  return { series: series(symbol), candles: [shapedCandle(openTime, shape, parts)] };
}

async function emptyLake(settings: LakeSettings): Promise<TestLake> {
  const lake = await createTestLake(settings, DAY_ONE);
  for (const symbol of SYMBOLS) await lake.store.describeSeries(series(symbol), {});
  return lake;
}

async function addSlot({ store }: TestLake, both: readonly Slots[], slot: number): Promise<void> {
  await store.merge(both.map((slots, index) => factsOf(SYMBOLS[index]!, slot, slots[slot]!)));
  await store.advanceAsOf(at(slot + 1));
}

/** A lake whose first `count` slots have closed. */
async function lakeOf(settings: LakeSettings, both: readonly Slots[], count = SLOTS): Promise<TestLake> {
  const lake = await emptyLake(settings);
  for (let slot = 0; slot < count; slot++) await addSlot(lake, both, slot);
  return lake;
}

async function eventsOf({ store }: TestLake, options: ReplayOptions = {}): Promise<readonly ReplayEvent[]> {
  const events: ReplayEvent[] = [];
  for await (const event of replay({ candles: store, derivation: store }, options)) events.push(event);
  return events;
}

const textOf = ({ data }: { readonly data: unknown }) => JSON.stringify(data);

function ofBars(events: readonly ReplayEvent[], symbol: string, timeframe: string): readonly ReplayEvent[] {
  return events.filter(
    ({ name, data }) => name === 'bar' && data.symbol === symbol && data.timeframe === timeframe,
  );
}

/** What a live stream sends of the bars, and what it announces, while slot after slot is stored and derived. */
async function streamLive(settings: LakeSettings, both: readonly Slots[]) {
  const lake = await emptyLake(settings);
  const live = createLiveBars(apiPortsOf(lake));
  const topics = SYMBOLS.flatMap((symbol) =>
    settings.timeframes.map((timeframeMinutes) => ({ symbol, timeframeMinutes })),
  );
  await live.topicOf([['symbol', SYMBOLS[0]!]]);
  const sent = topics.map((): string[] => []);
  const look = async () => {
    const looks = topics.map((topic) => ({ ...topic, update: null, hasChanged: true }));
    for (const [index, events] of (await live.look(looks)).entries()) {
      sent[index]!.push(...events.filter(({ name }) => name === 'bar' || name === 'revised').map(textOf));
    }
  };
  await look();
  for (let slot = 0; slot < SLOTS; slot++) {
    await addSlot(lake, both, slot);
    await look();
    await lake.derive();
  }
  const bars = topics.map((topic, index) => ({ ...topic, texts: sent[index]! }));
  const notices = (await lake.store.recentNotices(1_000)).map((notice) => JSON.stringify(notice));
  return { lake, bars, notices };
}

describe('a replay', () => {
  it('sends the bars and crossovers that live sent of settled slots, byte for byte and in its order', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(settingsOf, fc.oneof(streamedSlots, bothSlots), async (settings, both) => {
        const { lake, bars, notices } = await streamLive(settings, both);
        const events = await eventsOf(lake);
        for (const { symbol, timeframeMinutes, texts } of bars)
          expect(ofBars(events, symbol, `${timeframeMinutes}m`).map(textOf)).toEqual(texts);
        // Crossovers at bars with imported candles are announced by no alert.
        if (both.flat().some(({ kind }) => kind === 'imported')) return;
        const crossovers = events.filter(({ name }) => name === 'crossover').map(textOf);
        expect(crossovers.toSorted()).toEqual(notices.toSorted());
        count += crossovers.length;
      }),
      { numRuns: 20, examples: [[COARSE, [EVEN, EVEN]]] },
    );
    expect(count).toBeGreaterThan(5);
  });

  it('has every candle and bar of the lake, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(settingsOf, bothSlots, async (settings, both) => {
        const lake = await lakeOf(settings, both);
        await lake.derive();
        const events = await eventsOf(lake);
        const objects = Object.entries(await lake.read());
        const rowsOf = (table: string) =>
          objects
            .filter(([path]) => path.startsWith(`${table}/`))
            .flatMap(([, text]) => text.split('\n').slice(2));
        const candles = events.filter(({ name }) => name === 'candle').map(rowText);
        const bars = events.filter(({ name, data }) => name === 'bar' && !data.is_open).map(rowText);
        expect(candles.toSorted()).toEqual(rowsOf('candles').toSorted());
        const expected = rowsOf('bars').map((line) => line.replaceAll('NaN', ''));
        expect(bars.toSorted()).toEqual(expected.toSorted());
      }),
      { numRuns: 25 },
    );
  });

  it('shows nothing that a store without the later slots does not have', async () => {
    await fc.assert(
      fc.asyncProperty(
        settingsOf,
        bothSlots,
        fc.integer({ min: 1, max: SLOTS }),
        async (settings, both, count) => {
          const events = await eventsOf(await lakeOf(settings, both));
          const early = await eventsOf(await lakeOf(settings, both, count));
          expect(early).toEqual(events.filter(({ time }) => time <= at(count)));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('has in each bar, open or closed, exactly the candles that it sent before', async () => {
    await fc.assert(
      fc.asyncProperty(settingsOf, bothSlots, async (settings, both) => {
        const seen: Extract<ReplayEvent, { name: 'candle' }>['data'][] = [];
        for (const { name, data, time } of await eventsOf(await lakeOf(settings, both))) {
          if (name === 'candle') {
            expect(data.close_time).toBe(time);
            seen.push(data);
          }
          if (name !== 'bar') continue;
          const inside = seen.filter(
            ({ symbol, open_time }) =>
              symbol === data.symbol && open_time >= data.open_time && open_time < data.close_time,
          );
          expect(data).toMatchObject({
            candle_count: inside.length,
            open: inside[0]!.open,
            high: Math.max(...inside.map(({ high }) => high)),
            low: Math.min(...inside.map(({ low }) => low)),
            close: inside.at(-1)!.close,
            // Volumes are quarters: doubles add them exactly.
            volume: inside.reduce((sum, { volume }) => sum + volume, 0),
          });
          // A short bar waits one interval for the missing candles.
          const closedAt = data.close_time + (data.status === 'short' ? COARSE_SLOT : 0);
          if (data.is_open) expect(time).toBeLessThan(data.close_time);
          else expect(time).toBe(closedAt);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('of a window is the part of the whole one, whatever is derived and corrected since', async () => {
    const instant = fc.nat(SLOTS).map(at);
    const slot = fc.nat(SLOTS - 1);
    await fc.assert(
      fc.asyncProperty(
        ...([settingsOf, bothSlots, instant, instant, slot, fc.option(slot)] as const),
        async (settings, both, from, to, derivedSlots, corrected) => {
          const lake = await emptyLake(settings);
          const underived = await emptyLake(settings);
          for (let index = 0; index < SLOTS; index++) {
            await addSlot(lake, both, index);
            await addSlot(underived, both, index);
            if (index === derivedSlots) await lake.derive();
          }
          if (corrected !== null) {
            const parts = { close: '777', high: '999', observed: at(99) };
            const facts = [{ series: series(SYMBOLS[0]!), candles: [shapedCandle(at(corrected), 1, parts)] }];
            for (const { store } of [lake, underived]) await store.merge(facts);
          }
          const whole = await eventsOf(underived);
          const expected = whole.filter(({ time }) => time > from && time <= to);
          expect(await eventsOf(lake, { from, to })).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('of a day starts with the short bar of the evening before, and indicators of corrected days', async () => {
    const slots = Array.from({ length: SLOTS }, (_, shape) => {
      return { kind: shape === 22 ? 'missing' : 'final', shape } as const;
    });
    const lake = await lakeOf(COARSE, [slots, slots]);
    await lake.derive();
    const options = { symbols: ['AAA-USDT'], timeframes: [240], from: at(24), to: at(25) };
    const named = (events: readonly ReplayEvent[]) =>
      events.map(({ name, data }) => `${name} ${(data as { open_time: number }).open_time - at(24)}`);
    const events = await eventsOf(lake, options);
    // The bar of slots 22 and 23 lacks a candle.
    expect(named(events)).toEqual(['candle 0', `bar ${-2 * COARSE_SLOT}`, 'bar 0']);
    const candles = [shapedCandle(at(1), 1, { close: '777', high: '999', observed: at(99) })];
    await lake.store.merge([{ series: series('AAA-USDT'), candles }]);
    const corrected = await eventsOf(lake, options);
    expect(named(corrected)).toEqual(named(events));
    const underived = await lakeOf(COARSE, [slots, slots]);
    await underived.store.merge([{ series: series('AAA-USDT'), candles }]);
    expect(corrected).toEqual(await eventsOf(underived, options));
    expect(corrected).not.toEqual(events);
  });

  it('goes by time, then by symbol, then candle before bars, then by timeframe', async () => {
    const slots = Array.from({ length: SLOTS }, (_, shape) => ({ kind: 'final', shape }) as const);
    const lake = await lakeOf({ ...COARSE, timeframes: [240, 600] }, [slots, slots]);
    const events = await eventsOf(lake, { to: at(4) });
    const order = events
      .filter(({ name }) => name !== 'crossover')
      .map(({ name, time, data }) => {
        const what = name === 'bar' ? `${data.timeframe}${data.is_open ? ' open' : ''}` : name;
        return `${(time - DAY_ONE) / COARSE_SLOT} ${data.symbol[0]} ${what}`;
      });
    expect(order).toEqual(
      [1, 2, 3, 4].flatMap((time) =>
        ['A', 'B'].flatMap((symbol) => [
          `${time} ${symbol} candle`,
          `${time} ${symbol} 240m${time % 2 === 1 ? ' open' : ''}`,
          `${time} ${symbol} 600m open`,
        ]),
      ),
    );
  });

  it('takes the symbols and timeframes that are asked for, and refuses others', async () => {
    const slots = Array.from({ length: SLOTS }, (_, shape) => ({ kind: 'final', shape }) as const);
    const lake = await lakeOf(COARSE, [slots, slots]);
    const events = await eventsOf(lake, { symbols: ['BBB-USDT'], timeframes: [600] });
    const whole = await eventsOf(lake);
    expect(events).toEqual(
      whole.filter(
        ({ data }) => data.symbol === 'BBB-USDT' && (!('timeframe' in data) || data.timeframe === '600m'),
      ),
    );
    await expect(eventsOf(lake, { symbols: ['CCC-USDT'] })).rejects.toThrow('symbol "CCC-USDT"');
    await expect(eventsOf(lake, { timeframes: [120] })).rejects.toThrow(
      'timeframe "120m": the lake does not have it, expected one of 240m, 600m',
    );
  });

  it('takes the slots that open in the window, also when its ends are within slots', async () => {
    const slots = Array.from({ length: SLOTS }, (_, shape) => ({ kind: 'final', shape }) as const);
    const lake = await lakeOf(COARSE, [slots, slots]);
    const opens = async (from: number, to: number) =>
      (await eventsOf(lake, { from, to, symbols: ['AAA-USDT'] })).flatMap(({ name, data }) =>
        name === 'candle' ? [(data.open_time - DAY_ONE) / COARSE_SLOT] : [],
      );
    expect(await opens(at(3), at(5))).toEqual([3, 4]);
    expect(await opens(at(3) + 1, at(5) + 1)).toEqual([4, 5]);
    expect(await opens(at(3) - 1, at(5) - 1)).toEqual([3, 4]);
    expect(await opens(at(SLOTS - 1), at(SLOTS + 9))).toEqual([SLOTS - 1]);
  });

  it('reads the days one after another, and no day twice', async () => {
    const slots = Array.from({ length: SLOTS }, (_, shape) => ({ kind: 'final', shape }) as const);
    const { store } = await lakeOf(COARSE, [slots, slots]);
    const read: string[] = [];
    const candles = {
      listSeries: store.listSeries,
      readDay: (one: Parameters<typeof store.readDay>[0], day: number) => {
        read.push(`${(day - DAY_ONE) / DAY} ${one.symbol}`);
        return store.readDay(one, day);
      },
    };
    for await (const { time } of replay({ candles, derivation: store })) {
      expect(read.length).toBe(2 * Math.ceil((time - DAY_ONE) / DAY));
    }
    expect(read).toEqual([0, 1, 2, 3].flatMap((day) => SYMBOLS.map((symbol) => `${day} ${symbol}`)));
  });
});

/** A row as `encodeAsText` writes it, and nothing for null. */
function rowText({ data }: ReplayEvent): string {
  const {
    symbol,
    timeframe: _timeframe,
    interval: _interval,
    is_open: _open,
    ...row
  } = data as unknown as Record<string, unknown>;
  return ['swap', symbol, ...Object.values(row)].join(' ');
}

describe('paced events', () => {
  async function* events() {
    for (const time of [1_000, 1_000, 61_000, 181_000]) yield { time };
  }

  it('are as far apart as their times divided by the speed, the first one at once', async () => {
    const clock = createManualClock(DAY_ONE);
    const sent: number[] = [];
    const done = (async () => {
      for await (const { time } of paced(events(), { clock, speed: 60 }))
        sent.push(time, clock.now() - DAY_ONE);
    })();
    await clock.settle();
    expect(sent).toEqual([1_000, 0, 1_000, 0]);
    await clock.advance(999);
    expect(sent.length).toBe(4);
    await clock.advance(1);
    expect(sent.slice(4)).toEqual([61_000, 1_000]);
    await clock.advance(2_000);
    expect(sent.slice(6)).toEqual([181_000, 3_000]);
    await done;
  });

  it('come at once to a reader that is late', async () => {
    const clock = createManualClock(DAY_ONE);
    const reader = paced(events(), { clock, speed: 1 });
    await reader.next();
    await clock.advance(300_000);
    for (const time of [1_000, 61_000, 181_000]) expect((await reader.next()).value).toEqual({ time });
  });
});
