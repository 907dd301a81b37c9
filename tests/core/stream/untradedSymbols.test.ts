import { describe, expect, it } from 'vitest';
import { swapSeries } from '../../support/swapSeries.ts';
import { createBusyWorld } from './busyWorld.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const SLOT = 3 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 10, 22, 12);
const EURO = 'NCFXEUR2USD-USDT';
const OTHERS = ['BTC-USDT', 'ETH-USDT'] as const;

type World = Awaited<ReturnType<typeof createBusyWorld>>;

const world = (symbols: readonly string[] = [EURO, ...OTHERS]) =>
  createBusyWorld({ start: NOON + 20 * SECOND, interval: '3m', symbols, historyDays: 0 });

async function storedFinals({ store }: World, symbol: string, from = NOON): Promise<number> {
  const { candles } = await store.readDay(swapSeries(symbol, '3m'), NOON - 12 * HOUR);
  return candles.filter(({ status, openTime }) => status === 'final' && openTime >= from).length;
}

/** The stream shows nothing of the symbol and refuses its topic, as for a contract that is not listed. */
function takeAway({ market, paused, launches }: World, symbol: string): void {
  market.silent.add(symbol);
  market.send({ kind: 'rejected', symbol, code: 80015, message: 'dataType not support' });
  paused.add(symbol);
  launches.delete(symbol);
}

function giveBack({ market, paused, launches }: World, symbol: string): void {
  paused.delete(symbol);
  launches.set(symbol, null);
  market.silent.delete(symbol);
  market.send({ kind: 'accepted', symbol });
}

describe('a symbol that history refuses while it is listed', () => {
  it('waits, is reported once, and the others go on; it is taken up when it works again', async () => {
    const busy = await world();
    busy.market.silent.add(EURO);
    busy.paused.add(EURO);
    void busy.start();
    await busy.clock.advance(24 * MINUTE);
    for (const symbol of OTHERS) expect(await storedFinals(busy, symbol)).toBe(8);
    // Live slots and history: 1.5, 2.5, 4.5, 8.5 minutes apart.
    expect(busy.requestsOf(EURO)).toBeLessThanOrEqual(10);
    expect(busy.events.filter(({ kind }) => kind === 'refused')).toMatchObject([
      { level: 'error', fields: { symbol: EURO }, message: expect.stringContaining('is pause currently') },
    ]);
    expect(busy.health()).toMatchObject({
      ...{ status: 'ok', missingLiveSlots: 0 },
      exceptions: [{ symbol: EURO, state: 'refused', reason: expect.stringContaining('code 109415') }],
    });
    busy.paused.clear();
    busy.market.silent.clear();
    await busy.clock.advance(2 * HOUR);
    expect(busy.health()).toMatchObject({ status: 'ok', exceptions: [] });
    expect(await storedFinals(busy, EURO)).toBe(48);
    expect(busy.events.filter(({ fields }) => fields?.symbol === EURO && fields.state)).toMatchObject([
      { kind: 'refused' },
      { kind: 'resumed', message: `${EURO}: history answers again` },
    ]);
    await busy.end();
  });
});

describe('a symbol that is not listed', () => {
  it('any more at the next start: is reported, keeps its history, and the others go on', async () => {
    const busy = await world();
    const series = swapSeries('ETH-USDT', '3m');
    await busy.store.describeSeries(series, { launchTime: null, pricePrecision: 2 });
    takeAway(busy, 'ETH-USDT');
    void busy.start();
    await busy.clock.advance(30 * MINUTE);
    expect(await storedFinals(busy, 'BTC-USDT')).toBe(10);
    const reason = 'the exchange does not list it any more';
    expect(busy.health()).toMatchObject({
      ...{ status: 'ok' },
      exceptions: [{ symbol: 'ETH-USDT', state: 'delisted', reason }],
    });
    await busy.end();
  });

  it('at the first start, among others that are: the line names the nearest', async () => {
    const busy = await world([...OTHERS, 'BTC-UDST']);
    takeAway(busy, 'BTC-UDST');
    void busy.start();
    await busy.clock.advance(10 * MINUTE);
    expect(await storedFinals(busy, 'BTC-USDT')).toBe(3);
    const lines = busy.events.filter(({ fields }) => fields?.symbol === 'BTC-UDST');
    expect(lines.find(({ kind }) => kind === 'delisted')).toMatchObject({
      level: 'error',
      message: expect.stringContaining('the nearest names: "BTC-USDT", "ETH-USDT"'),
    });
    await busy.end();
  });

  it('and all others neither, and the store knows none: the stream ends', async () => {
    const busy = await world(OTHERS);
    for (const symbol of OTHERS) busy.launches.delete(symbol);
    busy.launches.set('ADA-USDT', null);
    await expect(busy.start()).rejects.toThrow('unknown symbol "BTC-USDT"');
  });

  it('is taken up within an hour when it is listed again, on both channels', async () => {
    const busy = await world();
    takeAway(busy, 'ETH-USDT');
    void busy.start();
    await busy.clock.advance(3 * HOUR);
    expect(busy.listings.length).toBeLessThanOrEqual(10);
    const { length } = busy.listings;
    await busy.clock.advance(3 * HOUR);
    // At most hourly; with even chance after half an hour.
    expect(busy.listings.length - length).toBeLessThanOrEqual(6);
    busy.paused.clear();
    busy.launches.set('ETH-USDT', null);
    while (busy.health().exceptions[0]?.state === 'delisted') await busy.clock.advance(10 * SECOND);
    // The look at the list that finds it ends all pauses of the symbol.
    expect(busy.requestsOf('ETH-USDT', busy.clock.now() - 10 * SECOND)).toBeGreaterThan(0);
    giveBack(busy, 'ETH-USDT');
    await busy.clock.advance(NOON + 7 * HOUR + 20 * SECOND - busy.clock.now());
    expect(busy.health()).toMatchObject({ status: 'ok', exceptions: [], missingLiveSlots: 0 });
    expect(await storedFinals(busy, 'ETH-USDT')).toBe((7 * HOUR) / SLOT);
    const { length: listed } = busy.listings;
    await busy.clock.advance(2 * HOUR);
    expect(busy.listings).toHaveLength(listed);
    await busy.end();
  });

  it('is found delisted while the program runs, for a few requests an hour', async () => {
    const busy = await world();
    void busy.start();
    await busy.clock.advance(30 * MINUTE);
    takeAway(busy, 'ETH-USDT');
    await busy.clock.advance(HOUR);
    expect(busy.health().exceptions).toMatchObject([{ symbol: 'ETH-USDT', state: 'delisted' }]);
    const since = busy.clock.now();
    await busy.clock.advance(4 * HOUR);
    // 2,470 an hour were seen before.
    expect(busy.requestsOf('ETH-USDT', since)).toBeLessThanOrEqual(4 * 3);
    expect(busy.health()).toMatchObject({ status: 'ok' });
    await busy.end();
  });

  it('but of which history still answers with old rows costs as little', async () => {
    const gone = NOON - 30 * DAY;
    const busy = await createBusyWorld({
      ...{ start: NOON + 20 * SECOND, interval: '3m', symbols: [EURO, 'BTC-USDT'], historyDays: 40 },
      closedAt: { [EURO]: gone },
    });
    busy.launches.delete(EURO);
    void busy.start();
    await busy.clock.advance(30 * MINUTE);
    const since = busy.clock.now();
    await busy.clock.advance(3 * HOUR);
    expect(busy.requestsOf(EURO, since)).toBeLessThanOrEqual(3 * 6);
    expect(busy.health()).toMatchObject({ status: 'ok' });
    await busy.end();
  });
});

describe('a symbol whose contract is launched later', () => {
  it('is reported and looked at again, and candles are kept from the launch on', async () => {
    const busy = await world();
    const launch = NOON + 2 * HOUR;
    busy.launches.set(EURO, launch);
    busy.market.silent.add(EURO);
    busy.answerNothingFor(EURO, true);
    void busy.start();
    await busy.clock.advance(HOUR);
    expect(busy.health()).toMatchObject({
      ...{ status: 'ok' },
      exceptions: [
        { symbol: EURO, state: 'unlaunched', reason: 'its contract is launched at 2026-11-22T14:00Z' },
      ],
    });
    expect(busy.requestsOf(EURO)).toBeLessThanOrEqual(8);
    await busy.clock.advance(HOUR - 20 * SECOND);
    busy.answerNothingFor(EURO, false);
    busy.market.silent.delete(EURO);
    await busy.clock.advance(HOUR + 20 * SECOND);
    expect(busy.health()).toMatchObject({ status: 'ok', exceptions: [] });
    const { candles } = await busy.store.readDay(swapSeries(EURO, '3m'), NOON - 12 * HOUR);
    expect(candles.filter(({ openTime }) => openTime >= launch)).toHaveLength(20);
    expect(await busy.store.findSeries(swapSeries(EURO, '3m'))).toMatchObject({ launchTime: launch });
    await busy.end();
  });

  it('while history refuses it stays refused, although nothing before its launch is asked for any more', async () => {
    const busy = await world();
    takeAway(busy, EURO);
    void busy.start();
    await busy.clock.advance(30 * MINUTE);
    busy.launches.set(EURO, NOON + 20 * MINUTE);
    while (busy.health().exceptions[0]?.state === 'delisted') await busy.clock.advance(10 * SECOND);
    await busy.clock.advance(MINUTE);
    expect(busy.requestsOf(EURO, busy.clock.now() - 2 * MINUTE)).toBeGreaterThan(0);
    expect(busy.health().exceptions).toMatchObject([{ symbol: EURO, state: 'refused' }]);
    giveBack(busy, EURO);
    busy.launches.set(EURO, NOON + 20 * MINUTE);
    await busy.clock.advance(2 * HOUR);
    expect(busy.health()).toMatchObject({ status: 'ok', exceptions: [], missingLiveSlots: 0 });
    await busy.end();
  });

  it('far in the future is not recorded, so that a corrected list is enough', async () => {
    const busy = await world([EURO]);
    busy.launches.set(EURO, Date.UTC(2099, 0, 1));
    busy.market.silent.add(EURO);
    busy.answerNothingFor(EURO, true);
    void busy.start();
    await busy.clock.advance(HOUR);
    expect(await busy.store.findSeries(swapSeries(EURO, '3m'))).toMatchObject({ launchTime: null });
    expect(busy.health().exceptions).toMatchObject([{ state: 'unlaunched' }]);
    busy.launches.set(EURO, null);
    busy.market.silent.clear();
    busy.answerNothingFor(EURO, false);
    await busy.clock.advance(HOUR + 20 * SECOND);
    expect(busy.health().exceptions).toEqual([]);
    expect(await storedFinals(busy, EURO, NOON + HOUR)).toBe(20);
    await busy.end();
  });

  it('is asked for all the same if the store has candles of it: the list is wrong', async () => {
    const busy = await world([EURO]);
    const series = swapSeries(EURO, '3m');
    const values = { open: '1', high: '1', low: '1', close: '1', volume: '1', status: 'final' } as const;
    const candle = { ...values, openTime: NOON - HOUR, source: 'history', observed: NOON } as const;
    await busy.store.merge([{ series, candles: [candle] }]);
    busy.launches.set(EURO, Date.UTC(2099, 0, 1));
    void busy.start();
    await busy.clock.advance(5 * MINUTE);
    expect(await busy.store.findSeries(series)).toMatchObject({ launchTime: null });
    expect(busy.health().exceptions).toEqual([]);
    expect(await storedFinals(busy, EURO)).toBe(1);
    await busy.end();
  });
});
