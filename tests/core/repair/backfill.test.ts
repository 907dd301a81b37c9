import {
  type BackfillOptions,
  type Contract,
  createMemoryStore,
  type HistoryRequest,
  INITIAL_LAKE_STATUS,
  type ReportedEvent,
  RetryableError,
  runBackfill,
  SymbolRefusedError,
} from '@candlelake/core';
import { describe, expect, it } from 'vitest';
import { createFakeHistory, plainValues } from '../../support/fakeHistory.ts';
import { lakeSettings } from '../../support/lakeSettings.ts';
import { createManualClock } from '../../support/manualClock.ts';
import { swapSeries } from '../../support/swapSeries.ts';

const MINUTE = 60_000;
const SLOT = 3 * MINUTE;
const HOUR = 60 * MINUTE;
const TO = Date.UTC(2026, 10, 21);
const FROM = TO - 10 * HOUR;
const SYMBOLS = ['BTC-USDT', 'ETH-USDT'] as const;

async function world() {
  const clock = createManualClock(TO + 12 * HOUR);
  const store = createMemoryStore({ now: clock.now });
  await store.writeSettings(lakeSettings());
  const events: ReportedEvent[] = [];
  const history = createFakeHistory({ now: clock.now, valuesAt: plainValues });
  const contract = (symbol: string): Contract => ({ symbol, pricePrecision: 1, launchTime: null });
  let contracts = SYMBOLS.map(contract);
  history.contracts = async () => contracts;
  const list = (...symbols: readonly string[]) => {
    contracts = symbols.map(contract);
  };
  const launch = (symbol: string, launchTime: number) => {
    contracts = contracts.map((one) => (one.symbol === symbol ? { ...one, launchTime } : one));
  };
  const stop = new AbortController();
  const { signal } = stop;
  const flushes: number[] = [];
  const lake = {
    request: () => {},
    flush: async () => void flushes.push(clock.now()),
    status: () => INITIAL_LAKE_STATUS,
  };
  const ports = {
    ...{
      clock,
      random: () => 0.5,
      yieldToHost: async () => {},
      exchangeClock: clock,
      history,
      candles: store,
      derivation: store,
      lake,
    },
    report: (event: ReportedEvent) => void events.push(event),
    flushLimit: () => new AbortController().signal,
  };
  const { read } = history;
  const answerWith = (answer: (request: HistoryRequest) => void) => {
    history.read = async (request, stop) => {
      answer(request);
      return read(request, stop);
    };
  };
  const run = (symbols: readonly string[], options: Partial<BackfillOptions> = {}) => {
    const asked = { symbols, interval: '3m', from: FROM, to: TO, ...options } as const;
    const work = runBackfill(ports, asked, signal);
    work.catch(() => {});
    return work;
  };
  const candlesOf = async (symbol: string) =>
    (await store.readDay(swapSeries(symbol, '3m'), TO - 24 * HOUR)).candles.length;
  const kinds = () => events.map(({ kind }) => kind);
  return {
    clock,
    store,
    history,
    events,
    kinds,
    flushes,
    answerWith,
    run,
    candlesOf,
    stop,
    list,
    launch,
    ports,
    signal,
  };
}

describe('the end of a backfill', () => {
  it('is the last candle that has closed by exchange time, whatever end was asked for (fault 17)', async () => {
    const { run, store, clock, stop } = await world();
    run(SYMBOLS, { to: clock.now() + 3 * 24 * HOUR });
    await clock.advance(2 * HOUR);
    stop.abort();
    await clock.advance(MINUTE);
    const asOf = await store.readAsOf();
    expect(asOf).toBeGreaterThan(0);
    expect(asOf).toBeLessThanOrEqual(clock.now());
  });

  it('heals a watermark that an earlier run with a wrong clock left in the future', async () => {
    const { run, store, kinds } = await world();
    await store.advanceAsOf(TO + 3 * 24 * HOUR);
    expect(await run(SYMBOLS)).toEqual({ settled: true });
    expect(await store.readAsOf()).toBeLessThan(TO + 24 * HOUR);
    expect(kinds()).toContain('watermark-lowered');
  });

  it('needs a closed candle after its begin', async () => {
    const { run, clock } = await world();
    await expect(run(SYMBOLS, { from: clock.now() + HOUR, to: clock.now() + 2 * HOUR })).rejects.toThrow(
      'no candle has closed since then',
    );
  });
});

describe('runBackfill', () => {
  it('fills the window of every symbol, tells how far it is, and derives the lake', async () => {
    const { run, candlesOf, kinds, flushes, store } = await world();
    expect(await run(SYMBOLS)).toEqual({ settled: true });
    expect(await Promise.all(SYMBOLS.map(candlesOf))).toEqual([200, 200]);
    expect(kinds()).toEqual(['backfill-progress', 'backfill-progress', 'backfill-done']);
    expect(await store.readAsOf()).toBe(TO);
    expect(flushes).toHaveLength(1);
  });

  it('fills the others when the first symbol is refused, names that one, and is not settled then', async () => {
    const { run, clock, candlesOf, answerWith, events, flushes, list } = await world();
    const paused = 'NCFXEUR2USD-USDT';
    list(paused, ...SYMBOLS);
    answerWith(({ series }) => {
      if (series.symbol !== paused) return;
      throw new SymbolRefusedError('code 109415 "is pause currently"', { code: 109415, certain: true });
    });
    const work = run([paused, ...SYMBOLS]);
    await clock.settle();
    expect(await Promise.all(SYMBOLS.map(candlesOf))).toEqual([200, 200]);
    await clock.advance(10 * MINUTE);
    expect(await work).toEqual({ settled: false });
    expect(events.filter(({ level }) => level === 'error')).toMatchObject([
      { kind: 'refused', message: `${paused}: code 109415 "is pause currently"` },
      { kind: 'unsettled', message: `${paused}: not filled, the exchange refuses it` },
    ]);
    expect(flushes).toHaveLength(1);
  });

  it('fills the others when a symbol is not listed, names the nearest, and is not settled then', async () => {
    const { run, candlesOf, events, history } = await world();
    expect(await run(['BTC-UDST', 'ETH-USDT'])).toEqual({ settled: false });
    expect(await candlesOf('ETH-USDT')).toBe(200);
    expect(history.requests.map(({ series }) => series.symbol)).toEqual(['ETH-USDT']);
    expect(events[0]).toMatchObject({
      ...{ level: 'error', kind: 'delisted', fields: { symbol: 'BTC-UDST' } },
      message: expect.stringContaining(
        'nearest names: "BTC-USDT", "ETH-USDT"; it is not filled, the others are',
      ),
    });
  });

  it('asks history for a symbol that the store knows although it is not listed any more', async () => {
    const { run, candlesOf, kinds, list } = await world();
    await run(['BTC-USDT']);
    list('ETH-USDT');
    expect(await run(['BTC-USDT'])).toEqual({ settled: true });
    expect(await candlesOf('BTC-USDT')).toBe(200);
    expect(kinds()).toContain('delisted');
  });

  it('throws when neither exchange nor store knows any of the symbols', async () => {
    const { run, history } = await world();
    await expect(run(['BTC-UDST', 'EHT-USDT'])).rejects.toThrow(
      'unknown symbol "BTC-UDST": the exchange does not list it; the nearest names: "BTC-USDT", "ETH-USDT"; unknown symbol "EHT-USDT"',
    );
    expect(history.requests).toEqual([]);
  });

  it('does not ask for a symbol that is launched later, and is not settled then', async () => {
    const { run, history, events, launch } = await world();
    launch('BTC-USDT', TO + 13 * HOUR);
    expect(await run(SYMBOLS)).toEqual({ settled: false });
    expect(history.requests.map(({ series }) => series.symbol)).toEqual(['ETH-USDT']);
    expect(events[0]).toMatchObject({ kind: 'unlaunched', fields: { symbol: 'BTC-USDT' } });
  });

  it('fills a symbol after all that was refused once', async () => {
    const { run, clock, candlesOf, answerWith } = await world();
    let refusals = 1;
    answerWith(() => {
      if (refusals-- > 0) throw new SymbolRefusedError('unknown code', { code: 1, certain: false });
    });
    const work = run(['BTC-USDT']);
    await clock.advance(2 * MINUTE);
    expect(await work).toEqual({ settled: true });
    expect(await candlesOf('BTC-USDT')).toBe(200);
  });

  it('waits for the second read of an empty slot and says so', async () => {
    const hole = FROM + HOUR;
    const { run, clock, history, events } = await world();
    history.tamper = (_request, rows) => rows.filter(({ openTime }) => openTime !== hole);
    const work = run(['BTC-USDT']);
    await clock.advance(10 * MINUTE);
    expect(await work).toEqual({ settled: true });
    const waiting = events.filter(({ kind }) => kind === 'waiting');
    expect(waiting).toHaveLength(1);
    expect(waiting[0]).toMatchObject({ fields: { slots: 1, symbol: 'BTC-USDT', openTime: hole } });
  });

  it('of a window up to now asks again when an answer has no rows: nothing would tell that a market opens', async () => {
    const { clock, history, store, signal, ports } = await world();
    const now = clock.now();
    history.tamper = () => [];
    const options = { symbols: ['BTC-USDT'], interval: '3m', from: now - 10 * HOUR, to: now } as const;
    const work = runBackfill(ports, options, signal);
    await clock.advance(30 * 1000);
    history.tamper = null;
    await clock.advance(MINUTE);
    expect(await work).toEqual({ settled: true });
    expect((await store.readDay(swapSeries('BTC-USDT', '3m'), TO)).candles).toHaveLength(200);
  });

  it('gives up after 45 minutes in which no slot has settled', async () => {
    const { run, clock, history, events } = await world();
    const last = TO - SLOT;
    // Neither shown nor shown to be empty: there is no candle after it.
    history.tamper = (_request, rows) => rows.filter(({ openTime }) => openTime < last);
    const started = clock.now();
    let endedAt = 0;
    const work = run(['BTC-USDT']).then((result) => {
      endedAt = clock.now();
      return result;
    });
    await clock.advance(HOUR);
    expect(await work).toEqual({ settled: false });
    expect(endedAt - started).toBeGreaterThan(45 * MINUTE);
    expect(endedAt - started).toBeLessThan(46 * MINUTE);
    expect(events.at(-1)).toMatchObject({ level: 'error', kind: 'unsettled', fields: { slots: 1 } });
  });

  // 90 days at 1m are 129,600 slots: more than a call takes arguments.
  it.each([
    ['lies before the start of history: unavailable', true],
    ['gets answers without rows: not settled', false],
  ])('throws nothing for a window of more than 125,000 slots that %s', async (_title, hasRows) => {
    const { run, clock, history, events } = await world();
    const start = TO - 10 * 24 * HOUR;
    history.tamper = (_request, rows) => rows.filter(({ openTime }) => hasRows && openTime >= start);
    const [from, to] = [TO - 120 * 24 * HOUR, TO - 30 * 24 * HOUR];
    let result: unknown = null;
    void run(['BTC-USDT'], { interval: '1m', from, to }).then((ended) => {
      result = ended;
    });
    await clock.advance(12 * MINUTE);
    expect(result).toEqual(hasRows ? { settled: true } : null);
    await clock.advance(40 * MINUTE);
    expect(result).toEqual({ settled: hasRows });
    const fields = { slots: 129_600 };
    expect(events.filter(({ kind }) => kind === 'unsettled')).toMatchObject(hasRows ? [] : [{ fields }]);
  });

  it('throws when the exchange does not answer six times in a row, after it derived what it has', async () => {
    const { run, clock, answerWith, flushes, events } = await world();
    let requests = 0;
    answerWith(() => {
      requests += 1;
      throw new RetryableError('no answer');
    });
    const work = run(['BTC-USDT']);
    await clock.settle();
    expect(events.map(({ kind, message }) => [kind, message])).toEqual([
      ['history-failed', 'history: no answer; trying again'],
    ]);
    await clock.advance(5 * MINUTE);
    await expect(work).rejects.toThrow('no answer');
    expect(requests).toBe(6);
    expect(flushes).toHaveLength(1);
    expect(events.filter(({ kind }) => kind === 'history-failed')).toHaveLength(6);
  });

  it('claims only what history has answered', async () => {
    const { run, clock, answerWith, events } = await world();
    answerWith(({ series }) => {
      if (series.symbol === 'BTC-USDT')
        throw new SymbolRefusedError('paused', { code: 109415, certain: true });
    });
    const work = run(SYMBOLS);
    await clock.advance(10 * MINUTE);
    await work;
    expect(events.find(({ kind }) => kind === 'backfill-done')).toMatchObject({
      message: 'backfill: history has answered for 200 of about 400 candles',
      fields: { doneSlots: 200, totalSlots: 400 },
    });
  });

  it('claims nothing when it is stopped before history has answered', async () => {
    const { run, clock, history, kinds, stop } = await world();
    history.read = (_request, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const work = run(['BTC-USDT']);
    await clock.advance(MINUTE);
    stop.abort();
    expect(await work).toEqual({ settled: false });
    expect(kinds()).toEqual([]);
  });

  it('says how long it waits when the exchange names a time', async () => {
    const { run, clock, answerWith, events } = await world();
    let failures = 1;
    answerWith(() => {
      if (failures-- > 0) throw new RetryableError('banned', { retryAfterMs: 95_500 });
    });
    const work = run(['BTC-USDT']);
    await clock.advance(2 * MINUTE);
    await work;
    expect(events[0]).toMatchObject({ message: 'history: banned; trying again in 96 s' });
  });
});
