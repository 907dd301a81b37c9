import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BadValue,
  candleAt,
  createSyntheticInstrument,
  type Faults,
  NO_FAULTS,
  type RunningExchange,
  rowsOf,
  startExchange,
} from '../../packages/exchange-sim/src/index.ts';
import { createManualClock, type ManualClock } from '../support/manualClock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const OPEN = Date.UTC(2025, 7, 3, 6, 45);
const btc = createSyntheticInstrument({ symbol: 'BTC-USDT' });

let clock: ManualClock;
let exchange: RunningExchange;

beforeEach(async () => {
  clock = createManualClock(OPEN + 16_000);
  exchange = await startExchange({ instruments: [btc], clock });
});
afterEach(() => exchange.close());

const request = (query = '') =>
  fetch(`${exchange.restUrl}/openApi/swap/v3/quote/klines?symbol=BTC-USDT&interval=1m&limit=10${query}`);

async function rows(query = ''): Promise<readonly Record<string, unknown>[]> {
  const response = await request(query);
  return ((await response.json()) as { data: Record<string, unknown>[] }).data;
}

async function times(query = ''): Promise<readonly unknown[]> {
  return (await rows(query)).map((row) => row.time);
}

describe('history with faults', () => {
  it('leaves the newest row out of part of the polls, as recorded of XRP-USDT', async () => {
    const polls: { latest_open: string }[] = JSON.parse(
      readFileSync(
        new URL('../fixtures/bingx/rest-klines-flapping-2025-03-30.json', import.meta.url),
        'utf8',
      ),
    );
    exchange.setFaults({ vanishingNewest: 0.5 });
    const newest = new Set<unknown>();
    for (let i = 0; i < 20; i += 1) newest.add((await times())[0]);
    expect(newest).toEqual(new Set([OPEN, OPEN - MINUTE]));
    expect(new Set(polls.map((poll) => Date.parse(poll.latest_open))).size).toBe(newest.size);
  });

  it('never shows a hole in history, and shows one that is in the stream alone', async () => {
    const hole = { from: OPEN - 3 * MINUTE, to: OPEN - MINUTE };
    exchange.setFaults({ holes: [{ ...hole, in: 'history' }] });
    expect((await times()).slice(0, 3)).toEqual([OPEN, OPEN - MINUTE, OPEN - 4 * MINUTE]);
    exchange.setFaults({ holes: [{ ...hole, in: 'stream' }] });
    expect((await times())[1]).toBe(OPEN - MINUTE);
    exchange.setFaults({ holes: [{ ...hole, symbol: 'ETH-USDT', in: 'both' }] });
    expect((await times())[1]).toBe(OPEN - MINUTE);
  });

  it('begins where retention ends', async () => {
    exchange.setFaults({ historyFrom: OPEN - 2 * MINUTE });
    expect(await times()).toEqual([OPEN, OPEN - MINUTE, OPEN - 2 * MINUTE]);
    expect(await times(`&endTime=${OPEN - 5 * MINUTE}`)).toEqual([]);
  });

  it('caps a response at fewer rows when told so', async () => {
    exchange.setFaults({ maxRows: 3 });
    expect(await times()).toEqual([OPEN, OPEN - MINUTE, OPEN - 2 * MINUTE]);
  });

  it('shows closed candles too small at first and revises them later', async () => {
    const openTime = OPEN - 5 * MINUTE;
    const volume = async () =>
      Number((await rows(`&startTime=${openTime}&endTime=${openTime + 1}`))[0]!.volume);
    const final = Number(candleAt(btc, MINUTE, openTime)!.volume);
    exchange.setFaults({ stale: [{ from: openTime, to: openTime + 1, afterMs: HOUR }] });
    expect(await volume()).toBeLessThan(final * 0.95);
    expect((await rows())[6]).toEqual(rowOf(OPEN - 6 * MINUTE));
    await clock.advance(openTime + MINUTE + HOUR - clock.now() - 1);
    expect(await volume()).toBeLessThan(final * 0.95);
    await clock.advance(1);
    expect(await volume()).toBe(final);
    exchange.setFaults({ stale: [{ afterMs: null }] });
    await clock.advance(30 * 24 * HOUR);
    expect(await volume()).toBeLessThan(final * 0.95);
    exchange.setFaults({ stale: [] });
    expect(await volume()).toBe(final);
  });

  it('is stale in the share of the candles that is asked for', () => {
    const page = (stale: Faults['stale']) =>
      rowsOf({
        instrument: btc,
        intervalMs: MINUTE,
        limit: 1000,
        now: OPEN,
        faults: { ...NO_FAULTS, stale },
      });
    const truth = page([]);
    const stale = page([{ share: 0.2, afterMs: null }]).filter((row, i) => row.volume !== truth[i]!.volume);
    expect(stale.length).toBeGreaterThan(150);
    expect(stale.length).toBeLessThan(250);
  });

  it.each([
    ['null', null],
    ['emptyObject', {}],
  ] as const)('answers with data %s', async (restData, data) => {
    exchange.setFaults({ restData });
    expect(await rows()).toEqual(data);
  });

  it('answers with rows in ascending order, or with one row that is no array', async () => {
    exchange.setFaults({ restData: 'ascending' });
    const ascending = await times();
    expect(ascending[0]).toBe(OPEN - 9 * MINUTE);
    expect(ascending).toEqual(ascending.toSorted());
    exchange.setFaults({ restData: 'singleObject' });
    expect(await rows()).toMatchObject({ time: OPEN });
  });

  it.each<[BadValue, (row: Record<string, unknown>) => boolean]>([
    ['wrongType', (row) => typeof row.close === 'object'],
    ['null', (row) => row.close === null],
    ['nan', (row) => row.close === 'NaN'],
    ['infinite', (row) => Number(row.high) === Infinity],
    ['negative', (row) => Number(row.low) < 0],
    ['zero', (row) => Number(row.low) === 0],
    ['negativeVolume', (row) => Number(row.volume) < 0],
    ['highBelowLow', (row) => Number(row.high) < Number(row.low)],
    ['openAboveHigh', isOneTickAboveHigh],
    ['oneSecondLate', (row) => Number(row.time) % MINUTE === 1000],
    ['offGrid', (row) => Number(row.time) % MINUTE !== 0 && (Number(row.time) + 1) % MINUTE !== 0],
    ['future', (row) => Number(row.time) > OPEN + HOUR && Number(row.time) % MINUTE === 0],
    ['missingField', (row) => !('volume' in row)],
  ])('sends bad rows: %s, in addition to the good ones or in their place', async (kind, isBad) => {
    const truth = await rows();
    expect(truth.filter(isBad)).toEqual([]);
    exchange.setFaults({ badRows: { kinds: [kind], share: 1, instead: false } });
    const beside = await rows();
    expect(beside.filter(isBad)).toHaveLength(10);
    expect(beside.filter((row) => !isBad(row))).toEqual(truth);
    exchange.setFaults({ badRows: { kinds: [kind], share: 1, instead: true } });
    expect((await rows()).every(isBad)).toBe(true);
    exchange.setFaults({ badRows: { kinds: [kind], share: 0.5, instead: true } });
    expect((await rows('&limit=400')).some(isBad)).toBe(true);
  });
});

/** Whether the open is one tick of BTC-USDT, 0.1, above the high. */
function isOneTickAboveHigh({ open, high }: Record<string, unknown>): boolean {
  return Math.round((Number(open) - Number(high)) * 10) === 1;
}

function rowOf(openTime: number): Record<string, unknown> {
  const { openTime: time, ...values } = candleAt(btc, MINUTE, openTime)!;
  return { ...values, time };
}
